"""What nobody expected: a bug of ours, or a payload that no listener is for."""

from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError

from bot.desk import Desk
from bot.figures import Figures
from bot.logs import get_logger, reference
from bot.slack import ids
from bot.slack.offers import NOTHING, Offer, options

log = get_logger("weav_slack.errors")

UNKNOWN = "This is nothing that the Weav bot knows. It may have been updated: try again."


# Where an error stands that is about the whole form.
FIELD_OF = {ids.MODAL: ids.POST_TO, ids.DEFAULTS_MODAL: ids.COMPANY_ID}


def register(app: AsyncApp) -> None:
    app.error(answer_error)


async def answer_error(
    error: Exception,
    body: dict[str, Any],
    desk: Desk,
    figures: Figures,
    acknowledged: bool,  # noqa: FBT001 - Bolt gives it by name
) -> BoltResponse:
    """Say it where the user is, with a reference to the log; 200, or Slack shows its own error."""
    if isinstance(error, BoltUnhandledRequestError):
        log.warning("unhandled", kind=body.get("type", "command"))
        return _answer(body, UNKNOWN, desk, acknowledged=acknowledged)
    known_as = reference()
    log.error("failed", reference=known_as, exc_info=error)
    figures.failures.labels("handler").inc()
    return _answer(
        body,
        "The bot made a mistake, and does not know what became of this. Look in Weav before you"
        f" try again, and tell whoever runs the bot: reference {known_as}.",
        desk,
        acknowledged=acknowledged,
    )


def _answer(body: dict[str, Any], sentence: str, desk: Desk, *, acknowledged: bool) -> BoltResponse:
    if "command" in body and not acknowledged:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": sentence})
    if body.get("type") == "block_suggestion":
        return BoltResponse(status=200, body={"options": options([Offer(NOTHING, sentence)])})
    field = FIELD_OF.get((body.get("view") or {}).get("callback_id", ""))
    if body.get("type") == "view_submission" and field:
        # An error keeps the form, with all that was typed.
        errors = {field: sentence}
        return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
    if slack_user_id := (body.get("user") or {}).get("id") or body.get("user_id"):
        desk.speaker.say(sentence, slack_user_id, body.get("response_url") or "")
    return BoltResponse(status=200, body="")
