"""One row at a time, from where it stands to its end: at once, after a crash, or when it is due."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import assert_never
from weakref import WeakValueDictionary

from bot.card.post import CardPoster
from bot.form.reply import Created, Creating, Queued, Reply, reply_of
from bot.form.values import FilledForm
from bot.ledger import Entry, Ledger, LedgerUnavailable, NewEntry, State, logged_if_unavailable
from bot.logs import get_logger
from bot.retry import RENEW_AGAIN, retry_until_written
from bot.submissions.announcer import Announcer, ReplyTarget
from bot.submissions.create import ConversationCreator, Unanswered, Unrecorded
from bot.submissions.failures import FailureHandler
from bot.submissions.reconcile import Result
from bot.tasks import Tasks

log = get_logger("weav_slack.worker")
# Weav's rate limits are not documented: no more requests than this at once.
AT_ONCE = 100
# Seconds between looks at a row that another replica works on, and how long it is watched.
WATCH_EVERY = 0.2
WATCH_FOR = 120.0
RESTARTED = "The bot was stopped before it had Weav's answer."
STILL_UNKNOWN = "The bot looked again and did not find it for certain."


@dataclass(frozen=True, slots=True)
class Limits:
    sweep_every: float = 1.0  # seconds
    taken_up: int = 50  # rows
    # For one channel or person at once: Slack takes about one message a second there, and what it
    # has not taken after two minutes goes another way.
    at_one_place: int = 10
    # Rows waiting for Slack; the ledger keeps the others for so many seconds.
    waiting: int = 1000
    put_off: float = 15.0


class Leases:
    """Which rows this process works on, so that their leases are renewed for just as long."""

    def __init__(self, ledger: Ledger, every: float) -> None:
        """`every`: seconds between renewals, well below the ledger's lease."""
        self._ledger = ledger
        self.every = every
        self._held: Counter[int] = Counter()

    @contextmanager
    def __call__(self, entry_id: int) -> Iterator[None]:
        self._held[entry_id] += 1
        try:
            yield
        finally:
            self._held[entry_id] -= 1
            if not self._held[entry_id]:
                del self._held[entry_id]

    async def renew(self) -> None:
        """Renew also what is overdue, unless another replica took it. Raise LedgerUnavailable."""
        if self._held:
            await self._ledger.renew(list(self._held))

    async def keep(self) -> None:
        """Renew once, trying again until it is done or nothing is held any more."""
        while True:
            with logged_if_unavailable(log, "leases_not_renewed"):
                return await self.renew()
            await asyncio.sleep(RENEW_AGAIN)


@dataclass(eq=False, repr=False)
class Deliverer:
    _ledger: Ledger
    _announcer: Announcer
    _failures: FailureHandler
    _leases: Leases
    _tasks: Tasks
    _limits: Limits
    _waiting: int = field(default=0, init=False)
    # Kept for as long as anybody is at it.
    _at_place: WeakValueDictionary[str, asyncio.Semaphore] = field(
        default_factory=WeakValueDictionary, init=False
    )

    def deliver(self, taken: Entry, result: Result) -> None:
        """Begin it; `taken` is the row as it was taken up."""
        if result.entry is not None and not isinstance(result.reply, Queued):
            delivering = self._deliver(taken, result.entry, result.reply)
            self._tasks.spawn(delivering, name="deliver")

    async def _deliver(self, taken: Entry, entry: Entry, reply: Reply) -> None:
        with self._leases(entry.id):
            if self._waiting >= self._limits.waiting:
                log.info("put_off", entry=entry.id)
                await retry_until_written(
                    lambda: self._ledger.later(entry, self._limits.put_off), entry
                )
                return
            self._waiting += 1
            try:
                async with self._failures.put_off_on_error(entry):
                    await self._show(taken, entry, reply)
            finally:
                self._waiting -= 1

    async def _show(self, taken: Entry, entry: Entry, reply: Reply) -> None:
        """The card, and a word to whoever may have seen none; one of a queue was told to go."""
        queued = taken.state is State.QUEUED
        form = FilledForm.load(taken.form).replacing(taken.id)
        if isinstance(reply, Created):
            async with self._place_in(form.place.slack_channel_id):
                if not await self._announcer.announce(entry, reply.conversation, queued=queued):
                    return
            if queued:
                return
        target = ReplyTarget(taken.slack_user_id, view_id="" if queued else taken.view_id)
        async with self._place_in(taken.slack_user_id):
            said = await self._announcer.show(reply, form, target)
        if not isinstance(reply, Created):
            await self._announcer.note_told(entry, said)

    def _place_in(self, place: str) -> asyncio.Semaphore:
        places = self._at_place.get(place)
        if places is None:
            places = self._at_place[place] = asyncio.Semaphore(self._limits.at_one_place)
        return places


@dataclass(frozen=True, slots=True)
class Begun:
    """`work` ends with the outcome, recorded but for Weav's answer that it is open.

    That is recorded, and the card is on its way, beside.
    """

    entry_id: int
    work: asyncio.Task[Result]


@dataclass(eq=False, repr=False)
class Worker:
    _ledger: Ledger
    _creator: ConversationCreator
    _cards: CardPoster
    _announcer: Announcer
    _deliverer: Deliverer
    _failures: FailureHandler
    _leases: Leases
    _tasks: Tasks
    _works: dict[int, asyncio.Task[Result]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def begin(self, new: NewEntry) -> Begun:
        """Write it down and start, or join what the same submission started before.

        Raise LedgerUnavailable: nothing was begun.
        """
        slot = await self._slot_if_free()
        try:
            received = await self._ledger.receive(new, sending=slot)
            if received.new:
                work = self.start(received.entry, slot=slot)
                slot = False  # it is the work's now
                return Begun(received.entry.id, work)
        finally:
            if slot:
                self._slots.release()
        return Begun(received.entry.id, self._join(received.entry))

    def start(self, entry: Entry, *, slot: bool) -> asyncio.Task[Result]:
        """`slot`: the caller has one of the `AT_ONCE`, and hands it over."""
        work = self._tasks.spawn(self._create(entry, slot=slot), name="create")
        self._works[entry.id] = work
        return work

    async def resume(self, entry: Entry) -> None:
        """Carry on with a row whose worker is gone, or that is due.

        This ends when its outcome is recorded, and leaves what Slack takes time for to a task.
        """
        log.info("resumed", entry=entry.id, state=entry.state.value)
        with self._leases(entry.id):
            async with self._failures.put_off_on_error(entry):
                self._deliverer.deliver(entry, await self._finish(entry))

    async def look_again(self, entry: Entry) -> Result:
        """One look at the author's word, for a row that `Ledger.look` gave us."""
        with self._leases(entry.id):
            result = await self._creator.reconciler.look(entry, STILL_UNKNOWN, looks=(0.0,))
        self._tasks.spawn(self._announce(result), name="announce")
        return result

    async def _create(self, entry: Entry, *, slot: bool) -> Result:
        with ExitStack() as held:
            held.callback(self._works.pop, entry.id, None)
            held.enter_context(self._leases(entry.id))
            if not slot:
                await self._slots.acquire()
            try:
                sent = await self._creator.send(entry, self._cards.post)
            finally:
                self._slots.release()
            match sent:
                case None:
                    result = await self._watch(entry)
                case Unrecorded():
                    # Slack waits for the disk no more than the card does.
                    self._tasks.spawn(self._record(sent, held.pop_all()), name="record")
                    return Result(sent.entry, Created(sent.conversation))
                case Unanswered(as_sent, reason):
                    result = await self._creator.reconciler.look(as_sent, reason)
                case Result():
                    result = sent
                case _:
                    assert_never(sent)
        self._tasks.spawn(self._announce(result), name="announce")
        return result

    async def _announce(self, result: Result) -> None:
        if result.entry is not None and isinstance(result.reply, Created):
            with self._leases(result.entry.id):
                await self._announcer.announce(result.entry, result.reply.conversation)

    async def _record(self, unrecorded: Unrecorded, held: ExitStack) -> None:
        """`held`: until then the row is worked on here."""
        conversation, posting = unrecorded.conversation, unrecorded.posting
        with held:
            if recorded := await self._creator.record(unrecorded):
                await self._announcer.announce(recorded, conversation, posting=posting)

    async def _finish(self, entry: Entry) -> Result:
        if entry.state is State.SENDING and not entry.new_customer:
            return await self._creator.reconciler.look_now(entry, entry.reason or RESTARTED)
        reply = reply_of(entry)
        if reply is None or isinstance(reply, Queued):
            return await self._creator.not_in_time(entry) or await self._send_due(entry)
        return Result(entry, reply)

    async def _send_due(self, entry: Entry) -> Result:
        """Nobody waits for its outcome here, so it neither sleeps nor watches another replica."""
        async with self._slots:
            sent = await self._creator.send(entry)
        match sent:
            case None:
                return Result(None, Creating())
            case Unrecorded():
                return Result(await self._creator.record(sent), Created(sent.conversation))
            case Unanswered(as_sent, reason):
                return await self._creator.reconciler.look_later(as_sent, reason)
            case Result():
                return sent
            case _:
                assert_never(sent)

    def _join(self, entry: Entry) -> asyncio.Task[Result]:
        running = self._works.get(entry.id)
        return running or self._tasks.spawn(self._watch(entry), name="watch")

    async def _watch(self, entry: Entry) -> Result:
        """Wait for what another replica, or a takeover, makes of it."""
        deadline = asyncio.get_running_loop().time() + WATCH_FOR
        reply = reply_of(entry)
        while reply is None and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(WATCH_EVERY)
            try:
                current = await self._ledger.get(entry.id)
            except LedgerUnavailable:
                continue
            reply = reply_of(current) if current else None
        return Result(None, reply or Creating())

    async def _slot_if_free(self) -> bool:
        return not self._slots.locked() and await self._slots.acquire()
