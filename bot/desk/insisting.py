"""What is known must be written down, also by a database that is away for a moment."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.ledger import Entry, LedgerUnavailable
from bot.logs import get_logger

log = get_logger("weav_slack.insisting")

# Seconds, a minute in all: what is not written then can only be looked for in Weav.
PAUSES = (0.2, 1.0, 3.0, *[5.0] * 11)


async def insist(write: Callable[[], Awaitable[Entry | None]], entry: Entry) -> Entry | None:
    """Write it, trying again for a while.

    What stays unwritten gives the entry as it was: it is found again when its lease is over.
    """
    for pause in PAUSES:
        try:
            return await write()
        except LedgerUnavailable:
            await asyncio.sleep(pause)
    try:
        return await write()
    except LedgerUnavailable as error:
        log.error("not_recorded", entry=entry.id, error=str(error))  # noqa: TRY400 - no bug
        return entry
