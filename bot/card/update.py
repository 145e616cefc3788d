"""A click carried out in Weav: read, compare, write, confirm.

The caller holds the lock: a PUT writes all five fields, so two at once would undo each other.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from bot.card.controls import CardSnapshot, Click, value_of
from bot.card.history import (
    Change,
    HistoryLine,
    already_text,
    last_change,
    overtaken_text,
    settle_changes,
    with_change,
)
from bot.card.lock import HeldLock
from bot.slack.text import escape
from bot.weav.client import WeavClient
from bot.weav.existing_conversations import (
    ChangeOutcome,
    Found,
    Update,
    read_conversation,
    write_conversation,
)
from bot.weav.models import Conversation
from bot.weav.outcomes import NotSent, Refused, Unconfirmed
from bot.weav.pages import LookUpFailed

NOTHING_CHANGED: Final = "Nothing was changed."
MAY_STILL_COME: Final = (
    "Look in Weav before you click again: your change may still come. The card shows what Weav says"
    " now, which is without your change."
)
MAYBE_MADE: Final = "Look in Weav before you click again: your change may have been made or not."
NOT_TAKEN: Final = "Weav did not make the change."
BUSY: Final = (
    "Try again in a moment. Somebody else's click on this card is still being carried out, so yours"
    " was not."
)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Weav made the change and confirmed it."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class AlreadySo:
    """The field already had the requested value."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The field no longer has the value that the card showed, so the click may be outdated."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class NotChanged:
    """It is certain that nothing was changed."""

    reason: str
    conversation: None = None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Sent but not confirmed; `conversation` is what Weav said afterwards, if anything."""

    reason: str
    conversation: Conversation | None


@dataclass(frozen=True, slots=True)
class LockLost:
    """Nothing was written: the lock is lost, and what was read may be out of date."""

    conversation: None = None


ChangeResult: TypeAlias = Confirmed | AlreadySo | Overtaken | NotChanged | Doubtful | LockLost


async def carry_out(
    weav: WeavClient, change: Change, shown: CardSnapshot, lock: HeldLock, looks: tuple[float, ...]
) -> ChangeResult:
    """`looks`: seconds before each look for a change whose answer was lost."""
    found = await read_conversation(weav, shown.conversation_id)
    if isinstance(found, LookUpFailed):
        return NotChanged(f"{found.reason} {NOTHING_CHANGED}")
    if not_needed := compare(found.conversation, change, shown):
        return not_needed
    # If this process dies before Weav answers, the next click still knows who asked for the change.
    under_way = change.model_copy(update={"under_way": True})
    if not await lock.note(with_change(lock.changes, under_way)):
        return LockLost()
    update = update_for(change, found.update)
    outcome = await write_conversation(weav, found.conversation.id, update)
    return await _confirm(weav, outcome, change, found, looks)


def compare(
    conversation: Conversation, change: Change, shown: CardSnapshot
) -> AlreadySo | Overtaken | None:
    """None: make the change."""
    if value_of(conversation, change.field) == change.value:
        return AlreadySo(conversation)
    return None if shown.shows(conversation, change.field) else Overtaken(conversation)


def update_for(change: Change, current: Update) -> Update:
    """Change one field and keep the others as they were read."""
    match change.field:
        case "status" | "priority":
            return current.model_copy(update={change.field: change.value})
        case "assignee":
            kind, _, id_ = change.value.partition(":")
            return current.model_copy(update={"assignee_type": kind, "assignee_id": id_})
        case _:
            assert_never(change.field)


async def _confirm(
    weav: WeavClient,
    outcome: ChangeOutcome,
    change: Change,
    before: Found,
    looks: tuple[float, ...],
) -> ChangeResult:
    match outcome:
        case Conversation() if _has_change(outcome, change, before):
            return Confirmed(outcome)
        case Conversation():
            return await _look(weav, NOT_TAKEN, change, before, looks)
        case Unconfirmed(reason):
            return await _look(weav, reason, change, before, looks)
        case Refused(message=message):
            return NotChanged(f"{message} {NOTHING_CHANGED}")
        case NotSent(reason=reason):
            return NotChanged(f"{reason} {NOTHING_CHANGED} Click again in a moment.")
        case _:
            assert_never(outcome)


async def _look(
    weav: WeavClient, reason: str, change: Change, before: Found, looks: tuple[float, ...]
) -> Confirmed | Doubtful:
    seen: Conversation | None = None
    for pause in looks:
        await asyncio.sleep(pause)
        now = await read_conversation(weav, before.conversation.id)
        if isinstance(now, Found):
            seen = now.conversation
            if _has_change(seen, change, before):
                return Confirmed(seen)
    return Doubtful(f"{reason} {MAY_STILL_COME if seen else MAYBE_MADE}", seen)


def _has_change(conversation: Conversation, change: Change, before: Found) -> bool:
    same = conversation.id.lower() == before.conversation.id.lower()
    return same and value_of(conversation, change.field) == change.value


def changes_after(
    changes: Sequence[HistoryLine], change: Change, result: ChangeResult
) -> tuple[HistoryLine, ...]:
    """Return the card's history after a click, the oldest first."""
    match result:
        case Confirmed(conversation):
            return with_change(settle_changes(changes, conversation, change.field), change)
        case AlreadySo(conversation) | Overtaken(conversation):
            return settle_changes(changes, conversation)
        case Doubtful(conversation=conversation) if conversation:
            return settle_changes(changes, conversation)
        case Doubtful() | NotChanged() | LockLost():
            return tuple(changes)
        case _:
            assert_never(result)


def private_text(
    result: ChangeResult, change: Change, changes: Sequence[HistoryLine], click: Click
) -> str:
    """Return the private answer to the click in mrkdwn; empty if the card says it all."""
    match result:
        case Confirmed():
            return ""
        case AlreadySo(conversation):
            made = last_change(changes, conversation, change.field)
            own = made is not None and made.slack_user_id == change.slack_user_id
            if own and not click.shown.shows(conversation, change.field):
                return ""  # a double click: the redrawn card shows what the first one did
            return already_text(change, None if own else made)
        case Overtaken(conversation):
            made = last_change(changes, conversation, change.field)
            return overtaken_text(change.field, conversation, made)
        case NotChanged(reason) | Doubtful(reason):
            return escape(reason)
        case LockLost():
            return BUSY
        case _:
            assert_never(result)
