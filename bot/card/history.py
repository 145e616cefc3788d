"""Who opened a conversation and who changed what: on its card, and in private messages."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias, assert_never

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot import labels
from bot.card.controls import Click, Field, value_of
from bot.form.values import Origin
from bot.slack import blocks, ids
from bot.slack.blocks import Message
from bot.slack.payloads import list_at, text_at
from bot.slack.text import escape, link, local_time, one_line, shorten
from bot.weav.models import DELETED, Conversation, Status

_SHOWN_ON_CARD: Final = 3
MOST_KEPT: Final = 10
_VALUE_LIMIT: Final = 60
_SUBJECT_LIMIT: Final = 100
# Seconds; after that Weav will not answer a change any more.
_UNDER_WAY_FOR: Final = 120.0
_NOT_KNOWN_WHO: Final = "Somebody changed this conversation meanwhile."


class Change(BaseModel):
    """A change that somebody made or asked for with a click; `at` is in seconds since the epoch.

    Without a `slack_user_id` it was made in Weav. `under_way`: recorded before Weav was asked, and
    not confirmed yet.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    slack_user_id: str = ""
    field: Field
    value: str
    at: float
    under_way: bool = False

    @property
    def line(self) -> str:
        did = (
            f"<@{self.slack_user_id}> {_by_person(self)}" if self.slack_user_id else _in_weav(self)
        )
        return f"{did} · {local_time(self.at)}"


class Replied(BaseModel):
    """The customer replied, and it is not known whether the card's thread got the notice."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    replied_at: float

    @property
    def line(self) -> str:
        return f"The customer replied · {local_time(self.replied_at)}"


HistoryLine: TypeAlias = Change | Replied
_HISTORY_LINE: Final[TypeAdapter[HistoryLine]] = TypeAdapter(HistoryLine)


def read_changes(noted: Sequence[Any]) -> tuple[HistoryLine, ...]:
    """Read the history, the oldest first; skip entries that this release does not know."""
    changes = []
    for each in noted:
        try:
            changes.append(_HISTORY_LINE.validate_python(each))
        except ValidationError:
            continue
    return tuple(changes)


def with_change(changes: Sequence[HistoryLine], change: HistoryLine) -> tuple[HistoryLine, ...]:
    return (*changes, change)[-MOST_KEPT:]


def settle_changes(
    changes: Sequence[HistoryLine],
    conversation: Conversation,
    changed: Field | None = None,
    now: float = math.inf,
) -> tuple[HistoryLine, ...]:
    """Confirm the changes under way that Weav shows, and drop those that Weav will not make.

    They are left over from a process that died or from an answer that was lost. `changed`: the
    field that was changed just now, so its value proves nothing about an earlier change. Without
    `now`, drop all that Weav does not show.
    """
    settled: list[HistoryLine] = []
    for each in changes:
        if isinstance(each, Replied) or not each.under_way:
            settled.append(each)
        elif each.field != changed and each.value == value_of(conversation, each.field):
            settled.append(each.model_copy(update={"under_way": False}))
        elif now - each.at < _UNDER_WAY_FOR:
            settled.append(each)
    return tuple(settled)


def with_changes_in_weav(
    changes: Sequence[HistoryLine], conversation: Conversation, changed: Iterable[Field], now: float
) -> tuple[HistoryLine, ...]:
    """Add the changes made in Weav: the `changed` fields that no click on this card explains."""
    known = settle_changes(changes, conversation, now=now)
    for field in changed:
        if last_change(confirmed(known), conversation, field) is None:
            value, at = value_of(conversation, field), _changed_at(conversation, field, now)
            known = with_change(known, Change(field=field, value=value, at=at))
    return known


def confirmed(changes: Iterable[HistoryLine]) -> tuple[HistoryLine, ...]:
    """Leave out the changes that are not confirmed."""
    return tuple(each for each in changes if isinstance(each, Replied) or not each.under_way)


def _changed_at(conversation: Conversation, field: Field, now: float) -> float:
    """Return Weav's time of the change in seconds since the epoch; `now` if Weav gives none."""
    told = conversation.updated_at
    if field == "status" and conversation.status == Status.CLOSED:
        told = conversation.closed_at or told
    if told is None or conversation.status == DELETED:
        return now
    return told.timestamp()


def change_lines(changes: Sequence[HistoryLine]) -> list[str]:
    """Return the latest changes in mrkdwn, the newest first."""
    return [change.line for change in reversed(changes[-_SHOWN_ON_CARD:])]


def opened_line(conversation: Conversation, origin: Origin | None, slack_user_id: str) -> str:
    """Say in mrkdwn who opened it and when, and how if the origin is known."""
    who = f"Opened by <@{slack_user_id}> {_how(origin) if origin else ''}".rstrip()
    return f"{who} · {local_time(conversation.created_at)}" if conversation.created_at else who


def opened_line_in(card_blocks: Iterable[object]) -> str:
    """Read that line from a card, also from one of version 0.1.0; empty if the card has none.

    The block then begins with the link.
    """
    for block in card_blocks:
        if text_at(block, "block_id") == ids.CARD_HISTORY:
            first = next(iter(list_at(block, "elements")), None)
            text = text_at(first, "text")
            return "" if text.startswith("<") else text
    return ""


def last_change(
    changes: Sequence[HistoryLine], conversation: Conversation, field: Field
) -> Change | None:
    """Find the change that gave the field its value; None if no change on this card did."""
    of_field = (each for each in reversed(changes) if isinstance(each, Change))
    last = next((change for change in of_field if change.field == field), None)
    return last if last and last.value == value_of(conversation, field) else None


def overtaken_text(field: Field, conversation: Conversation, first: Change | None) -> str:
    """Tell somebody in mrkdwn that another change came first."""
    how = first.line if first else f"{_NOT_KNOWN_WHO} {_value_now(field, conversation)}"
    return (
        f"{how}\nThe card was out of date, so your click changed nothing. The card is up to date"
        " now: click again if you still want your change."
    )


def already_text(change: Change, made: Change | None) -> str:
    """Tell somebody in mrkdwn that nothing was left to do."""
    if made:
        return f"{made.line}\nSo nothing was left to do."
    match change.field:
        case "assignee":
            return "It is assigned to you already."
        case "status":
            return f"It is {'closed' if change.value == Status.CLOSED else 'open'} already."
        case "priority":
            return f"Its priority is {_priority_label(change.value)} already."
        case _:
            assert_never(change.field)


def private_message(text: str, click: Click, url: str) -> Message:
    """Tell somebody in mrkdwn what became of their click; the caller escapes `text`.

    The message reveals no more of the conversation than the card, which people of other
    organisations may read.
    """
    subject = escape(shorten(one_line(click.subject), _SUBJECT_LIMIT))
    said = f"{link(url, subject or f'`{click.shown.conversation_id}`')}: {text}"
    return Message.of(said, blocks.section(blocks.mrkdwn(said)))


def _by_person(change: Change) -> str:
    match change.field:
        case "assignee":
            return "took it"
        case "status":
            return "closed it" if change.value == Status.CLOSED else "reopened it"
        case "priority":
            return f"set the priority to {_priority_label(change.value)}"
        case _:
            assert_never(change.field)


def _in_weav(change: Change) -> str:
    """Describe a change made in Weav, whose author is not known."""
    match change.field:
        case "assignee":
            return "Assigned in Weav" if change.value else "Unassigned in Weav"
        case "status":
            done = {Status.CLOSED: "Closed", Status.OPEN: "Reopened", DELETED: "Deleted"}
            said = done.get(change.value) or f"Status set to {_escaped(change.value)}"
            return f"{said} in Weav"
        case "priority":
            return f"Priority set to {_priority_label(change.value)} in Weav"
        case _:
            assert_never(change.field)


def _value_now(field: Field, conversation: Conversation) -> str:
    match field:
        case "assignee":
            return (
                "It has another assignee." if conversation.assignee_id else "It is unassigned now."
            )
        case "status":
            status = conversation.status or ""
            return f"Its status is {_escaped(labels.STATUSES.get(status, status))} now."
        case "priority":
            return f"Its priority is {_priority_label(conversation.priority or '')} now."
        case _:
            assert_never(field)


def _how(origin: Origin) -> str:
    match origin.via:
        case "command":
            return f"with `{ids.COMMAND}`"
        case "message":
            return f"from {link(origin.message_link, 'a message')}"
        case "shortcut" if origin.in_home_tab:
            return "in the home tab"
        case "shortcut":
            return "with the shortcut"
        case _:
            assert_never(origin.via)


def _priority_label(priority: str) -> str:
    return _escaped(labels.PRIORITIES.get(priority, priority))


def _escaped(word: str) -> str:
    return escape(shorten(word, _VALUE_LIMIT)) or "not set"
