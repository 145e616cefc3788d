"""Who opened a conversation and who changed what: on its card, and in what people are told."""

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

_LATEST: Final = 3  # on a card
MOST_KEPT: Final = 10
_VALUE_LIMIT: Final = 60
_SUBJECT_LIMIT: Final = 100
# Seconds; Weav has answered a change by then, or never will.
_UNDER_WAY_FOR: Final = 120.0
_NOT_KNOWN_WHO: Final = "Somebody changed this conversation meanwhile."


class Change(BaseModel):
    """What somebody did, or wants to do, with a click; `at` is in seconds since the epoch.

    Without a `slack_user_id` it was done in Weav. `under_way`: noted before Weav was asked, and
    whether it was done is not known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    slack_user_id: str = ""
    field: Field
    value: str
    at: float
    under_way: bool = False

    @property
    def line(self) -> str:
        did = f"<@{self.slack_user_id}> {_did(self)}" if self.slack_user_id else _done(self)
        return f"{did} · {local_time(self.at)}"


class Replied(BaseModel):
    """The customer wrote, and nobody knows whether the card's thread was told."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    replied_at: float

    @property
    def line(self) -> str:
        return f"The customer replied · {local_time(self.replied_at)}"


Noted: TypeAlias = Change | Replied
_NOTED: Final[TypeAdapter[Noted]] = TypeAdapter(Noted)


def read_changes(noted: Sequence[Any]) -> tuple[Noted, ...]:
    """Read what was noted, the oldest first; what a newer release wrote is passed over."""
    changes = []
    for each in noted:
        try:
            changes.append(_NOTED.validate_python(each))
        except ValidationError:
            continue
    return tuple(changes)


def with_change(changes: Sequence[Noted], change: Noted) -> tuple[Noted, ...]:
    return (*changes, change)[-MOST_KEPT:]


def known_changes(
    changes: Sequence[Noted], conversation: Conversation, changed: Field | None = None
) -> tuple[Noted, ...]:
    """Keep of what was under way what has come true, after a process died or an answer was lost.

    `changed`: the field that has just been changed, so that it was something else until now.
    """
    return tuple(
        _as_done(each)
        for each in changes
        if not _is_under_way(each) or _has_come_true(each, conversation, changed)
    )


def changes_by_now(
    changes: Sequence[Noted], conversation: Conversation, changed: Iterable[Field], now: float
) -> tuple[Noted, ...]:
    """Add what was done in Weav: what `changed` that no click on this card explains.

    A click that is still under way after its process has died may come true for a while.
    """
    known = tuple(
        _as_done(each) if _has_come_true(each, conversation) else each
        for each in changes
        if _has_come_true(each, conversation) or not _is_out_of_date(each, now)
    )
    for field in changed:
        if last_change(done(known), conversation, field) is None:
            value, at = value_of(conversation, field), _changed_at(conversation, field, now)
            known = with_change(known, Change(field=field, value=value, at=at))
    return known


def done(changes: Iterable[Noted]) -> tuple[Noted, ...]:
    """Leave out what nobody knows to be done."""
    return tuple(change for change in changes if not _is_under_way(change))


def _is_under_way(noted: Noted) -> bool:
    return isinstance(noted, Change) and noted.under_way


def _is_out_of_date(noted: Noted, now: float) -> bool:
    return isinstance(noted, Change) and noted.under_way and now - noted.at >= _UNDER_WAY_FOR


def _has_come_true(noted: Noted, conversation: Conversation, changed: Field | None = None) -> bool:
    return (
        isinstance(noted, Change)
        and noted.under_way
        and noted.field != changed
        and noted.value == value_of(conversation, noted.field)
    )


def _as_done(noted: Noted) -> Noted:
    return noted.model_copy(update={"under_way": False}) if isinstance(noted, Change) else noted


def _changed_at(conversation: Conversation, field: Field, now: float) -> float:
    """When it was, in seconds since the epoch, as far as Weav tells."""
    told = conversation.updated_at
    if field == "status" and conversation.status == Status.CLOSED:
        told = conversation.closed_at or told
    if told is None or conversation.status == DELETED:
        return now
    return told.timestamp()


def change_lines(changes: Sequence[Noted]) -> list[str]:
    """Say the last changes in mrkdwn, the newest first."""
    return [change.line for change in reversed(changes[-_LATEST:])]


def opened_line(conversation: Conversation, origin: Origin | None, slack_user_id: str) -> str:
    """Say who opened it, how and when, in mrkdwn; without an origin nobody knows how."""
    who = f"Opened by <@{slack_user_id}> {_way(origin) if origin else ''}".rstrip()
    return f"{who} · {local_time(conversation.created_at)}" if conversation.created_at else who


def opened_line_in(card_blocks: Iterable[object]) -> str:
    """Read that line from a card, also of version 0.1.0; empty if it does not say.

    Without it the link is what comes first.
    """
    for block in card_blocks:
        if text_at(block, "block_id") == ids.CARD_HISTORY:
            first = next(iter(list_at(block, "elements")), None)
            text = text_at(first, "text")
            return "" if text.startswith("<") else text
    return ""


def last_change(
    changes: Sequence[Noted], conversation: Conversation, field: Field
) -> Change | None:
    """Find who made this field what it is; None: nobody on this card did."""
    of_field = (each for each in reversed(changes) if isinstance(each, Change))
    last = next((change for change in of_field if change.field == field), None)
    return last if last and last.value == value_of(conversation, field) else None


def overtaken_text(field: Field, conversation: Conversation, first: Change | None) -> str:
    """Tell somebody that another one was first, in mrkdwn."""
    how = first.line if first else f"{_NOT_KNOWN_WHO} {_now(field, conversation)}"
    return (
        f"{how}\nThe card is up to date now. If you still want your change, click again: your click"
        " was not carried out, because the card showed something older."
    )


def already_text(change: Change, made: Change | None) -> str:
    """Tell somebody that nothing was left to do, in mrkdwn."""
    if made:
        return f"{made.line}\nSo nothing was left to do."
    match change.field:
        case "assignee":
            return "It is assigned to you already."
        case "status":
            return f"It is {'closed' if change.value == Status.CLOSED else 'open'} already."
        case "priority":
            return f"Its priority is {_label(change.value)} already."
        case _:
            assert_never(change.field)


def private_message(text: str, click: Click, url: str) -> Message:
    """Say something in mrkdwn to the one who clicked, its unknown parts escaped by the caller.

    It names the conversation no more than the card did, which people of other organisations read.
    """
    subject = escape(shorten(one_line(click.subject), _SUBJECT_LIMIT))
    said = f"{link(url, subject or f'`{click.shown.conversation_id}`')}: {text}"
    return Message.of(said, blocks.section(blocks.mrkdwn(said)))


def _did(change: Change) -> str:
    match change.field:
        case "assignee":
            return "took it"
        case "status":
            return "closed it" if change.value == Status.CLOSED else "reopened it"
        case "priority":
            return f"set the priority to {_label(change.value)}"
        case _:
            assert_never(change.field)


def _done(change: Change) -> str:
    """Say what was done in Weav, where nobody here knows by whom."""
    match change.field:
        case "assignee":
            return "Assigned in Weav" if change.value else "Unassigned in Weav"
        case "status":
            done = {Status.CLOSED: "Closed", Status.OPEN: "Reopened", DELETED: "Deleted"}
            said = done.get(change.value) or f"Status set to {_word(change.value)}"
            return f"{said} in Weav"
        case "priority":
            return f"Priority set to {_label(change.value)} in Weav"
        case _:
            assert_never(change.field)


def _now(field: Field, conversation: Conversation) -> str:
    match field:
        case "assignee":
            return (
                "It has another assignee." if conversation.assignee_id else "It is unassigned now."
            )
        case "status":
            status = conversation.status or ""
            return f"Its status is {_word(labels.STATUSES.get(status, status))} now."
        case "priority":
            return f"Its priority is {_label(conversation.priority or '')} now."
        case _:
            assert_never(field)


def _way(origin: Origin) -> str:
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


def _label(priority: str) -> str:
    return _word(labels.PRIORITIES.get(priority, priority))


def _word(word: str) -> str:
    return escape(shorten(word, _VALUE_LIMIT)) or "not set"
