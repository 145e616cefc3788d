"""Finds our conversation in the customer's list when Weav's answer to the create was lost.

The worker looks at once (`look`), or spread over time after a crash (`look_now`, `look_later`).
"""

import asyncio
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from bot.form.reply import Created, Creating, NotConfirmed, Reply
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
# Seconds: rounding makes sums of pauses differ in their last digits.
_ROUNDING: Final = 0.001
SEVERAL = "Weav has more than one conversation that could be this one."
CONTESTED = (
    "Weav has one conversation that could be this one, but it could also be from another"
    " submission with the same content."
)
# Weav's rate limits are not documented: no more customers than this at once.
AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class NotFound:
    """No conversation matches (yet), or none is certainly ours.

    `reason`: a sentence for the author, or empty. `failed`: the list could not be read. `final`:
    another look would not help.
    """

    reason: str = ""
    failed: bool = False
    final: bool = False


def until_next_look(looks: Iterable[float], since: float) -> float | None:
    """Seconds until the next look; None: the last look is already due.

    `looks`: the pause before each look; `since`: seconds since the first pause began. One look
    makes up for all that were missed.
    """
    pauses = (due - since for due in accumulate(looks))
    return next((pause for pause in pauses if pause > _ROUNDING), None)


def candidates(
    conversations: Iterable[Conversation], request: NewConversation, since: float, until: float
) -> list[Conversation]:
    """Conversations with the same channel and subject, created between two times in epoch seconds.

    One without a creation date proves nothing and is left out.
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


def only_match(unclaimed: Sequence[Conversation], rivals: int) -> Conversation | NotFound:
    """`rivals`: the number of other unresolved submissions with the same content."""
    match unclaimed:
        case []:
            return NotFound()
        case [only] if rivals == 0:
            return only
        case [_]:
            return NotFound(CONTESTED)
        case _:
            return NotFound(SEVERAL)


_CustomerList = tuple[Conversation, ...] | LookUpFailed


class CustomerLists:
    """Customers' conversations in Weav; concurrent readers of one list share one request."""

    def __init__(self, weav: WeavClient, tasks: Tasks) -> None:
        self._weav = weav
        self._tasks = tasks
        self._slots = asyncio.Semaphore(AT_ONCE)
        # Reads that have not sent their request yet.
        self._pending: dict[UUID, asyncio.Task[_CustomerList]] = {}
        # One lock a customer, kept while somebody uses it.
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def read(self, customer_id: UUID) -> _CustomerList:
        """Return a list whose request begins after this call; concurrent callers share it."""
        reading = self._pending.get(customer_id)
        if reading is None or reading.done():
            reading = self._tasks.spawn(self._read(customer_id), name="customer_list")
            self._pending[customer_id] = reading
        return await asyncio.shield(reading)

    async def _read(self, customer_id: UUID) -> _CustomerList:
        async with self._locks.setdefault(customer_id, asyncio.Lock()), self._slots:
            del self._pending[customer_id]  # later callers need a newer list
            return await self._weav.customer_conversations(customer_id)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row.

    `entry` is None if nothing is left to do here: another worker has the row, it was put off, its
    author left it, or the database is away.
    """

    entry: Entry | None
    reply: Reply


def result_of(held: Entry | None, reply: Reply) -> Result:
    """Leave the reply of a lost row to its new owner, whose outcome may differ."""
    return Result(held, reply if held else Creating())


class Reconciler:
    def __init__(
        self, ledger: Ledger, weav: WeavClient, retry_times: RetryTimes, tasks: Tasks
    ) -> None:
        self._ledger = ledger
        self._lists = CustomerLists(weav, tasks)
        self._looks = retry_times.looks
        # Seconds after `sent_at` by which the answer came or the request was given up.
        self._answered_within = ledger.lease + retry_times.weav_timeout

    async def look(
        self, entry: Entry, reason: str, looks: tuple[float, ...] | None = None
    ) -> Result:
        """Look for the conversation of a POST that may have arrived; `reason`: what went wrong."""
        last = NotFound()
        for pause in self._looks if looks is None else looks:
            await asyncio.sleep(pause)
            seen = await self._look_once(entry)
            if isinstance(seen, Result):
                return seen
            last = seen
            if last.final:
                break
        return await self.not_confirmed(entry, reason, last.reason)

    async def look_now(self, entry: Entry, reason: str) -> Result:
        """Look once for a POST sent a while ago, and put the row off until the next look, if any.

        The time for looks normally starts with the request. If that time is over and the list
        cannot be read, or if a look was put off before, the row counts the time itself.
        """
        since_sent = _seconds_since_sent(entry)
        seen = await self._look_once(entry)
        if isinstance(seen, Result):
            return seen
        counted = entry.tried_for > 0 or (
            seen.failed and until_next_look(self._looks, since_sent) is None
        )
        pause = until_next_look(self._looks, entry.tried_for if counted else since_sent)
        if pause is None or seen.final:
            return await self.not_confirmed(entry, reason, seen.reason)
        return await self._look_after(pause, entry, reason, counted=counted)

    async def look_later(self, entry: Entry, reason: str) -> Result:
        """Put the row off until its first look, which its next worker makes."""
        pause = until_next_look(self._looks, 0.0) or 0.0
        return await self._look_after(pause, entry, reason, counted=True)

    async def _look_after(
        self, pause: float, entry: Entry, reason: str, *, counted: bool
    ) -> Result:
        added = pause if counted else 0.0
        later = self._ledger.put_off
        await retry_until_written(lambda: later(entry, pause, counted=added, reason=reason), entry)
        return Result(None, Creating())

    async def not_confirmed(self, entry: Entry, reason: str, found: str = "") -> Result:
        """Record that nobody knows what became of the POST; `found`: what the last look showed."""
        log.warning("not_confirmed", entry=entry.id)
        known = f"{reason} {found}".strip()
        held = await retry_until_written(lambda: self._ledger.unconfirmed(entry, known), entry)
        return result_of(held, NotConfirmed(known, entry.id))

    async def _look_once(self, entry: Entry) -> Result | NotFound:
        request = NewConversation.model_validate(entry.request)
        listed = await self._lists.read(request.customer_id)
        if isinstance(listed, LookUpFailed):
            return NotFound(listed.reason, failed=True, final=listed.final)
        # After a restore from a backup (operations/README.md) the time of the last POST is unknown.
        until = entry.sent_at + self._answered_within if entry.sent_at else math.inf
        matching = candidates(listed, request, entry.begun_at, until)
        try:
            claimed = await self._ledger.claimed(entry, (each.id for each in matching))
            rivals = await self._ledger.rivals(entry)
            found = only_match([each for each in matching if each.id not in claimed], len(rivals))
            if isinstance(found, NotFound):
                return found
            held = await self._ledger.claim(entry, found.id, found.model_dump(mode="json"))
        except LedgerUnavailable:
            return NotFound(failed=True)
        if held is None:  # another worker has the row, or another row has the conversation
            return NotFound()
        log.info("recovered", entry=entry.id, conversation=found.id)
        return Result(held, Created(found))


def _seconds_since_sent(entry: Entry) -> float:
    sent_at = entry.sent_at or entry.created_at  # unknown after a restore from a backup
    return entry.read_at - sent_at + time.monotonic() - entry.asked_at
