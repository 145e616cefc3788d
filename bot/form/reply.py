"""What a submitted form is answered with, and the button that gives a form back."""

from dataclasses import dataclass

from bot.form.values import FilledForm
from bot.slack import ids
from bot.slack.blocks import Json, Style, actions, button, sentence
from bot.slack.message import Message, escaped_text

_EXPIRED = "Open the form here. Nothing is lost: Slack took too long to open it."


def expired_message(form: FilledForm) -> Message:
    """Offer the form again when its trigger ran out before `views.open`."""
    return reopen_message(_EXPIRED, form)


def reopen_message(text: str, form: FilledForm) -> Message:
    """Give a form back with a plain sentence on what happened; the button makes a new trigger."""
    again = actions(reopen_button(form, "primary"))
    return Message.of(escaped_text(text), sentence(text), again)


def reopen_button(form: FilledForm | int, style: Style = "") -> Json:
    """Carry the form, or where ten of them would be too much the ID of the row that has it."""
    value = str(form) if isinstance(form, int) else form.to_value()
    return button("Open the form", ids.REOPEN, value, style=style)


@dataclass(frozen=True, slots=True)
class Close:
    """The card is the confirmation."""


@dataclass(frozen=True, slots=True)
class MarkFields:
    by_field: dict[str, str]


@dataclass(frozen=True, slots=True)
class Show:
    view: Json
