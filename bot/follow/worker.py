"""Takes the looks that are due, each on one replica, and retries later if Weav or Slack is down."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, assert_never

from bot.card.controls import is_uuid
from bot.follow.look_results import Again, GoneInSlack, LookResult, Settled, SlackAway, WeavAway
from bot.follow.pace import FollowPace
from bot.ledger import DueRow, Entry, Ledger, LedgerUnavailable, Look, State, logged_if_unavailable
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.retry import MISTAKES, NextTry, retry_until_written
from bot.slack.client import REJECTED
from bot.tasks import Tasks

log = get_logger("weav_slack.follow")
# On LedgerUnavailable the look is repeated when its lease is over.
LookAt: TypeAlias = Callable[[DueRow, Entry], Awaitable[LookResult]]
# Looks at once: Weav's rate limits are not documented.
AT_ONCE: Final = 10
# The ledger's name for the slots of refresh looks.
REFRESHES: Final = "refresh"


@dataclass(eq=False, repr=False)
class FollowWorker:
    _ledger: Ledger
    _looks: Mapping[Look, LookAt]
    _pace: FollowPace
    _tasks: Tasks
    _metrics: Metrics
    _running: dict[asyncio.Task[None], DueRow] = field(default_factory=dict, init=False)
    _cancelled: list[DueRow] = field(default_factory=list, init=False)
    _rest: float = field(default=0.0, init=False)
    _rests_until: float = field(default=0.0, init=False)

    async def sweep(self) -> None:
        """Start the looks that are due; while there are more than `AT_ONCE`, wait and go on."""
        with logged_if_unavailable(log, "looks_not_taken"):
            while not self._is_resting:
                room = self._room
                rows = await self._ledger.due.take(room) if room else []
                for row in rows:
                    self._start(row)
                if len(rows) < room:
                    return
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def refresh(self) -> None:
        """Start one refresh look, when its slot among all replicas comes."""
        with logged_if_unavailable(log, "looks_not_taken"):
            if self._is_resting or not self._room:
                return
            if not (rows := await self._ledger.due.take(1, refresh=True)):
                return
            await asyncio.sleep(await self._ledger.due.reserve(REFRESHES, self._pace.refresh_every))
            self._start(rows[0])

    async def renew(self) -> None:
        """Renew the leases of the looks that run here."""
        with logged_if_unavailable(log, "looks_not_renewed"):
            if self._running:
                await self._ledger.due.renew(self._running.values())

    async def release(self) -> None:
        """Give back at once the looks that this process did not finish."""
        with logged_if_unavailable(log, "looks_not_released"):
            if unfinished := [*self._cancelled, *self._running.values()]:
                await self._ledger.due.release(unfinished)

    def _start(self, row: DueRow) -> None:
        task = self._tasks.spawn(self._work(row), name="look")
        self._running[task] = row
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        row = self._running.pop(task)
        if task.cancelled():
            self._cancelled.append(row)  # `release` gives it back

    async def _work(self, row: DueRow) -> None:
        try:
            result = await self._look(row)
        except LedgerUnavailable as error:
            log.warning("not_looked", conversation=row.id, error=str(error))
            return  # repeated when its lease is over
        except Exception as error:  # noqa: BLE001 - any bug is logged, and the look retried
            self._tasks.failed("look", error)
            await self._retry_later(row, MISTAKES.after(row.tried_for))
            return
        await self._record(row, result)

    async def _look(self, row: DueRow) -> LookResult:
        entry = await self._ledger.by_conversation(row.conversation_id)
        if entry is None or not is_uuid(row.conversation_id):
            return Settled("unknown")
        if entry.state is State.OPENED:
            # Its card is still being posted, for up to a day. It gets a look of its own after that.
            later = self._pace.following.after(row.tried_for)
            return Again(later.pause, later.counted) if later else Settled("not_posted")
        return await self._looks[row.look](row, entry)

    async def _record(self, row: DueRow, result: LookResult) -> None:
        due = self._ledger.due
        match result:
            case Settled(outcome, memo, is_recorded):
                self._count(row, outcome)
                self._rest = 0.0
                if not is_recorded:
                    delay = self._pace.delay_of(row.look)
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
                await self._retry_later(row, next_try, failed.retry_after)
            case SlackAway(failed, memo):
                log.warning("slack_not_told", conversation=row.id, code=failed.code)
                self._count(row, "slack_away")
                rejected = failed.code in REJECTED
                if rejected:
                    self._rest_for(0.0)
                next_try = self._pace.following.after(row.tried_for, counts=not rejected)
                await self._retry_later(row, next_try, failed.retry_after, memo)
            case GoneInSlack(code):
                log.info("not_followed", conversation=row.id, code=code)
                self._count(row, "over")
                await retry_until_written(lambda: due.end_looks(row), row)
            case _:
                assert_never(result)

    async def _retry_later(
        self,
        row: DueRow,
        next_try: NextTry | None,
        retry_after: float | None = None,
        memo: Mapping[str, Any] | None = None,
    ) -> None:
        """Retry later, or give up until the next event if `next_try` is None."""
        if next_try is None:
            log.error("look_given_up", conversation=row.id)
            await self._record(row, Settled("given_up"))
            return
        pause = max(next_try.pause, retry_after or 0.0)
        await self._record(row, Again(pause, next_try.counted, memo=memo))

    @property
    def _room(self) -> int:
        """Not below 0: a refresh may start while a sweep takes the last free place."""
        return max(0, AT_ONCE - len(self._running))

    @property
    def _is_resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def _rest_for(self, seconds: float) -> None:
        """Stop all looks; failures during a rest do not lengthen the next one."""
        if not self._is_resting:
            self._rest = max(self._pace.rest, min(self._rest * 2, self._pace.longest_rest))
        until = time.monotonic() + max(self._rest, seconds)
        self._rests_until = max(self._rests_until, until)

    def _count(self, row: DueRow, outcome: str) -> None:
        self._metrics.looks.labels(row.look.value, outcome).inc()
