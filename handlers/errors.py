"""What nobody expected: a bug of ours, or a payload that no listener is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError

from bot.logs import get_logger, reference
from bot.metrics import Metrics
from bot.slack.notify import Notifier
from bot.slack.options import nothing_offer, options
from bot.slack.payloads import text_at
from bot.submissions.service import Desk
from handlers.requester import field_for_errors, kind_of

log = get_logger("weav_slack.errors")


@dataclass(frozen=True, slots=True)
class Notice:
    """`sentence` says all of it; an option of a select has room for `label` and `reason` alone."""

    sentence: str
    label: str
    reason: str


UNKNOWN: Final = Notice(
    "This is nothing that the Weav bot knows. It may have been updated: try again.",
    "This is nothing that the Weav bot knows.",
    "It may have been updated: try again.",
)


def register(app: AsyncApp) -> None:
    app.error(answer_error)


async def answer_error(
    error: Exception,
    body: dict[str, Any],
    desk: Desk,
    metrics: Metrics,
    acknowledged: bool,  # noqa: FBT001 - Bolt gives it by name
) -> BoltResponse:
    """Say it where the user is, with a reference to the log; 200, or Slack shows its own error."""
    if isinstance(error, BoltUnhandledRequestError):
        log.warning("unhandled", kind=kind_of(body))
        return _answer(body, UNKNOWN, desk.notifier, acknowledged=acknowledged)
    return answer_mistake(error, body, desk.notifier, metrics, acknowledged=acknowledged)


def answer_mistake(
    error: Exception,
    payload: Mapping[str, Any],
    notifier: Notifier,
    metrics: Metrics,
    *,
    acknowledged: bool = False,
) -> BoltResponse:
    """Log it, count it, and tell whoever is in the payload the reference; 200."""
    known_as = reference()
    log.error("failed", reference=known_as, exc_info=error)
    metrics.failures.labels("handler").inc()
    notice = Notice(
        "The bot made a mistake, and does not know what became of this. Look in Weav before you"
        f" try again, and tell whoever runs the bot: reference {known_as}.",
        "The bot made a mistake. Type again in a moment.",
        f"If it stays so, tell whoever runs the bot: reference {known_as}",
    )
    return _answer(payload, notice, notifier, acknowledged=acknowledged)


def _answer(
    payload: Mapping[str, Any], notice: Notice, notifier: Notifier, *, acknowledged: bool
) -> BoltResponse:
    kind = kind_of(payload)
    if kind == "command" and not acknowledged:
        body = {"response_type": "ephemeral", "text": notice.sentence}
        return BoltResponse(status=200, body=body)
    if kind == "block_suggestion":
        offer = nothing_offer(notice.label, notice.reason)
        return BoltResponse(status=200, body={"options": options([offer])})
    if kind == "view_submission" and (field := field_for_errors(payload)):
        # An error keeps the form, with all that was typed.
        errors = {field: notice.sentence}
        return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
    if slack_user_id := text_at(payload, "user", "id") or text_at(payload, "user_id"):
        notifier.say(notice.sentence, slack_user_id, text_at(payload, "response_url"))
    return BoltResponse(status=200, body="")
