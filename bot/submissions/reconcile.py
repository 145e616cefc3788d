"""Which of a customer's conversations is ours, when Weav's answer to the create was lost.

Customers' conversations in Weav, read once for all who look through them at the same time.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from bot.tasks import Tasks
from bot.weav.client import WeavClient
from bot.weav.models import Conversation, NewConversation
from bot.weav.pages import LookUpFailed

# Weav's clock and the database's may differ by this many seconds.
CLOCK_DIFFERENCE = 120.0
# Seconds: sums of pauses differ in their last digits.
_SAME_TIME: Final = 0.001


@dataclass(frozen=True, slots=True)
class Match:
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class NoMatch:
    """None there, or not there yet."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one could be ours, or it could be another's; a sentence for the author."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSeen:
    """The look itself failed; a sentence for the author, or nothing.

    `final`: looking again will not change it.
    """

    reason: str
    final: bool = False


LookResult = Match | NoMatch | Ambiguous
SEVERAL = "Weav has more than one conversation that could be this one."
CONTESTED = (
    "Weav has one conversation that could be this one, but it could be that of another submission"
    " with the same content as well."
)


def until_next(looks: Iterable[float], since: float) -> float | None:
    """Seconds until the next look; None: the last one was due by now.

    `looks`: the pauses before each; `since`: seconds since they began. Those that were missed are
    made up for by one.
    """
    pauses = (due - since for due in accumulate(looks))
    return next((pause for pause in pauses if pause > _SAME_TIME), None)


def alike(
    conversations: Iterable[Conversation], request: NewConversation, since: float
) -> list[Conversation]:
    """Those with the same channel and subject that are new enough; `since` is in epoch seconds.

    One without a date proves nothing and is left out.
    """
    return [
        each
        for each in conversations
        if each.channel == request.channel
        and (each.subject or None) == request.subject
        and each.created_at is not None
        and each.created_at.timestamp() >= since - CLOCK_DIFFERENCE
    ]


def match(unclaimed: Sequence[Conversation], rivals: int) -> LookResult:
    """`rivals`: other submissions of the same content whose fate is open: it could be theirs."""
    match unclaimed:
        case []:
            return NoMatch()
        case [only] if rivals == 0:
            return Match(only)
        case [_]:
            return Ambiguous(CONTESTED)
        case _:
            return Ambiguous(SEVERAL)


# Weav's rate limits are not documented: no more customers than this at once.
AT_ONCE: Final = 50
_List = tuple[Conversation, ...] | LookUpFailed


class CustomerLists:
    def __init__(self, weav: WeavClient, tasks: Tasks) -> None:
        self._weav = weav
        self._tasks = tasks
        self._places = asyncio.Semaphore(AT_ONCE)
        # Lists that were asked for, and whose request has not begun.
        self._next: dict[UUID, asyncio.Task[_List]] = {}
        # Kept for as long as anybody is at it.
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def read(self, customer_id: UUID) -> _List:
        """Give a list whose request begins after this call, and which others may share."""
        reading = self._next.get(customer_id)
        if reading is None or reading.done():
            reading = self._tasks.spawn(self._read(customer_id), name="customer_list")
            self._next[customer_id] = reading
        return await asyncio.shield(reading)

    async def _read(self, customer_id: UUID) -> _List:
        async with self._turns.setdefault(customer_id, asyncio.Lock()), self._places:
            del self._next[customer_id]  # whoever asks from now on needs a newer one
            return await self._weav.customer_conversations(customer_id)
