"""Who did what on a card: the lines on it, and what the one who came second is told."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from slack_sdk.models.blocks import SectionBlock

from bot import labels
from bot.card.controls import Click, Field, RequestedChange, value_of
from bot.slack.elements import link, mrkdwn
from bot.slack.message import Message, card
from bot.slack.text import clock, escape, fold, shorten
from bot.weav.models import Conversation, Status

_LATEST: Final = 3  # on a card
_KEPT: Final = 10
_VALUE_LIMIT: Final = 60
_SUBJECT_LIMIT: Final = 100
_NOT_KNOWN_WHO: Final = "Somebody changed this conversation meanwhile."


class Change(BaseModel):
    """What somebody did with a click; `at` is in seconds since the epoch.

    `under_way`: noted before Weav was asked, and whether it was done is not known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    slack_user_id: str
    field: Field
    value: str
    at: float
    under_way: bool = False

    @property
    def said(self) -> str:
        return f"<@{self.slack_user_id}> {_did(self)} · {clock(self.at)}"


def read_changes(noted: Sequence[Any]) -> tuple[Change, ...]:
    """Read what was noted, the oldest first; what a newer release wrote is passed over."""
    changes = []
    for each in noted:
        try:
            changes.append(Change.model_validate(each))
        except ValidationError:
            continue
    return tuple(changes)


def with_change(changes: Sequence[Change], change: Change) -> tuple[Change, ...]:
    return (*changes, change)[-_KEPT:]


def settled(
    changes: Sequence[Change], conversation: Conversation, granted: Field | None
) -> tuple[Change, ...]:
    """Keep of what was under way what has come true, after a process died or an answer was lost.

    `granted`: the field that has just been changed, so that it was something else until now.
    """
    known = (
        each.model_copy(update={"under_way": False})
        for each in changes
        if not each.under_way
        or (each.field != granted and each.value == value_of(conversation, each.field))
    )
    return tuple(known)


def change_lines(changes: Sequence[Change]) -> tuple[str, ...]:
    """Say the last changes in mrkdwn, the newest first."""
    return tuple(change.said for change in reversed(changes[-_LATEST:]))


def maker_of(changes: Sequence[Change], conversation: Conversation, field: Field) -> Change | None:
    """Find who made this field what it is; None: nobody on this card did."""
    last = next((change for change in reversed(changes) if change.field == field), None)
    return last if last and last.value == value_of(conversation, field) else None


def overtaken_note(
    requested: RequestedChange, conversation: Conversation, maker: Change | None
) -> str:
    """Tell somebody that another one was first, in mrkdwn."""
    first = maker.said if maker else f"{_NOT_KNOWN_WHO} {_now(requested.field, conversation)}"
    return (
        f"{first}\nYour click was not carried out, since the card still showed something else."
        " It is up to date now: click again if you still want to change it."
    )


def already_note(requested: RequestedChange, maker: Change | None) -> str:
    """Tell somebody that nothing was left to do, in mrkdwn."""
    if maker:
        return f"{maker.said}\nSo nothing was left to do."
    return {
        "assignee": "It is assigned to you already.",
        "status": "It is closed already."
        if requested.value == Status.CLOSED
        else "It is open already.",
        "priority": f"It has the priority {_label(requested.value)} already.",
    }[requested.field]


def note(text: str, click: Click, url: str) -> Message:
    """Say something in mrkdwn to the one who clicked, its unknown parts escaped by the caller.

    It names the conversation no more than the card did, which people of other organisations read.
    """
    subject = escape(shorten(fold(click.subject), _SUBJECT_LIMIT))
    said = f"{link(url, subject or f'`{click.shown.conversation_id}`')}: {text}"
    return card(said, SectionBlock(text=mrkdwn(said)))


def _did(change: Change) -> str:
    match change.field:
        case "assignee":
            return "took it"
        case "status":
            return "closed it" if change.value == Status.CLOSED else "reopened it"
        case "priority":
            return f"set the priority to {_label(change.value)}"


def _now(field: Field, conversation: Conversation) -> str:
    match field:
        case "assignee":
            return "It has another assignee." if conversation.assignee_id else "Nobody has it now."
        case "status":
            status = conversation.status or ""
            return f"Its status is {_word(labels.STATUSES.get(status, status))} now."
        case "priority":
            return f"Its priority is {_label(conversation.priority or '')} now."


def _label(priority: str) -> str:
    return _word(labels.PRIORITIES.get(priority, priority))


def _word(word: str) -> str:
    return escape(shorten(word, _VALUE_LIMIT)) or "not set"
