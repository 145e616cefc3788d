"""What is due to be looked at, taken up by one replica each, and put off when others are away."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, assert_never

from bot.card.controls import is_uuid
from bot.follow.look_results import Again, LookResult, Over, Settled, SlackAway, WeavAway
from bot.follow.pace import FollowPace
from bot.ledger import DueRow, Entry, Ledger, LedgerUnavailable, Look, State, logged_if_unavailable
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.retry import MISTAKES, NextTry, retry_until_written
from bot.slack.client import REJECTED
from bot.tasks import Tasks

log = get_logger("weav_slack.follow")
# Raises LedgerUnavailable: nothing is known to be done, and it is looked at again.
TakeLook: TypeAlias = Callable[[DueRow, Entry], Awaitable[LookResult]]
# Looks at once: Weav's rate limits are not documented.
AT_ONCE: Final = 10
# The row of all looks that nobody has asked for, in the ledger.
REFRESHES: Final = "refresh"


@dataclass(eq=False, repr=False)
class FollowWorker:
    _ledger: Ledger
    _takes: Mapping[Look, TakeLook]
    _pace: FollowPace
    _tasks: Tasks
    _metrics: Metrics
    _running: dict[asyncio.Task[None], DueRow] = field(default_factory=dict, init=False)
    _cancelled: list[DueRow] = field(default_factory=list, init=False)
    _rest: float = field(default=0.0, init=False)
    _rests_until: float = field(default=0.0, init=False)

    async def sweep(self) -> None:
        """Take up what is due, for as long as there is more of it than can be done at once."""
        with logged_if_unavailable(log, "looks_not_taken"):
            while not self._is_resting and await self._take():
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def refresh(self) -> None:
        """Take one look of those that nobody has asked for, in its turn among all replicas'."""
        with logged_if_unavailable(log, "looks_not_taken"):
            if self._is_resting or not self._room:
                return
            if not (rows := await self._ledger.due.take(1, refresh=True)):
                return
            await asyncio.sleep(await self._ledger.due.reserve(REFRESHES, self._pace.refresh_every))
            self._start(rows[0])

    async def keep(self) -> None:
        """Lengthen the leases of what this process looks at."""
        with logged_if_unavailable(log, "looks_not_renewed"):
            if self._running:
                await self._ledger.due.renew(self._running.values())

    async def release(self) -> None:
        """Let others have at once what this process has not finished."""
        with logged_if_unavailable(log, "looks_not_released"):
            if left := [*self._cancelled, *self._running.values()]:
                await self._ledger.due.release(left)

    async def _take(self) -> bool:
        """False: there is no more of it."""
        room = self._room
        rows = await self._ledger.due.take(room) if room else []
        for row in rows:
            self._start(row)
        return len(rows) == room

    def _start(self, row: DueRow) -> None:
        task = self._tasks.spawn(self._work(row), name="look")
        self._running[task] = row
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        row = self._running.pop(task)
        if task.cancelled():
            self._cancelled.append(row)

    async def _work(self, row: DueRow) -> None:
        try:
            result = await self._look(row)
        except LedgerUnavailable as error:
            log.warning("not_looked", conversation=row.id, error=str(error))
            return  # taken up again when its lease is over
        except Exception as error:  # noqa: BLE001 - whatever it is, it is in the log
            self._tasks.failed("look", error)
            await self._later(row, MISTAKES.after(row.tried_for))
            return
        await self._record(row, result)

    async def _look(self, row: DueRow) -> LookResult:
        entry = await self._ledger.by_conversation(row.conversation_id)
        if entry is None or not is_uuid(row.conversation_id):
            return Settled("unknown")
        if entry.state is State.OPENED:
            # Its card is on the way, which Slack may not take for a day; then it is marked anew.
            later = self._pace.following.after(row.tried_for)
            return Again(later.pause, later.counted) if later else Settled("not_posted")
        return await self._takes[row.look](row, entry)

    async def _record(self, row: DueRow, result: LookResult) -> None:
        due = self._ledger.due
        match result:
            case Settled(outcome, memo, is_recorded):
                self._count(row, outcome)
                self._rest = 0.0
                if not is_recorded:
                    delay = self._pace.until(row.look)
                    await retry_until_written(lambda: due.finish(row, delay, memo), row)
            case Again(pause, counted, missing, memo):
                await retry_until_written(
                    lambda: due.put_off(
                        row,
                        pause,
                        counted=counted,
                        missing=missing or row.missing,
                        memo=memo,
                    ),
                    row,
                )
            case WeavAway(failed):
                log.warning("weav_not_read", conversation=row.id, reason=failed.reason)
                self._count(row, "weav_away")
                self._rest_for(failed.retry_after or 0.0)
                next_try = self._pace.following.after(row.tried_for)
                await self._later(row, next_try, failed.retry_after)
            case SlackAway(failed, memo):
                log.warning("slack_not_told", conversation=row.id, code=failed.code)
                self._count(row, "slack_away")
                rejected = failed.code in REJECTED
                if rejected:
                    self._rest_for(0.0)
                next_try = self._pace.following.after(row.tried_for, counts=not rejected)
                await self._later(row, next_try, failed.retry_after, memo)
            case Over(code):
                log.info("not_followed", conversation=row.id, code=code)
                self._count(row, "over")
                await retry_until_written(lambda: due.end_looks(row), row)
            case _:
                assert_never(result)

    async def _later(
        self,
        row: DueRow,
        next_try: NextTry | None,
        retry_after: float | None = None,
        memo: Mapping[str, Any] | None = None,
    ) -> None:
        """Put it off, or leave it to the next event once it was tried for long enough."""
        if next_try is None:
            log.error("look_given_up", conversation=row.id)
            await self._record(row, Settled("given_up"))
            return
        pause = max(next_try.pause, retry_after or 0.0)
        await self._record(row, Again(pause, next_try.counted, memo=memo))

    @property
    def _room(self) -> int:
        """A refresh may have begun while the last place was given away."""
        return max(0, AT_ONCE - len(self._running))

    @property
    def _is_resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def _rest_for(self, seconds: float) -> None:
        """Those that failed at the same time count as one."""
        if not self._is_resting:
            self._rest = max(self._pace.rest, min(self._rest * 2, self._pace.longest_rest))
        until = time.monotonic() + max(self._rest, seconds)
        self._rests_until = max(self._rests_until, until)

    def _count(self, row: DueRow, outcome: str) -> None:
        self._metrics.looks.labels(row.look.value, outcome).inc()
