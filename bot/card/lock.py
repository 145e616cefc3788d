"""One change of a conversation at a time: a queue in this process, a leased row across replicas."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from bot.card.history import HistoryLine, read_changes
from bot.ledger import CardLock, CardRows, DueRows, Look, logged_if_unavailable
from bot.logs import get_logger
from bot.tasks import Tasks

log = get_logger("weav_slack.lock")
# Seconds: a change reads from Weav, writes, and reads again.
WAIT_FOR = 30.0
POLL_EVERY = 0.1
SHOWN_UNKNOWN: Final = ""


class HeldLock:
    """The right to change a conversation and its card; `changes` is the card's history so far."""

    def __init__(self, cards: CardRows, row: CardLock, asked_at: float) -> None:
        """`asked_at`: when the lease began, on the monotonic clock."""
        self._cards = cards
        self._row = row
        self._conversation_id = row.conversation_id
        self._renewed_at = asked_at
        self._lost = False
        self.changes = read_changes(row.changes)
        # What the card says; the lock holder sets it when it draws, and the release stores it.
        self.shown = row.shown
        self.taken_at = row.taken_at  # in the database's time

    async def note(self, changes: Sequence[HistoryLine]) -> bool:
        """Store the history. False: the lock is lost, e.g. because this process stood still.

        `shown` stays unknown in the database until the release, in case this process dies. If the
        database is away, the card shows the new line all the same, but the next redraw loses it.
        """
        noted, held = [each.model_dump(exclude_defaults=True) for each in changes], True
        with logged_if_unavailable(log, "change_not_noted", conversation=self._conversation_id):
            held = await self._cards.record_changes(self._row, noted, SHOWN_UNKNOWN)
        is_leased = time.monotonic() - self._renewed_at < self._cards.lease
        return held and is_leased and not self._lost

    async def renew(self, every: float) -> None:
        """Renew the lease every so many seconds until it is lost."""
        while not self._lost:
            await asyncio.sleep(every)
            asked_at = time.monotonic()
            with logged_if_unavailable(log, "lock_not_kept", conversation=self._conversation_id):
                if await self._cards.renew(self._row):
                    self._renewed_at = asked_at
                else:
                    self._lost = True
        log.warning("lock_lost", conversation=self._conversation_id)

    async def release(self) -> bool:
        """False: the lock was lost before. Without the database, the lease expires later."""
        with logged_if_unavailable(log, "lock_not_released", conversation=self._conversation_id):
            return await self._cards.release(self._row, self.shown)
        return not self._lost


@dataclass(eq=False, repr=False)
class CardLocks:
    """Times are in seconds; `renew_every` is well below the lease of `cards`.

    `due` and `tasks` redraw a card whose lock was lost; `due` is None if cards do not follow Weav.
    """

    _cards: CardRows
    renew_every: float
    wait_for: float = WAIT_FOR
    due: DueRows | None = None
    tasks: Tasks | None = None
    # Each lives as long as somebody holds it or waits for it.
    _queues: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary, init=False
    )

    @asynccontextmanager
    async def of(self, conversation_id: str) -> AsyncIterator[HeldLock | None]:
        """Wait for the lock; None after `wait_for`. Raise LedgerUnavailable."""
        deadline = asyncio.get_running_loop().time() + self.wait_for
        here = self._queues.setdefault(conversation_id, asyncio.Lock())
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout_at(deadline):
                    await stack.enter_async_context(here)
            except TimeoutError:
                yield None
                return
            held = await self._acquire(conversation_id, deadline)
            if held:
                await stack.enter_async_context(self._renewed(conversation_id, held))
            yield held

    async def _acquire(self, conversation_id: str, deadline: float) -> HeldLock | None:
        """Poll while another replica holds the row."""
        while True:
            asked_at = time.monotonic()
            if row := await self._cards.acquire(conversation_id):
                return HeldLock(self._cards, row, asked_at)
            if asyncio.get_running_loop().time() > deadline:
                return None
            await asyncio.sleep(POLL_EVERY)

    @asynccontextmanager
    async def _renewed(self, conversation_id: str, held: HeldLock) -> AsyncIterator[None]:
        renewing = asyncio.create_task(held.renew(self.renew_every))
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            if not await held.release() and self.due and self.tasks:
                self.tasks.spawn(self._redraw_later(conversation_id, self.due), name="draw_anew")

    async def _redraw_later(self, conversation_id: str, due: DueRows) -> None:
        """Redraw the card: what this process drew after losing the lock may be out of date."""
        with logged_if_unavailable(log, "not_drawn_anew", conversation=conversation_id):
            if held := await self._acquire(conversation_id, math.inf):
                held.shown = SHOWN_UNKNOWN
                await held.release()
            await due.mark(conversation_id, Look.CARD, 0.0)
