"""Background loops: resume rows, renew leases, delete expired personal data."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.ledger import Entry, Ledger, logged_if_unavailable
from bot.logs import get_logger
from bot.submissions.worker import Leases, Limits, Worker
from bot.tasks import Tasks

log = get_logger("weav_slack.scheduler")
FORGET_EVERY = 3600.0  # seconds
# In one sweep: background work must leave capacity for people's requests.
MAX_BATCHES = 5
# A step, and the seconds until it runs again.
Round: TypeAlias = tuple[Callable[[], Awaitable[None]], float]


@dataclass(eq=False, repr=False)
class Scheduler:
    _ledger: Ledger
    _worker: Worker
    _leases: Leases
    _tasks: Tasks
    _keep_days: int
    _limits: Limits
    _resumed: int = field(default=0, init=False)
    _has_room: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _took_over: bool = field(default=False, init=False)
    _loops: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _renewing: list[asyncio.Task[None]] = field(default_factory=list, init=False)

    def start(self, *others: Round, renew_others: Round) -> None:
        """Run `others` until `stop`, and `renew_others`, for further leases, until `finish`."""
        own = (self._sweep, self._limits.sweep_every), (self._forget, FORGET_EVERY)
        self._loops = [self._start_loop(*each) for each in (*others, *own)]
        leases = (self._leases.renew_with_retries, self._leases.renew_every)
        self._renewing = [self._start_loop(*each) for each in (renew_others, leases)]

    def _start_loop(self, step: Callable[[], Awaitable[None]], every: float) -> asyncio.Task[None]:
        return asyncio.create_task(self._tasks.repeat(step, every))

    async def stop(self) -> None:
        """Resume no more rows; running work keeps its leases."""
        await _cancel(self._loops)

    async def finish(self) -> None:
        """Stop renewing, and release unfinished rows for other replicas at once."""
        await _cancel([*self._loops, *self._renewing])
        with logged_if_unavailable(log, "not_released"):
            await self._ledger.release()

    async def _sweep(self) -> None:
        with logged_if_unavailable(log, "not_swept"):
            await self._take_over()
            for _ in range(MAX_BATCHES):
                if not await self._resume_due() or not await self._wait_for_room():
                    return

    async def _take_over(self) -> None:
        if not self._took_over:
            if taken := await self._ledger.take_over():
                log.info("taken_over", entries=taken)
            self._took_over = True

    async def _resume_due(self) -> bool:
        """Resume a batch of rows that are due; False: there are no more."""
        # After a database outage this process's own rows are overdue, too. Renew them first, or it
        # would take them from itself.
        await self._leases.renew()
        free = self._limits.resumed_at_once - self._resumed
        taken = await self._ledger.take(free)
        for entry in taken:
            self._resumed += 1
            self._tasks.spawn(self._resume(entry), name="resume")
        return len(taken) == free

    async def _wait_for_room(self) -> bool:
        """Wait until half of the capacity is free; False: that took too long."""
        self._has_room.clear()
        self._signal_room()
        try:
            async with asyncio.timeout(self._limits.sweep_every):
                return await self._has_room.wait()
        except TimeoutError:
            return False

    def _signal_room(self) -> None:
        if self._resumed <= self._limits.resumed_at_once // 2:
            self._has_room.set()

    async def _resume(self, entry: Entry) -> None:
        try:
            await self._worker.resume(entry)
        finally:
            self._resumed -= 1
            self._signal_room()

    async def _forget(self) -> None:
        with logged_if_unavailable(log, "not_forgotten"):
            if forgotten := await self._ledger.forget(self._keep_days):
                log.info("forgotten", entries=forgotten)
            if forgotten := await self._ledger.customers.forget(self._keep_days):
                log.info("customers_forgotten", rows=forgotten)
            if forgotten := await self._ledger.cards.forget(self._keep_days):
                log.info("cards_forgotten", rows=forgotten)
            if forgotten := await self._ledger.due.forget(self._keep_days):
                log.info("looks_forgotten", rows=forgotten)
            await self._ledger.home_tabs.forget(self._keep_days)


async def _cancel(loops: list[asyncio.Task[None]]) -> None:
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
