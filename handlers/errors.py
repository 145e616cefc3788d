"""What nobody expected, and how it is said: a bug of ours, or a payload that no listener is for."""

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
# The input that says of a whole form what is wrong with it.
_USUAL: Final = {ids.MODAL: ids.POST_TO, ids.DEFAULTS_MODAL: ids.COMPANY_ID}
UNKNOWN: Final = "This is nothing that the Weav bot knows. It may have been updated: try again."


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say, in the words that each place has room for.

    `under_field` is plain text, and `option` stands in a select that has nothing else to say.
    """

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
    """Say it where the user is, with a reference to the log; 200, or Slack shows its own error."""
    if not isinstance(error, BoltUnhandledRequestError):
        return answer_mistake(error, interaction, notifier, metrics, acknowledged=acknowledged)
    log.warning("unhandled", kind=interaction.kind)
    known, _, mend = UNKNOWN.partition(". ")
    notice = Notice(plain_message(UNKNOWN), UNKNOWN, nothing_offer(f"{known}.", mend))
    return answer_privately(interaction, notice, notifier, acknowledged=acknowledged)


def answer_mistake(
    error: Exception,
    payload: Payload,
    notifier: Notifier,
    metrics: Metrics,
    *,
    acknowledged: bool = False,
) -> BoltResponse:
    """Log it, count it, and tell whoever is in the payload the reference; 200."""
    known_as = reference()
    log.error("failed", reference=known_as, exc_info=error)
    metrics.failures.labels("handler").inc()
    sentence = (
        "The bot made a mistake, and does not know what became of this. Look in Weav before you"
        f" try again, and tell whoever runs the bot: reference {known_as}."
    )
    option = nothing_offer(
        "The bot made a mistake. Type again in a moment.",
        f"If it stays so, tell whoever runs the bot: reference {known_as}",
    )
    notice = Notice(plain_message(sentence), sentence, option)
    return answer_privately(payload, notice, notifier, acknowledged=acknowledged)


def answer_privately(
    payload: Payload, notice: Notice, notifier: Notifier, *, acknowledged: bool = False
) -> BoltResponse:
    """Say it in Slack's answer where that can carry it, else in a message to this person.

    `acknowledged`: Slack has its answer already.
    """
    match payload:
        case SlashCommand() if not acknowledged:
            body = {"response_type": "ephemeral", "text": notice.message.text}
            return BoltResponse(status=200, body=body)
        case BlockSuggestion():
            return BoltResponse(status=200, body={"options": options([notice.option])})
        case ViewSubmission() if field := field_for_errors(payload.view):
            # An error keeps the form, with all that was typed.
            errors = {field: notice.under_field}
            return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
        case _:
            notifier.tell(notice.message, payload.slack_user_id, payload.response_url)
            return BoltResponse(status=200, body="")


def field_for_errors(view: View) -> str:
    """Give the input under which an error about the whole form can stand; empty: none is known.

    Slack takes errors for inputs alone; of a form of ours that comes without any, the usual one.
    """
    inputs = view.input_ids
    usual = _USUAL.get(view.callback_id, "")
    return usual if usual in inputs or not inputs else inputs[0]
