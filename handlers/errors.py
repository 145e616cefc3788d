"""Tell users of failures: a bug of ours, or a payload without a listener."""

from dataclasses import dataclass
from typing import Final

from slack_bolt import BoltResponse
from slack_bolt.error import BoltUnhandledRequestError

from bot.logs import get_logger, reference
from bot.metrics import Metrics
from bot.slack import ids
from bot.slack.blocks import Message, plain_message
from bot.slack.notifier import Notifier
from bot.slack.options import Suggestion, nothing_offer, options
from bot.slack.payloads import (
    BlockSuggestion,
    Payload,
    SlashCommand,
    View,
    ViewSubmission,
)

log = get_logger("weav_slack.errors")
# The field under which an error about the whole form stands.
_ERROR_FIELDS: Final = {ids.MODAL: ids.POST_TO, ids.DEFAULTS_MODAL: ids.COMPANY_ID}
UNKNOWN: Final = "The Weav bot does not know this action. The bot may have been updated: try again."


@dataclass(frozen=True, slots=True)
class Notice:
    """One text for each place: a message, plain text under a field, an option in a select."""

    message: Message
    under_field: str
    option: Suggestion


async def answer_error(
    error: Exception,
    interaction: Payload,
    notifier: Notifier,
    metrics: Metrics,
    acknowledged: bool,  # noqa: FBT001 - Bolt gives it by name
) -> BoltResponse:
    """Bolt's error listener: tell the user where they are; 200, or Slack shows its own error."""
    if not isinstance(error, BoltUnhandledRequestError):
        return answer_failure(error, interaction, notifier, metrics, acknowledged=acknowledged)
    log.warning("unhandled", kind=interaction.kind)
    title, _, hint = UNKNOWN.partition(". ")
    notice = Notice(plain_message(UNKNOWN), UNKNOWN, nothing_offer(f"{title}.", hint))
    return answer_privately(interaction, notice, notifier, acknowledged=acknowledged)


def answer_failure(
    error: Exception,
    payload: Payload,
    notifier: Notifier,
    metrics: Metrics,
    *,
    acknowledged: bool = False,
) -> BoltResponse:
    """Log and count a failure, and tell the payload's user its reference; 200."""
    known_as = reference()
    log.error("failed", reference=known_as, exc_info=error)
    metrics.failures.labels("handler").inc()
    sentence = (
        "The bot made a mistake, and does not know if your request worked. Look in Weav before you"
        f" try again, and tell whoever runs the bot: reference {known_as}."
    )
    option = nothing_offer(
        "The bot made a mistake. Type again in a moment.",
        f"If it happens again, tell whoever runs the bot: reference {known_as}",
    )
    notice = Notice(plain_message(sentence), sentence, option)
    return answer_privately(payload, notice, notifier, acknowledged=acknowledged)


def answer_privately(
    payload: Payload, notice: Notice, notifier: Notifier, *, acknowledged: bool = False
) -> BoltResponse:
    """Put the notice into Slack's answer if that can carry it, else send the user a message.

    `acknowledged`: Slack gets an empty answer.
    """
    match payload:
        case SlashCommand() if not acknowledged:
            body = {"response_type": "ephemeral", "text": notice.message.text}
            return BoltResponse(status=200, body=body)
        case BlockSuggestion():
            return BoltResponse(status=200, body={"options": options([notice.option])})
        case ViewSubmission() if field := field_for_errors(payload.view):
            # An error keeps the form open, with everything typed.
            errors = {field: notice.under_field}
            return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
        case _:
            notifier.tell(notice.message, payload.slack_user_id, payload.response_url)
            return BoltResponse(status=200, body="")


def field_for_errors(view: View) -> str:
    """Return the field under which an error about the whole form can stand; empty if there is none.

    Slack takes errors for inputs only. If the payload of one of our forms lists no inputs, the
    form's usual field is assumed.
    """
    inputs = view.input_ids
    usual = _ERROR_FIELDS.get(view.callback_id, "")
    return usual if usual in inputs or not inputs else inputs[0]
