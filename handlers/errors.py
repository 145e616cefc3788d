"""What nobody expected: a bug of ours, or a payload that no listener is for."""

from typing import Any
from uuid import uuid4

from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError

from bot.desk import Desk
from bot.logs import get_logger
from bot.slack import ids

log = get_logger("weav_slack.errors")

UNKNOWN = "This is nothing that the Weav bot knows. It may have been updated: try again."


def register(app: AsyncApp) -> None:
    app.error(answer_error)


async def answer_error(error: Exception, body: dict[str, Any], desk: Desk) -> BoltResponse:
    """Say it where the user is, with a reference to the log; 200, or Slack shows its own error."""
    reference = uuid4().hex[:8]
    if isinstance(error, BoltUnhandledRequestError):
        log.warning("unhandled", reference=reference, kind=body.get("type", "command"))
        return _answer(body, UNKNOWN, desk)
    log.error("failed", reference=reference, exc_info=error)
    return _answer(
        body,
        "The bot made a mistake, and does not know what became of this. Look in Weav before you"
        f" try again, and tell whoever runs the bot: reference {reference}.",
        desk,
    )


def _answer(body: dict[str, Any], sentence: str, desk: Desk) -> BoltResponse:
    if "command" in body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": sentence})
    if body.get("type") == "view_submission" and body["view"]["callback_id"] == ids.MODAL:
        # An error keeps the form, with all that was typed.
        errors = {ids.POST_TO: sentence}
        return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
    if slack_user_id := (body.get("user") or {}).get("id"):
        desk.say(sentence, slack_user_id, body.get("response_url") or "")
    return BoltResponse(status=200, body="")
