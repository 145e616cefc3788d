"""A row that was written after all, when its author had been told that it was not."""

import asyncio
from typing import Final

from bot.desk.verdicts import verdict_of
from bot.ledger import Ledger, LedgerUnavailable, NewEntry

# Seconds between looks for it.
DISOWN_AFTER: Final = (0.5, 1.0, 2.0)
WRITTEN_LATE: Final = "The bot's database was too slow."


async def disown(ledger: Ledger, new: NewEntry, *, seen: bool) -> None:
    """Withdraw it: nothing was sent for it, and left alone it would be looked for in Weav.

    What the same form wrote at another time has another receipt, and what somebody took up has
    none: either may be begun. An author who has not `seen` the answer is told when the row's lease
    is over.
    """
    for pause in DISOWN_AFTER:
        await asyncio.sleep(pause)
        try:
            entry = await ledger.by_key(new.key)
            if entry is None or entry.receipt != new.receipt or verdict_of(entry) is not None:
                continue
            withdrawn = await ledger.expired(entry, WRITTEN_LATE)
            if withdrawn and seen:
                await ledger.told(withdrawn)
        except LedgerUnavailable:
            continue
