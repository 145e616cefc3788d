"""Which of a customer's conversations is ours, when Weav's answer to the create was lost.

The worker looks at once (`look`), and after a crash (`look_now`, `look_later`).
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from bot.form.reply import Created, Creating, Reply
from bot.ledger import Entry, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.retry import RetryTimes, retry_until_written
from bot.tasks import Tasks
from bot.weav.client import WeavClient
from bot.weav.models import Conversation, NewConversation
from bot.weav.pages import LookUpFailed

log = get_logger("weav_slack.reconcile")

# Weav's clock and the database's may differ by this many seconds.
CLOCK_DIFFERENCE = 120.0
# Seconds: sums of pauses differ in their last digits.
_SAME_TIME: Final = 0.001
SEVERAL = "Weav has more than one conversation that could be this one."
CONTESTED = (
    "Weav has one conversation that could be this one, but it could be that of another submission"
    " with the same content as well."
)
# Weav's rate limits are not documented: no more customers than this at once.
AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class NotFound:
    """None is there, or not there yet, or none is ours for certain.

    `reason`: a sentence for the author, or nothing. `failed`: the look itself; `final`: looking
    again will not change that.
    """

    reason: str = ""
    failed: bool = False
    final: bool = False


def until_next(looks: Iterable[float], since: float) -> float | None:
    """Seconds until the next look; None: the last one was due by now.

    `looks`: the pauses before each; `since`: seconds since they began. Those that were missed are
    made up for by one.
    """
    pauses = (due - since for due in accumulate(looks))
    return next((pause for pause in pauses if pause > _SAME_TIME), None)


def candidates(
    conversations: Iterable[Conversation], request: NewConversation, since: float, until: float
) -> list[Conversation]:
    """Those with the same channel and subject that were created then, in epoch seconds.

    One without a date proves nothing and is left out.
    """
    earliest, latest = since - CLOCK_DIFFERENCE, until + CLOCK_DIFFERENCE
    return [
        each
        for each in conversations
        if each.channel == request.channel
        and (each.subject or None) == request.subject
        and each.created_at is not None
        and earliest <= each.created_at.timestamp() <= latest
    ]


def certain_one(unclaimed: Sequence[Conversation], rivals: int) -> Conversation | NotFound:
    """`rivals`: other submissions of the same content whose fate is open: it could be theirs."""
    match unclaimed:
        case []:
            return NotFound()
        case [only] if rivals == 0:
            return only
        case [_]:
            return NotFound(CONTESTED)
        case _:
            return NotFound(SEVERAL)


_List = tuple[Conversation, ...] | LookUpFailed


class CustomerLists:
    """Customers' conversations in Weav, read once for all who look through them at once."""

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


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row; `entry` is None when it was lost to another replica, which ends it."""

    entry: Entry | None
    reply: Reply


class Reconciler:
    def __init__(
        self,
        ledger: Ledger,
        weav: WeavClient,
        retry_times: RetryTimes,
        tasks: Tasks,
        record_unconfirmed: Callable[[Entry, str], Awaitable[Result]],
    ) -> None:
        self._ledger = ledger
        self._lists = CustomerLists(weav, tasks)
        self._looks = retry_times.looks
        # Seconds from `sent_at` until its answer, or until nobody waits for that any more.
        self._answered_within = ledger.lease + retry_times.weav_timeout
        self._record_unconfirmed = record_unconfirmed

    async def look(
        self, entry: Entry, reason: str, looks: tuple[float, ...] | None = None
    ) -> Result:
        """Look for the conversation of a POST that may have arrived; `reason`: why we ask."""
        last = NotFound()
        for pause in self._looks if looks is None else looks:
            await asyncio.sleep(pause)
            seen = await self._look_once(entry)
            if isinstance(seen, Result):
                return seen
            last = seen
            if last.final:
                break
        return await self._not_confirmed(entry, reason, last)

    async def look_now(self, entry: Entry, reason: str) -> Result:
        """Look once for what was sent a while ago, and leave the row to the next look, if any.

        The time of looking began with the request. Where that is over and the look itself fails,
        or where somebody has put off the first look, it begins then: the row counts it.
        """
        since_sent = _seconds_since_sent(entry)
        seen = await self._look_once(entry)
        if isinstance(seen, Result):
            return seen
        counted = entry.tried_for > 0 or (
            seen.failed and until_next(self._looks, since_sent) is None
        )
        pause = until_next(self._looks, entry.tried_for if counted else since_sent)
        if pause is None or seen.final:
            return await self._not_confirmed(entry, reason, seen)
        return await self._look_after(pause, entry, reason, counted=counted)

    async def look_later(self, entry: Entry, reason: str) -> Result:
        """Leave all the looks for it to whoever takes the row up when they are due."""
        pause = until_next(self._looks, 0.0) or 0.0
        return await self._look_after(pause, entry, reason, counted=True)

    async def _look_after(
        self, pause: float, entry: Entry, reason: str, *, counted: bool
    ) -> Result:
        added = pause if counted else 0.0
        later = self._ledger.put_off
        await retry_until_written(lambda: later(entry, pause, counted=added, reason=reason), entry)
        return Result(None, Creating())

    async def _not_confirmed(self, entry: Entry, reason: str, last: NotFound) -> Result:
        return await self._record_unconfirmed(entry, f"{reason} {last.reason}".strip())

    async def _look_once(self, entry: Entry) -> Result | NotFound:
        request = NewConversation.model_validate(entry.request)
        listed = await self._lists.read(request.customer_id)
        if isinstance(listed, LookUpFailed):
            return NotFound(listed.reason, failed=True, final=listed.final)
        # As operations/README.md says how to restore, nobody knows when the last POST was.
        until = entry.sent_at + self._answered_within if entry.sent_at else math.inf
        alike = candidates(listed, request, entry.begun_at, until)
        try:
            claimed = await self._ledger.claimed(entry, (each.id for each in alike))
            rivals = await self._ledger.rivals(entry)
            found = certain_one([each for each in alike if each.id not in claimed], len(rivals))
            if isinstance(found, NotFound):
                return found
            held = await self._ledger.claim(entry, found.id, found.model_dump(mode="json"))
        except LedgerUnavailable:
            return NotFound(failed=True)
        if held is None:  # the row or the conversation is somebody else's by now
            return NotFound()
        log.info("recovered", entry=entry.id, conversation=found.id)
        return Result(held, Created(found))


def _seconds_since_sent(entry: Entry) -> float:
    sent_at = entry.sent_at or entry.created_at  # as operations/README.md says how to restore
    return entry.read_at - sent_at + time.monotonic() - entry.asked_at
