"""How often and for how long it is tried again what Slack does not take.

The time of trying is the sum of the pauses between attempts: it begins with the first that failed,
goes on after a restart and in another replica, and stands still while the bot is off.
"""

from dataclasses import dataclass
from typing import Final

from bot.desk.insisting import insist
from bot.ledger import Entry, Ledger
from bot.slack.client import REJECTED
from bot.slack.gateway import Failed

# Seconds of trying after which the bot gives up reaching Slack.
DAY: Final = 24 * 3600.0
# Seconds. Slack may carry out what it does not confirm, so each attempt may be one more message to
# the author: pauses as long as the trying so far, up to this, make about fifteen of them.
LONGEST_PAUSE: Final = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Again:
    """Seconds until the next attempt, and how many of them are counted as trying."""

    pause: float
    counted: float


def again(entry: Entry, failed: Failed, first: float, within: float = DAY) -> Again | None:
    """None: it was tried for long enough; `first` is the shortest pause.

    A rejected token says nothing of the row: that time is not counted, and is no end.
    """
    pause = min(max(first, entry.tried_for), LONGEST_PAUSE)
    if failed.code in REJECTED:
        return Again(pause, 0.0)
    return Again(pause, pause) if entry.tried_for <= within else None


async def put_off(ledger: Ledger, entry: Entry, next_one: Again, route: str = "") -> None:
    """Leave the row until the next attempt; `route`: where its card may have arrived already."""
    pause, counted = next_one.pause, next_one.counted
    await insist(lambda: ledger.later(entry, pause, route, counted=counted), entry)
