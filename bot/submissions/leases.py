"""Which rows this process works on, so that their leases are renewed for just as long."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.ledger import Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.retry import RENEW_AGAIN

log = get_logger("weav_slack.leases")


class Leases:
    def __init__(self, ledger: Ledger, every: float) -> None:
        """`every`: seconds between renewals, well below the ledger's lease."""
        self._ledger = ledger
        self.every = every
        self._held: Counter[int] = Counter()

    @contextmanager
    def __call__(self, entry_id: int) -> Iterator[None]:
        self._held[entry_id] += 1
        try:
            yield
        finally:
            self._held[entry_id] -= 1
            if not self._held[entry_id]:
                del self._held[entry_id]

    async def renew(self) -> None:
        """Renew also what is overdue, unless another replica took it. Raise LedgerUnavailable."""
        if self._held:
            await self._ledger.renew(list(self._held))

    async def keep(self) -> None:
        """Renew once, trying again until it is done or nothing is held any more."""
        while True:
            try:
                return await self.renew()
            except LedgerUnavailable as error:
                log.warning("leases_not_renewed", error=str(error))
            await asyncio.sleep(RENEW_AGAIN)
