"""What the author sees of an answer: in the modal as its reply or later, or as a message."""

from dataclasses import dataclass
from typing import assert_never

from bot.desk.answers import Answer, Left, NotAccepted, Pending, Queued
from bot.desk.recording import NOT_BEGUN
from bot.slack import ids
from bot.slack.around import Around
from bot.slack.blocks import Json
from bot.slack.cards import Card
from bot.slack.choices import not_confirmed_message, plain_message, reopen_message
from bot.slack.labels import FIELDS
from bot.slack.modals import (
    conversation_modal,
    creating_modal,
    not_confirmed_modal,
    notice_modal,
    result_modal,
)
from bot.slack.offers import CREATE
from bot.slack.outcomes import outcome_text
from bot.slack.text import duration, fold, shorten
from bot.slack.values import Reopening
from bot.weav.outcomes import BUSY, NotSent, Opened, Refused, Unconfirmed

QUEUED = (
    "Weav does not answer. Your conversation is queued and will be created as soon as it does;"
    " you can close this window."
)
QUEUED_AT_BUSY = (
    f"{BUSY} Your conversation is queued and will be created as soon as it takes them; you can"
    " close this window."
)
QUEUED_UNBEGUN = (
    f"{NOT_BEGUN} Your conversation is queued and will be created as soon as it does; you can close"
    " this window."
)
LEFT = (
    "Left as it is. Whether the conversation exists is not confirmed."
    f" {ids.COMMAND} status still has what you typed."
)
CLOSED = f"If you close this window, {ids.COMMAND} status has these buttons, too."
_SUBJECT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Close:
    """The card is the confirmation."""


@dataclass(frozen=True, slots=True)
class MarkFields:
    by_field: dict[str, str]


@dataclass(frozen=True, slots=True)
class Show:
    view: Json


def reply_to_modal(answer: Answer, form: Reopening) -> Close | MarkFields | Show:
    """Answer the submission itself, while Slack waits."""
    match answer.verdict:
        case Opened():
            return Close()
        case Refused(fields=fields) if fields:
            return MarkFields(dict(fields))
        case _:
            return Show(view_of(answer, form))


def view_of(answer: Answer, form: Reopening) -> Json:
    """Draw an answer in the open modal; what can be sent again comes as the filled form."""
    match answer.verdict:
        case Opened() as opened:
            return result_modal(outcome_text(opened), form.values.post_to)
        case Refused() | NotSent() | NotAccepted():
            around = Around(labels=form.labels)
            return conversation_modal(
                form.values, form.origin, notice=text_of(answer), around=around
            )
        case Unconfirmed():
            text = f"{_about(form)}{text_of(answer)} {CLOSED}"
            return not_confirmed_modal(text, str(answer.entry_id))
        case Queued():
            return notice_modal("Queued", text_of(answer))
        case Pending():
            return creating_modal()
        case Left():
            return notice_modal("Not confirmed", LEFT)
        case _:
            assert_never(answer.verdict)


def message_of(answer: Answer, form: Reopening, link: str = "") -> Card:
    """Say the same to an author whose modal is closed, with the way on as buttons.

    It may come among others, so it says which it is about; `link` leads to what was opened.
    """
    text = f"{_about(form)}{text_of(answer)}"
    match answer.verdict:
        case Refused() | NotSent() | NotAccepted() | Left():
            return reopen_message(text, form)
        case Unconfirmed():
            return not_confirmed_message(text, str(answer.entry_id))
        case _:
            return plain_message(text, link)


def _about(form: Reopening) -> str:
    """Name a submission by its subject, or else by its customer; empty once both are removed."""
    values = form.values
    if subject := fold(values.subject):
        return f"“{shorten(subject, _SUBJECT_LIMIT)}”: "
    customer = form.labels.get(ids.CUSTOMER_ID) or values.customer_id.removeprefix(CREATE)
    return f"For {shorten(fold(customer), _SUBJECT_LIMIT)}: " if customer else ""


def text_of(answer: Answer) -> str:
    match answer.verdict:
        case Refused(fields=fields) as refused:
            named = (f"{FIELDS.get(field, field)}: {why}" for field, why in fields.items())
            return " ".join([outcome_text(refused), *named])
        case Opened() | NotSent() | Unconfirmed() as outcome:
            return outcome_text(outcome)
        case NotAccepted(reason):
            return reason
        case Queued() as queued:
            return _queued_text(queued)
        case Pending():
            return "Weav has not answered yet."
        case Left():
            return LEFT
        case _:
            assert_never(answer.verdict)


def _queued_text(queued: Queued) -> str:
    text = {BUSY: QUEUED_AT_BUSY, NOT_BEGUN: QUEUED_UNBEGUN}.get(queued.reason, QUEUED)
    within = "in time" if queued.tried_for is None else f"within {duration(queued.tried_for)}"
    return f"{text} If it cannot be created {within}, you get the filled form as a direct message."
