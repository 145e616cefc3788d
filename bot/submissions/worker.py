"""Carries one row to its end from any state: at once, after a crash, or when it is due."""

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
# Seconds between polls of a row that another replica works on, and how long to poll it.
WATCH_EVERY = 0.2
WATCH_FOR = 120.0
RESTARTED = "The bot was stopped before it had Weav's answer."
STILL_UNKNOWN = "The bot looked again and did not find it for certain."


@dataclass(frozen=True, slots=True)
class Limits:
    sweep_every: float = 1.0  # seconds
    resumed_at_once: int = 50  # rows
    # Messages to one channel or person at once. Slack takes about one a second there, and after two
    # minutes the bot gives up and uses another route.
    per_recipient: int = 10
    # Rows that wait for Slack in this process. Further rows go back to the ledger for `put_off_for`
    # seconds.
    waiting_for_slack: int = 1000
    put_off_for: float = 15.0


class Leases:
    """The rows that this process works on; their leases are renewed while it does."""

    def __init__(self, ledger: Ledger, renew_every: float) -> None:
        """`renew_every`: seconds between renewals, well below the ledger's lease."""
        self._ledger = ledger
        self.renew_every = renew_every
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
        """Renew all, also overdue leases unless another replica took them.

        Raise LedgerUnavailable.
        """
        if self._held:
            await self._ledger.renew(list(self._held))

    async def renew_with_retries(self) -> None:
        """Renew once; retry until that succeeds or this process holds no row."""
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
    # Each is kept while somebody uses it.
    _semaphores: WeakValueDictionary[str, asyncio.Semaphore] = field(
        default_factory=WeakValueDictionary, init=False
    )

    def deliver(self, taken: Entry, result: Result) -> None:
        """Start a task that shows the result; `taken` is the row as it was when it was resumed."""
        if result.entry is not None and not isinstance(result.reply, Queued):
            delivering = self._deliver(taken, result.entry, result.reply)
            self._tasks.spawn(delivering, name="deliver")

    async def _deliver(self, taken: Entry, entry: Entry, reply: Reply) -> None:
        with self._leases(entry.id):
            if self._waiting >= self._limits.waiting_for_slack:
                log.info("put_off", entry=entry.id)
                await retry_until_written(
                    lambda: self._ledger.put_off(entry, self._limits.put_off_for), entry
                )
                return
            self._waiting += 1
            try:
                async with self._failures.put_off_on_error(entry):
                    await self._show(taken, entry, reply)
            finally:
                self._waiting -= 1

    async def _show(self, taken: Entry, entry: Entry, reply: Reply) -> None:
        """Post the card, and tell the author too, who may not see the card.

        The author of a queued row already knows that the card will come.
        """
        queued = taken.state is State.QUEUED
        form = FilledForm.load(taken.form).replacing(taken.id)
        if isinstance(reply, Created):
            async with self._semaphore_of(form.place.slack_channel_id):
                if not await self._announcer.announce(entry, reply.conversation, queued=queued):
                    return
            if queued:
                return
        target = ReplyTarget(taken.slack_user_id, view_id="" if queued else taken.view_id)
        async with self._semaphore_of(taken.slack_user_id):
            shown = await self._announcer.show(reply, form, target)
        if not isinstance(reply, Created):
            await self._announcer.note_told(entry, shown)

    def _semaphore_of(self, recipient: str) -> asyncio.Semaphore:
        new = asyncio.Semaphore(self._limits.per_recipient)
        return self._semaphores.setdefault(recipient, new)


@dataclass(frozen=True, slots=True)
class Begun:
    """`work` ends with the outcome, which is recorded by then unless Weav opened the conversation.

    Another task then records that, and the card is posted meanwhile.
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
    _running: dict[int, asyncio.Task[Result]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def begin(self, new: NewEntry) -> Begun:
        """Write the row and start work, or join the work that the same submission started before.

        Raise LedgerUnavailable: no work was started.
        """
        slot = not self._slots.locked() and await self._slots.acquire()
        try:
            received = await self._ledger.receive(new, sending=slot)
            entry = received.entry
            if received.new:
                work = self.start(entry, slot=slot)
                slot = False  # the task releases it
            elif entry.id in self._running:
                work = self._running[entry.id]
            else:
                work = self._tasks.spawn(self._watch(entry), name="watch")
        finally:
            if slot:
                self._slots.release()
        return Begun(entry.id, work)

    def start(self, entry: Entry, *, slot: bool) -> asyncio.Task[Result]:
        """`slot`: the caller has acquired one of the `AT_ONCE` slots and hands it over."""
        work = self._tasks.spawn(self._create(entry, slot=slot), name="create")
        self._running[entry.id] = work
        return work

    async def resume(self, entry: Entry) -> None:
        """Continue a row that is due or whose worker died.

        Return when its outcome is recorded; a task then tells Slack.
        """
        log.info("resumed", entry=entry.id, state=entry.state.value)
        with self._leases(entry.id):
            async with self._failures.put_off_on_error(entry):
                self._deliverer.deliver(entry, await self._finish(entry))

    async def look_again(self, entry: Entry) -> Result:
        """Look once because the author asked; the row comes from `Ledger.look_again`."""
        with self._leases(entry.id):
            result = await self._creator.reconciler.look(entry, STILL_UNKNOWN, looks=(0.0,))
        self._tasks.spawn(self._announce(result), name="announce")
        return result

    async def _create(self, entry: Entry, *, slot: bool) -> Result:
        with ExitStack() as held:
            held.callback(self._running.pop, entry.id, None)
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
                    # Neither Slack's answer nor the card waits for the disk.
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
        """`held` is closed at the end: it holds the row's lease."""
        conversation, posting = unrecorded.conversation, unrecorded.posting
        with held:
            if recorded := await self._creator.record(unrecorded):
                await self._announcer.announce(recorded, conversation, posting=posting)

    async def _finish(self, entry: Entry) -> Result:
        if entry.state is State.SENDING and not entry.new_customer:
            return await self._creator.reconciler.look_now(entry, entry.reason or RESTARTED)
        reply = reply_of(entry)
        if reply is None or isinstance(reply, Queued):
            return await self._creator.give_up_if_overdue(entry) or await self._send_due(entry)
        return Result(entry, reply)

    async def _send_due(self, entry: Entry) -> Result:
        """Send without sleeping or watching another replica, since nobody waits for the outcome."""
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

    async def _watch(self, entry: Entry) -> Result:
        """Poll the row until its other worker has an outcome."""
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
