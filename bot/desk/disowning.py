"""A row that was written after all, when its author had been told that it was not."""

import asyncio
from typing import Final

from bot.desk.holding import Holding
from bot.desk.verdicts import verdict_of
from bot.ledger import Ledger, LedgerUnavailable, NewEntry

# Seconds between looks for it.
DISOWN_AFTER: Final = (0.5, 1.0, 2.0)
WRITTEN_LATE: Final = "The bot's database was too slow."


async def disown(ledger: Ledger, holding: Holding, new: NewEntry, *, seen: bool) -> None:
    """Withdraw it: nothing was sent for it, and left alone it would be looked for in Weav.

    An author who has not `seen` the answer is told when the row's lease is over.
    """
    for pause in DISOWN_AFTER:
        await asyncio.sleep(pause)
        try:
            entry = await ledger.by_key(new.key)
            unsent = entry and entry.owner == ledger.owner and verdict_of(entry) is None
            if entry is None or not unsent or entry.id in holding:
                continue
            withdrawn = await ledger.expired(entry, WRITTEN_LATE)
            if withdrawn and seen:
                await ledger.told(withdrawn)
        except LedgerUnavailable:
            continue
