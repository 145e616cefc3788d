"""Every retry of the bot: what is tried again, how often, and for how long.

- A call that did not reach Slack, or came too often, and one that may be made twice whose answer
  was cut off: `call_pauses`, or as long as Slack's Retry-After says, for the seconds of `*_WITHIN`.
- A direct message that may not have arrived: once and at once, `SlackApi.message`.
- A card or an answer that Slack took nowhere: `RetryTimes.delivery`, for a day.
- A row that the bot makes a mistake with: `MISTAKES` for a day, then its author is told, for which
  Slack has another day (`LAST_WORD`).
- A POST to Weav that certainly did nothing: `queue_pause`, or as long as Weav's Retry-After says,
  for WEAV_RETRY_FOR seconds.
- The search for one that may have arrived: `LOOKS`, three of them.
- What is known while the database is away: `WRITE_PAUSES`, a minute; leases, `RENEW_AGAIN`, until
  it is back; a row that may have been written late, `WITHDRAW_PAUSES`.
- A click that comes before the row says what it is about: `NOTED_PAUSES`.
- A look at a conversation with a card: `FOLLOWING`, or as long as Weav's Retry-After says, and no
  others for `REST` to `LONGEST_REST` while Weav takes none; one that Weav does not have, or not yet
  as it told: `NOT_YET`; one whose answer cannot be read: `UNREADABLE`.
- A home tab that another replica has published at the same time: read and drawn again, three times
  in all; one that Slack did not take: with the next change, or in ten minutes.
- `views.open` after a lost connection, once and at once: `SlackApi.open_view`.

A POST to Weav that may have been received is never repeated by the program itself.
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

# Seconds for calls to Slack: a burst of posts waits its turn, one a second and channel.
VIEW_UPDATE_WITHIN: Final = 10.0
POST_WITHIN: Final = 120.0
MESSAGE_UPDATE_WITHIN: Final = 20.0
# Seconds, a minute in all: what is not written then can only be looked for in Weav.
WRITE_PAUSES = (0.2, 1.0, 3.0, *[5.0] * 11)
RENEW_AGAIN: Final = 0.5  # seconds
# Seconds between looks at the ledger for what was given up and may have been written late.
WITHDRAW_PAUSES: Final = (0.5, 1.0, 2.0)
# Seconds between looks at the ledger; together longer than one statement of it may take.
NOTED_PAUSES: Final = (0.2, 0.8, 1.5)
# Seconds between looks: Weav's list may lag behind its create, and the author waits for an answer.
LOOKS: Final = (1.0, 5.0, 13.0)
# Seconds over which queued conversations come back once Weav answers again.
SPREAD: Final = 6.0
_FIRST_QUEUE_PAUSE: Final = 1.0
LONGEST_QUEUE_PAUSE: Final = 60.0


@dataclass(frozen=True, slots=True)
class NextTry:
    """Seconds until the next attempt, and how many of them are counted as trying."""

    pause: float
    counted: float


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that grow with the time of trying: `growth` times as long as it. Seconds.

    The time of trying is the sum of the pauses between attempts: it begins with the first that
    failed, goes on after a restart and in another replica, and stands still while the bot is off.
    """

    shortest: float = 15.0
    longest: float = 6 * 3600.0
    within: float = DAY
    growth: float = 1.0

    def after(self, tried_for: float, *, counts: bool = True) -> NextTry | None:
        """None: it was tried for long enough. A failure that does not count is no end either."""
        pause = min(max(tried_for * self.growth, self.shortest), self.longest)
        if not counts:
            return NextTry(pause, 0.0)
        return NextTry(pause, pause) if tried_for <= self.within else None


# Slack may carry out what it does not confirm, so each attempt may be one more message to the
# author: pauses as long as the trying so far make about fifteen of them.
DELIVERY: Final = Backoff()
MISTAKES: Final = Backoff(longest=3600.0, growth=0.5)
LAST_WORD: Final = Backoff(within=2 * DAY)

# A change is shown at last, however long Weav or Slack are away.
FOLLOWING: Final = Backoff(shortest=5.0, longest=600.0, within=14 * DAY)
NOT_YET: Final = Backoff(shortest=10.0, longest=30.0, within=60.0)
UNREADABLE: Final = Backoff(shortest=5.0, within=600.0)
REST: Final = 5.0  # seconds
LONGEST_REST: Final = 60.0


@dataclass(frozen=True, slots=True)
class RetryTimes:
    """Seconds. `retry_for`: how long a queued conversation is tried; 0: not at all.

    `delivery`: when Slack takes neither card nor message. `weav_timeout`: until Weav's answer to
    one request counts as lost.
    """

    retry_for: float
    delivery: Backoff = DELIVERY
    looks: tuple[float, ...] = LOOKS
    spread: float = SPREAD
    weav_timeout: float = 10.0


def call_pauses() -> Iterator[float]:
    """Seconds between attempts at one call to Slack, without end."""
    pause = 0.5
    while True:
        yield pause
        pause = min(pause * 2, 8.0)


def queue_pause(attempt: int, retry_after: float | None, jitter: Callable[[], float]) -> float:
    """Seconds to wait before try `attempt` + 1, doubling from 1 s to 60 s; `jitter` gives 0 to 1.

    Half of the pause is jitter, so that what failed together does not come back together. A longer
    `Retry-After` of Weav's stands, and is only ever lengthened.
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
    """Something of the ledger's that is leased."""

    @property
    def id(self) -> object: ...


async def retry_until_written(write: Callable[[], Awaitable[T]], row: R) -> T | R:
    """Write what is known, also to a database that is away for a moment.

    What stays unwritten gives the row as it was: it is found again when its lease is over.
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
    """Leave the row until the next attempt; `route`: where its card may have arrived already."""
    pause, counted = next_try.pause, next_try.counted
    await retry_until_written(lambda: ledger.put_off(entry, pause, route, counted=counted), entry)
