"""What is tried again: how long, how often, and what for.

The time of trying is the sum of the pauses between attempts: it begins with the first that failed,
goes on after a restart and in another replica, and stands still while the bot is off.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.ledger import Entry, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack.api import Failed
from bot.slack.client import REJECTED

log = get_logger("weav_slack.retry")
# Seconds, a minute in all: what is not written then can only be looked for in Weav.
WRITE_PAUSES = (0.2, 1.0, 3.0, *[5.0] * 11)


async def retry_until_written(
    write: Callable[[], Awaitable[Entry | None]], entry: Entry
) -> Entry | None:
    """Write it, trying again for a while.

    What stays unwritten gives the entry as it was: it is found again when its lease is over.
    """
    for pause in WRITE_PAUSES:
        try:
            return await write()
        except LedgerUnavailable:
            await asyncio.sleep(pause)
    try:
        return await write()
    except LedgerUnavailable as error:
        log.error("not_recorded", entry=entry.id, error=str(error))  # noqa: TRY400 - no bug
        return entry


# Seconds of trying after which the bot gives up reaching Slack.
DAY: Final = 24 * 3600.0
# Seconds. Slack may carry out what it does not confirm, so each attempt may be one more message to
# the author: pauses as long as the trying so far, up to this, make about fifteen of them.
LONGEST_SLACK_PAUSE: Final = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Again:
    """Seconds until the next attempt, and how many of them are counted as trying."""

    pause: float
    counted: float


def again(entry: Entry, failed: Failed, first: float, within: float = DAY) -> Again | None:
    """None: it was tried for long enough; `first` is the shortest pause.

    A rejected token says nothing of the row: that time is not counted, and is no end.
    """
    pause = min(max(first, entry.tried_for), LONGEST_SLACK_PAUSE)
    if failed.code in REJECTED:
        return Again(pause, 0.0)
    return Again(pause, pause) if entry.tried_for <= within else None


async def put_off(ledger: Ledger, entry: Entry, next_one: Again, route: str = "") -> None:
    """Leave the row until the next attempt; `route`: where its card may have arrived already."""
    pause, counted = next_one.pause, next_one.counted
    await retry_until_written(lambda: ledger.later(entry, pause, route, counted=counted), entry)
