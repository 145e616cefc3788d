"""One change of a conversation at a time: a queue in this process, a leased row among replicas."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from bot.card.history import Noted, read_changes
from bot.ledger import CardLock, CardRows, DueRows, LedgerUnavailable, Look, logged_if_unavailable
from bot.logs import get_logger
from bot.tasks import Tasks

log = get_logger("weav_slack.lock")
# Seconds: a change takes as long as Weav needs to be read, written and read again.
WAIT_FOR = 30.0
ASK_EVERY = 0.1
NOBODY_KNOWS: Final = ""


class HeldLock:
    """One's right to change a conversation and its card; `changes` is what was noted before."""

    def __init__(self, cards: CardRows, row: CardLock, asked_at: float) -> None:
        """`asked_at`: on the monotonic clock, from when on it is ours for one lease."""
        self._cards = cards
        self._row = row
        self._kept_at = asked_at
        self._lost = False
        self.changes = read_changes(row.changes)
        # What the card says, to be noted with the release: whoever draws it sets it.
        self.shown = row.shown
        self.taken_at = row.taken_at  # in the database's time

    async def note(self, changes: Sequence[Noted]) -> bool:
        """False: the lock is somebody else's now, as after a long standstill of this process.

        Until the release nobody knows what the card says, should this process die. Without the
        database the line is on the card, and gone with the next one.
        """
        noted = [each.model_dump(exclude_defaults=True) for each in changes]
        try:
            held = await self._cards.record_changes(self._row, noted, NOBODY_KNOWS)
        except LedgerUnavailable as error:
            self._warn("change_not_noted", error)
            held = not self._lost
        return held and self.is_sure

    @property
    def is_sure(self) -> bool:
        """False: it may be somebody else's by now, since this process may have stood still."""
        return not self._lost and time.monotonic() - self._kept_at < self._cards.lease

    async def keep(self, every: float) -> None:
        """Renew the lease, each time after so many seconds, until it is lost."""
        while not self._lost:
            await asyncio.sleep(every)
            asked_at = time.monotonic()
            try:
                if await self._cards.renew(self._row):
                    self._kept_at = asked_at
                else:
                    self._lost = True
            except LedgerUnavailable as error:
                self._warn("lock_not_kept", error)
        log.warning("lock_lost", conversation=self._row.conversation_id)

    async def release(self) -> bool:
        """False: it was lost before."""
        try:
            return await self._cards.release(self._row, self.shown)
        except LedgerUnavailable as error:  # it ends by itself, when its lease is over
            self._warn("lock_not_released", error)
            return not self._lost

    def _warn(self, what: str, error: LedgerUnavailable) -> None:
        log.warning(what, conversation=self._row.conversation_id, error=str(error))


@dataclass(eq=False, repr=False)
class CardLocks:
    """Seconds; `keep_every` is well below the lease of `cards`.

    `due` and `tasks`: where cards follow Weav, to draw one anew.
    """

    _cards: CardRows
    keep_every: float
    wait_for: float = WAIT_FOR
    due: DueRows | None = None
    tasks: Tasks | None = None
    # Kept for as long as anybody holds one or waits for it.
    _here: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary, init=False
    )

    @asynccontextmanager
    async def of(self, conversation_id: str) -> AsyncIterator[HeldLock | None]:
        """Wait for it; None: others are at it for too long. Raise LedgerUnavailable."""
        deadline = asyncio.get_running_loop().time() + self.wait_for
        here = self._here.setdefault(conversation_id, asyncio.Lock())
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout_at(deadline):
                    await stack.enter_async_context(here)
            except TimeoutError:
                yield None
                return
            held = await self._take(conversation_id, deadline)
            if held:
                await stack.enter_async_context(self._kept(conversation_id, held))
            yield held

    async def _take(self, conversation_id: str, deadline: float) -> HeldLock | None:
        """Ask again while another replica has it."""
        while True:
            asked_at = time.monotonic()
            if row := await self._cards.acquire(conversation_id):
                return HeldLock(self._cards, row, asked_at)
            if asyncio.get_running_loop().time() > deadline:
                return None
            await asyncio.sleep(ASK_EVERY)

    @asynccontextmanager
    async def _kept(self, conversation_id: str, held: HeldLock) -> AsyncIterator[None]:
        keeping = asyncio.create_task(held.keep(self.keep_every))
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            if not await held.release() and self.due and self.tasks:
                self.tasks.spawn(self._draw_anew(conversation_id, self.due), name="draw_anew")

    async def _draw_anew(self, conversation_id: str, due: DueRows) -> None:
        """What was drawn after the turn was lost may stand over what is newer."""
        with logged_if_unavailable(log, "not_drawn_anew", conversation=conversation_id):
            if held := await self._take(conversation_id, math.inf):
                held.shown = NOBODY_KNOWS
                await held.release()
            await due.mark(conversation_id, Look.CARD, 0.0)
