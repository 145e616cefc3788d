"""What the author of a submission sees: the reply, as the modal's answer, a view or a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, assert_never

from bot.form.form import Form
from bot.form.values import CREATE, FilledForm
from bot.form.view import TITLE, render
from bot.labels import FIELDS
from bot.ledger import Entry, State
from bot.slack import blocks, ids
from bot.slack.blocks import (
    Json,
    Message,
    Style,
    alert,
    button,
    escaped_text,
    footnote,
    plain_message,
    sentence,
)
from bot.slack.text import channel_name, duration, one_line, shorten
from bot.weav.models import Conversation, Status
from bot.weav.outcomes import SENTENCES, Cause

_CLOSE_WINDOW: Final = "you can close this window."
_QUEUED: Final = (
    "Weav does not answer. Your conversation is queued and will be created as soon as it does; "
    + _CLOSE_WINDOW
)
_QUEUED_BY_CAUSE: Final[Mapping[str | None, str]] = {
    Cause.BUSY: (
        f"{SENTENCES[Cause.BUSY]} Your conversation is queued and will be created as soon as it"
        f" accepts them; {_CLOSE_WINDOW}"
    ),
    Cause.DATABASE_SLOW: (
        f"{SENTENCES[Cause.DATABASE_SLOW]} Your conversation is queued and will be created as soon"
        f" as the database answers; {_CLOSE_WINDOW}"
    ),
}
_LEFT: Final = (
    "Left as it is. Whether the conversation exists is not confirmed."
    f" To get back what you typed, use {ids.COMMAND} status."
)
_ALSO_IN_STATUS: Final = f"You can close this window: {ids.COMMAND} status has these buttons, too."
FORM_EXPIRED: Final = "Open the form here. Nothing is lost: Slack took too long to open it."
_NOTHING_CREATED: Final = "Nothing was created."
_SUBJECT_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Created:
    """Weav has it; the card confirms it to everybody."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class FormAgain:
    """Nothing was created: the filled form comes back with the reason.

    `by_field`: reasons that belong to fields; an open form shows them there. `reason` is then empty
    or has what they do not say. `extra_blocks`: more blocks for the form, by block_id.
    """

    reason: str = ""
    by_field: Mapping[str, str] = field(default_factory=dict)
    extra_blocks: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Creating:
    """No outcome yet when Slack must be answered; the outcome follows."""


@dataclass(frozen=True, slots=True)
class Queued:
    """Certainly not created; the bot retries for `tried_for` seconds in all.

    `cause` is one of `Cause`. `tried_for` is None where only the row is at hand.
    """

    cause: str | None
    tried_for: float | None = None


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """There may be a conversation; the author chooses what to do with the ledger's row."""

    reason: str
    entry_id: int


@dataclass(frozen=True, slots=True)
class Left:
    """The author chose to leave a *not confirmed* submission as it is."""


Reply: TypeAlias = Created | FormAgain | Creating | Queued | NotConfirmed | Left


def not_created(reason: str) -> FormAgain:
    return FormAgain(f"{reason} {_NOTHING_CREATED} Submit again.")


def reply_of(entry: Entry) -> Reply | None:
    """Return the reply for a row's state; None while it is still being sent."""
    reason = entry.reason or ""
    match entry.state:
        case State.RECEIVED | State.SENDING:
            return None
        case State.QUEUED:
            return Queued(entry.reason_code)
        case State.OPENED | State.ANNOUNCED:
            # After `LEDGER_KEEP_DAYS` only the conversation's ID is left.
            return Created(Conversation.read(entry.conversation or {"id": entry.conversation_id}))
        case State.REFUSED:
            return FormAgain(reason)
        case State.UNCONFIRMED:
            return NotConfirmed(reason, entry.id)
        case State.EXPIRED:
            return not_created(reason)
        case State.LEFT:
            return Left()
        case _:
            assert_never(entry.state)


def answer_of(reply: Reply, form: FilledForm) -> dict[str, Any]:
    """Return the arguments of Bolt's `ack` that answer the submission."""
    match reply:
        case Created():
            return {}
        case FormAgain(reason, by_field) if by_field:
            # Slack has no place for an error of the whole form, so it goes under the last field.
            whole = {ids.POST_TO: reason} if reason else {}
            return {"response_action": "errors", "errors": {**whole, **by_field}}
        case _:
            return {"response_action": "update", "view": view_of(reply, form)}


def view_of(reply: Reply, form: FilledForm) -> Json:
    """Draw the reply for the open modal; a form to submit again comes back filled in."""
    text = _text_of(reply)
    match reply:
        case Created():
            name = channel_name(form.values.post_to)
            where = [blocks.context(blocks.mrkdwn(f"Its card goes to {name}."))] if name else []
            return _modal("Weav conversation", sentence(f":white_check_mark: {text}"), *where)
        case FormAgain(extra_blocks=extra_blocks):
            return render(Form.of(form, text).with_blocks(extra_blocks))
        case Creating():
            return _modal(
                TITLE,
                sentence(":hourglass_flowing_sand: Creating the conversation in Weav…"),
                footnote("You can close this window. The bot will tell you the result."),
            )
        case Queued():
            return _modal("Queued", alert(text, "info"))
        case NotConfirmed(entry_id=entry_id):
            said = alert(f"{_name_of(form)}{text} {_ALSO_IN_STATUS}", "warning")
            return _modal("Not confirmed", said, *_choice_buttons(entry_id))
        case Left():
            return _modal("Not confirmed", alert(text, "warning"))
        case _:
            assert_never(reply)


def message_of(reply: Reply, form: FilledForm, link: str = "") -> Message:
    """Write the reply for an author whose modal is closed, with buttons for the next step.

    It names the submission, because it may arrive among others. `link`: to the conversation.
    """
    text = f"{_name_of(form)}{_text_of(reply)}"
    match reply:
        case FormAgain() | Left():
            return reopen_message(text, form)
        case NotConfirmed(entry_id=entry_id):
            said = sentence(f":grey_question: {text}")
            return Message.of(escaped_text(text), said, *_choice_buttons(entry_id))
        case Created() | Creating() | Queued():
            return plain_message(text, link)
        case _:
            assert_never(reply)


def reopen_message(text: str, form: FilledForm) -> Message:
    """Give a form back, with a plain-text reason; clicking the button makes a new trigger."""
    again = blocks.actions(reopen_button(form, "primary"))
    return Message.of(escaped_text(text), sentence(text), again)


def reopen_button(form: FilledForm | int, style: Style = "") -> Json:
    """The button carries the form, or in a list, where ten are too much, the ID of its row."""
    value = str(form) if isinstance(form, int) else form.to_button()
    return button("Open the form", ids.REOPEN, value, style=style)


def not_confirmed_buttons(entry_id: int) -> list[Json]:
    """Offer the three choices; a click sends the row's ID back."""
    value = str(entry_id)
    confirm = blocks.confirmation(
        "Create it again?",
        "If the first one exists after all, the customer then has two.",
        confirm="Create again",
        deny="Cancel",
        style="danger",
    )
    return [
        button("Look again", ids.LOOK_AGAIN, value, style="primary"),
        button("Create again", ids.CREATE_AGAIN, value, style="danger", confirm=confirm),
        button("Leave it", ids.LEAVE, value),
    ]


def _choice_buttons(entry_id: int) -> list[Json]:
    """Draw no buttons for a submission without a row (0): there is nothing to choose about."""
    return [blocks.actions(*not_confirmed_buttons(entry_id))] if entry_id else []


def _modal(title: str, *drawn: Json) -> Json:
    return blocks.modal(title, drawn, close=blocks.plain("Close"))


def _name_of(form: FilledForm) -> str:
    """Name a submission by its subject, else by its customer; empty once both are removed."""
    values = form.values
    if subject := one_line(values.subject):
        return f"“{shorten(subject, _SUBJECT_LIMIT)}”: "
    customer = form.labels.get(ids.CUSTOMER_ID) or values.customer_id.removeprefix(CREATE)
    return f"For {shorten(one_line(customer), _SUBJECT_LIMIT)}: " if customer else ""


def _text_of(reply: Reply) -> str:
    """Say in plain text what is known and what to do."""
    match reply:
        case Created(conversation):
            state = "is open" if conversation.status == Status.OPEN else "exists"
            return f"The conversation {state} in Weav."
        case FormAgain(reason, by_field):
            named = (f"{FIELDS.get(name, name)}: {why}" for name, why in by_field.items())
            return " ".join([reason or _NOTHING_CREATED, *named])
        case Creating():
            return "Weav has not answered yet."
        case Queued(cause, tried_for):
            within = "in time" if tried_for is None else f"within {duration(tried_for)}"
            return (
                f"{_QUEUED_BY_CAUSE.get(cause, _QUEUED)} If it cannot be created {within}, you get"
                " the filled form as a direct message."
            )
        case NotConfirmed(reason):
            return (
                f"{reason} The conversation may have been created or not. Look again asks Weav once"
                " more. Before you choose Create again, check the customer's conversations in Weav."
            )
        case Left():
            return _LEFT
        case _:
            assert_never(reply)
