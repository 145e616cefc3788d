"""One change of a conversation at a time, whichever replica was clicked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.ledger import CardLock, CardRows, LedgerUnavailable
from bot.logs import get_logger

log = get_logger("weav_slack.lock")
# Seconds: a change takes as long as Weav needs to be read, written and read again.
WAIT_FOR = 30.0
ASK_EVERY = 0.1


class CardLocks:
    def __init__(self, cards: CardRows, keep_every: float, wait_for: float = WAIT_FOR) -> None:
        """Seconds; `keep_every` is well below the lease of `cards`."""
        self._cards = cards
        self._keep_every = keep_every
        self._wait_for = wait_for
        self._lost: set[str] = set()

    @asynccontextmanager
    async def of(self, conversation_id: str) -> AsyncIterator[CardLock | None]:
        """Wait for it; None: another one is at it for too long. Raise LedgerUnavailable."""
        turn = await self._wait(conversation_id)
        if turn is None:
            yield None
            return
        keeping = asyncio.create_task(self._keep(turn))
        try:
            yield turn
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            await self._end(turn)
            self._lost.discard(turn.owner)

    async def note(self, turn: CardLock, changes: list[dict[str, object]]) -> bool:
        """False: the turn is somebody else's now, as after a long standstill of this process.

        Without the database the line is on the card, and gone with the next one.
        """
        try:
            return await self._cards.note_changes(turn, changes)
        except LedgerUnavailable as error:
            log.warning("change_not_noted", conversation=turn.conversation_id, error=str(error))
            return turn.owner not in self._lost

    async def _wait(self, conversation_id: str) -> CardLock | None:
        deadline = asyncio.get_running_loop().time() + self._wait_for
        while True:
            turn = await self._cards.take_turn(conversation_id)
            if turn or asyncio.get_running_loop().time() > deadline:
                return turn
            await asyncio.sleep(ASK_EVERY)

    async def _keep(self, turn: CardLock) -> None:
        while True:
            await asyncio.sleep(self._keep_every)
            try:
                if not await self._cards.keep_turn(turn):
                    log.warning("turn_lost", conversation=turn.conversation_id)
                    self._lost.add(turn.owner)
                    return
            except LedgerUnavailable as error:
                log.warning("turn_not_kept", conversation=turn.conversation_id, error=str(error))

    async def _end(self, turn: CardLock) -> None:
        try:
            await self._cards.end_turn(turn)
        except LedgerUnavailable as error:  # it ends by itself, when its lease is over
            log.warning("turn_not_ended", conversation=turn.conversation_id, error=str(error))
