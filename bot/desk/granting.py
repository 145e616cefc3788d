"""What somebody wishes for with a click, carried out in Weav: read, compare, write, believe.

Only during the conversation's turn: a PUT takes all five fields, and would put the others back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from bot.slack.clicks import Wish
from bot.slack.controls import Shown, value_of
from bot.weav.changing import (
    Changed,
    Found,
    Update,
    read_conversation,
    write_conversation,
)
from bot.weav.client import LookUpFailed, WeavClient
from bot.weav.models import Conversation
from bot.weav.outcomes import NotSent, Refused, Unconfirmed

NOTHING_CHANGED = "Nothing was changed."
STILL = (
    "The card shows what Weav says now, which is without your change. It may still come: look in"
    " Weav before you click again."
)
NOT_KNOWN = "Your change may have been made or not: look in Weav before you click again."
NOT_TAKEN = "Weav did not make the change."


@dataclass(frozen=True, slots=True)
class Granted:
    """Weav has confirmed it."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Already:
    """It was so before."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The field is no longer as the clicked card said, so nobody knows if it is still wished."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Denied:
    """Certainly not changed."""

    reason: str
    conversation: None = None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Sent, and not confirmed; `conversation` is what Weav said afterwards, if it said anything."""

    reason: str
    conversation: Conversation | None


@dataclass(frozen=True, slots=True)
class OutOfTurn:
    """Nothing was written: somebody else's turn has begun, and what was read may be old."""

    conversation: None = None


Result: TypeAlias = Granted | Already | Overtaken | Denied | Doubtful | OutOfTurn


async def grant(
    weav: WeavClient,
    wish: Wish,
    shown: Shown,
    looks: tuple[float, ...],
    before_writing: Callable[[], Awaitable[bool]],
) -> Result:
    """`looks`: seconds before each look for a change whose answer was lost.

    `before_writing` says whether the turn is still this click's.
    """
    found = await read_conversation(weav, shown.conversation_id)
    match found:
        case LookUpFailed(reason):
            return Denied(f"{reason} {NOTHING_CHANGED}")
        case Found(conversation):
            if value_of(conversation, wish.field) == wish.value:
                return Already(conversation)
            if not shown.shows(conversation, wish.field):
                return Overtaken(conversation)
            if not await before_writing():
                return OutOfTurn()
            return await _write(weav, wish, found, looks)
        case _:
            assert_never(found)


async def _write(weav: WeavClient, wish: Wish, found: Found, looks: tuple[float, ...]) -> Result:
    conversation_id = found.conversation.id
    outcome = await write_conversation(weav, conversation_id, update_for(wish, found.update))
    match outcome:
        case Changed(conversation):
            if _confirms(conversation, wish, found):
                return Granted(conversation)
            return await _look(weav, wish, found, looks, NOT_TAKEN)
        case Refused(message=message):
            return Denied(f"{message} {NOTHING_CHANGED}")
        case NotSent(reason=reason):
            return Denied(f"{reason} {NOTHING_CHANGED} Click again in a moment.")
        case Unconfirmed(reason):
            return await _look(weav, wish, found, looks, reason)
        case _:
            assert_never(outcome)


async def _look(
    weav: WeavClient, wish: Wish, before: Found, looks: tuple[float, ...], reason: str
) -> Result:
    seen: Conversation | None = None
    for pause in looks:
        await asyncio.sleep(pause)
        now = await read_conversation(weav, before.conversation.id)
        if isinstance(now, Found):
            seen = now.conversation
            if _confirms(seen, wish, before):
                return Granted(seen)
    return Doubtful(f"{reason} {STILL if seen else NOT_KNOWN}", seen)


def _confirms(conversation: Conversation, wish: Wish, before: Found) -> bool:
    same = conversation.id.lower() == before.conversation.id.lower()
    return same and value_of(conversation, wish.field) == wish.value


def update_for(wish: Wish, current: Update) -> Update:
    """Change one field and keep the others as they were read."""
    match wish.field:
        case "status" | "priority":
            return current.model_copy(update={wish.field: wish.value})
        case "assignee":
            kind, _, id_ = wish.value.partition(":")
            return current.model_copy(update={"assignee_type": kind, "assignee_id": id_})
        case _:
            assert_never(wish.field)
