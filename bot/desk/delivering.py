"""The outcome of a row that was taken up reaches people, while others are taken up."""

import asyncio
from weakref import WeakValueDictionary

from bot.desk.announcing import Announcer, Spot
from bot.desk.answers import Answer, Queued, Verdict
from bot.desk.holding import Holding
from bot.desk.insisting import insist
from bot.desk.limits import Limits
from bot.desk.papers import Papers
from bot.desk.remembering import Rememberer
from bot.desk.sending import Settled
from bot.desk.stumbling import Stumbling
from bot.ledger import Entry, Ledger, State
from bot.logs import get_logger
from bot.tasks import Tasks
from bot.weav.outcomes import Opened

log = get_logger("weav_slack.delivering")


class Deliverer:
    def __init__(
        self,
        ledger: Ledger,
        announcer: Announcer,
        rememberer: Rememberer,
        stumbling: Stumbling,
        holding: Holding,
        tasks: Tasks,
        limits: Limits,
    ) -> None:
        self._ledger = ledger
        self._announcer = announcer
        self._rememberer = rememberer
        self._stumbling = stumbling
        self._holding = holding
        self._tasks = tasks
        self._limits = limits
        self._waiting = 0
        # Kept for as long as anybody is at it.
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def deliver(self, taken: Entry, settled: Settled) -> None:
        """Begin it; `taken` is the row as it was taken up."""
        if settled.entry is not None and not isinstance(settled.verdict, Queued):
            delivering = self._deliver(taken, settled.entry, settled.verdict)
            self._tasks.spawn(delivering, name="deliver")

    async def _deliver(self, taken: Entry, entry: Entry, verdict: Verdict) -> None:
        with self._holding(entry.id):
            if self._waiting >= self._limits.waiting:
                log.info("put_off", entry=entry.id)
                await insist(lambda: self._ledger.later(entry, self._limits.put_off), entry)
                return
            self._waiting += 1
            try:
                async with self._stumbling.over(entry):
                    await self._bring(taken, entry, verdict)
            finally:
                self._waiting -= 1

    async def _bring(self, taken: Entry, entry: Entry, verdict: Verdict) -> None:
        """The card, and a word to whoever may have seen none; one of a queue was told to go."""
        queued = taken.state is State.QUEUED
        papers = Papers.read(taken.form)
        if isinstance(verdict, Opened):
            async with self._turn(papers.place.slack_channel_id):
                await self._announcer.announce(entry, verdict.conversation, queued=queued)
            await self._rememberer.note_use(entry)
            if queued:
                return
        answer, spot = Answer(entry.id, verdict), Spot(taken.slack_user_id)
        if not queued:
            spot = Spot(taken.slack_user_id, view_id=taken.view_id)
        async with self._turn(taken.slack_user_id):
            said = await self._announcer.show(answer, papers.reopening, spot)
        if not isinstance(verdict, Opened):
            await self._announcer.note_told(entry, said)

    def _turn(self, place: str) -> asyncio.Semaphore:
        turn = self._turns.get(place)
        if turn is None:
            turn = self._turns[place] = asyncio.Semaphore(self._limits.at_one_place)
        return turn
