"""Every retry of the bot: what it retries, how often, and for how long.

- A Slack call that was rate limited or did not connect, and an idempotent one whose connection was
  lost: `call_pauses`, or as long as Slack's Retry-After says, for the seconds of `*_WITHIN`.
- A direct message that may not have arrived: once, immediately, in `SlackApi.direct_message`.
- A card or a reply that Slack did not take by any route: `Backoff`, for a day.
- A row whose processing raises: `MISTAKES` for a day; then a message to its author, which is
  retried for another day (`FINAL_MESSAGE`).
- A POST to Weav that certainly did nothing: `queue_pause`, or as long as Weav's Retry-After says,
  for WEAV_RETRY_FOR seconds.
- The search for the conversation of a POST that may have arrived: `LOOKS`, three of them.
- A write while the database is away: `WRITE_PAUSES`, for a minute. The renewal of leases:
  `RENEW_AGAIN`, until the database is back. A row that may have been written late:
  `WITHDRAW_PAUSES`.
- A click on a message before the row says that it was sent: `EARLY_CLICK_PAUSES`.
- A look at a conversation with a card: `FOLLOWING`, or as long as Weav's Retry-After says. While
  Weav is away, all looks rest for `REST` to `LONGEST_REST`. If Weav does not have the conversation,
  or not yet the change it announced: `NOT_YET`. If its answer cannot be read: `UNREADABLE`.
- A home tab that another replica published at the same time: read and rendered again, three times
  in all. One that Slack did not take: with the next change, or in ten minutes.
- `views.open` after a lost connection: once, immediately, in `SlackApi.open_view`.

The bot itself never repeats a POST to Weav that may have arrived.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from bot.ledger import Entry, Ledger, LedgerUnavailable
from bot.logs import get_logger

log = get_logger("weav_slack.retry")

T = TypeVar("T")
R = TypeVar("R", bound="Row")
DAY: Final = 24 * 3600.0

# Seconds to retry a call to Slack. Posts have more, since Slack takes one a second in a channel.
VIEW_UPDATE_WITHIN: Final = 10.0
POST_WITHIN: Final = 120.0
MESSAGE_UPDATE_WITHIN: Final = 20.0
# Seconds, a minute in all. After that, the only way to find out is to look in Weav.
WRITE_PAUSES = (0.2, 1.0, 3.0, *[5.0] * 11)
RENEW_AGAIN: Final = 0.5  # seconds
# Seconds before each look for a row whose write was given up and may have succeeded late.
WITHDRAW_PAUSES: Final = (0.5, 1.0, 2.0)
# Seconds between looks at the ledger; together longer than a statement's timeout.
EARLY_CLICK_PAUSES: Final = (0.2, 0.8, 1.5)
# Seconds before each look: Weav's list may lag behind a create, and the author is waiting.
LOOKS: Final = (1.0, 5.0, 13.0)
# Seconds over which queued rows are sent once Weav answers again.
SPREAD: Final = 6.0
_FIRST_QUEUE_PAUSE: Final = 1.0
LONGEST_QUEUE_PAUSE: Final = 60.0


@dataclass(frozen=True, slots=True)
class NextTry:
    """Seconds until the next attempt, and how many of them count towards the time of trying."""

    pause: float
    counted: float


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses of `growth` times the time of trying so far. All in seconds.

    The time of trying is the sum of the pauses since the first failed attempt. It continues after a
    restart and in another replica, but not while the bot is off.

    The defaults are for a card or a reply. Slack may carry out a call without confirming it, so
    each attempt may send the author one more message: about fifteen in a day.
    """

    shortest: float = 15.0
    longest: float = 6 * 3600.0
    within: float = DAY
    growth: float = 1.0

    def after(self, tried_for: float, *, counts: bool = True) -> NextTry | None:
        """None: give up. Without `counts`, never give up, and do not count the pause."""
        pause = min(max(tried_for * self.growth, self.shortest), self.longest)
        if not counts:
            return NextTry(pause, 0.0)
        return NextTry(pause, pause) if tried_for <= self.within else None


MISTAKES: Final = Backoff(longest=3600.0, growth=0.5)
FINAL_MESSAGE: Final = Backoff(within=2 * DAY)

# Cards catch up even if Weav or Slack is away for days.
FOLLOWING: Final = Backoff(shortest=5.0, longest=600.0, within=14 * DAY)
NOT_YET: Final = Backoff(shortest=10.0, longest=30.0, within=60.0)
UNREADABLE: Final = Backoff(shortest=5.0, within=600.0)
REST: Final = 5.0  # seconds
LONGEST_REST: Final = 60.0


@dataclass(frozen=True, slots=True)
class RetryTimes:
    """Seconds. `retry_for`: how long to retry a queued row; 0: not at all.

    `weav_timeout`: when Weav's answer to one request counts as lost.
    """

    retry_for: float
    looks: tuple[float, ...] = LOOKS
    spread: float = SPREAD
    weav_timeout: float = 10.0


def call_pauses() -> Iterator[float]:
    """Yield the seconds between attempts at one call to Slack, endlessly."""
    pause = 0.5
    while True:
        yield pause
        pause = min(pause * 2, 8.0)


def queue_pause(attempt: int, retry_after: float | None, jitter: Callable[[], float]) -> float:
    """Seconds before try `attempt` + 1, doubling from 1 s to 60 s; `jitter` returns 0 to 1.

    Half of the pause is jitter, so that rows which failed together do not retry together. Weav's
    `Retry-After` is never shortened.
    """
    pause = min(_FIRST_QUEUE_PAUSE * 2.0 ** min(attempt - 1, 10), LONGEST_QUEUE_PAUSE)
    jittered = pause * (0.5 + 0.5 * jitter())
    if retry_after is None:
        return jittered
    return max(retry_after + jitter(), jittered)


def within_time(pause: float, age: float, retry_for: float) -> float | None:
    """Shorten the last pause to the end of `retry_for`; None when that time is over."""
    left = retry_for - age
    return min(pause, left) if left > 0 else None


class Row(Protocol):
    """A leased row of any table in the ledger."""

    @property
    def id(self) -> object: ...


async def retry_until_written(write: Callable[[], Awaitable[T]], row: R) -> T | R:
    """Run `write`, retrying while the database is away, and return its result.

    If it stays away, return the row as it was: the row is resumed when its lease is over.
    """
    for pause in WRITE_PAUSES:
        try:
            return await write()
        except LedgerUnavailable:
            await asyncio.sleep(pause)
    try:
        return await write()
    except LedgerUnavailable as error:
        log.error("not_recorded", row=row.id, error=str(error))  # noqa: TRY400 - no bug
        return row


async def put_off(ledger: Ledger, entry: Entry, next_try: NextTry, route: str = "") -> None:
    """Put the row off until the next attempt; `route`: where its card may already be."""
    pause, counted = next_try.pause, next_try.counted
    await retry_until_written(lambda: ledger.put_off(entry, pause, route, counted=counted), entry)
