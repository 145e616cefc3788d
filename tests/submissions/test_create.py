"""What each answer of Weav leads to, and what a stalled process must not do."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.card.post import Delivered
from bot.form.reply import Created, Creating, NotConfirmed
from bot.ledger import Entry, Ledger, NewEntry, State
from bot.retry import RetryTimes
from bot.sandbox.weav import WeavFault
from bot.submissions.create import ConversationCreator, PostCard, Unrecorded
from bot.submissions.reconcile import Result
from bot.tasks import Tasks
from bot.weav.models import Conversation
from tests.harness import CREATE, JANE
from tests.ledger.places import LEASE, SQLitePlace, due_in
from tests.weav.served import ServedWeav, served_weav

NEW = NewEntry(
    team_id="T1",
    slack_user_id="U1",
    view_id="V1",
    request={"channel": "email", "customer_id": JANE, "subject": "Export hangs"},
    form={},
)


async def send(
    sender: ConversationCreator, entry: Entry, post_card: PostCard | None = None
) -> Result:
    """Send the row, and record the answer, or look for the conversation if none came."""
    outcome = await sender.send(entry, post_card)
    assert outcome
    if isinstance(outcome, Result):
        return outcome
    if isinstance(outcome, Unrecorded):
        return Result(await sender.record(outcome), Created(outcome.conversation))
    return await sender.reconciler.look(outcome.entry, outcome.reason)


async def test_nothing_is_sent_after_the_lease_may_be_over(tmp_path: Path) -> None:
    async with (
        served_weav() as weav,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db", lease=15) as ledger,
    ):
        sender = ConversationCreator(ledger, weav.client, RetryTimes(retry_for=0), Tasks())
        entry = (await ledger.receive(NEW, sending=True)).entry

        late = await send(sender, replace(entry, asked_at=entry.asked_at - 15))

        assert (late.entry, late.reply) == (None, Creating())
        assert weav.sandbox.requests == []
        assert isinstance((await send(sender, entry)).reply, Created)


async def test_no_customer_is_created_after_the_lease_may_be_over(ledger: Ledger) -> None:
    async with served_weav() as weav:
        sender = ConversationCreator(ledger, weav.client, RetryTimes(retry_for=0), Tasks())
        new = replace(NEW, request={"channel": "email", "customer_email": "new@example.com"})
        entry = (await ledger.receive(new, sending=True)).entry

        late = await send(sender, replace(entry, asked_at=entry.asked_at - ledger.lease))

        assert (late.entry, late.reply) == (None, Creating())
        assert weav.sandbox.requests == []
        assert isinstance((await send(sender, entry)).reply, Created)


@dataclass
class Bench:
    """A ConversationCreator and its parts."""

    weav: ServedWeav
    ledger: Ledger
    place: SQLitePlace
    sender: ConversationCreator
    tasks: Tasks

    async def sending(self, view_id: str) -> Entry:
        return (await self.ledger.receive(replace(NEW, view_id=view_id), sending=True)).entry

    async def queue_for_a_minute(self) -> None:
        """Queue a row, as if Weav had been away for long."""
        self.weav.sandbox.fail(WeavFault(status=503, times=1, **CREATE))
        queued = (await send(self.sender, await self.sending("V0"))).entry
        assert queued
        assert queued.state is State.QUEUED
        await self.place.execute("UPDATE submissions SET due_at = due_at + 60")

    async def next_due(self) -> float:
        """Seconds until the queued row is sent."""
        await self.tasks.drain(5)
        return due_in((await self.ledger.latest("T1", "U1"))[-1])


@asynccontextmanager
async def bench(tmp_path: Path, retry_for: float = 900) -> AsyncIterator[Bench]:
    place, tasks = SQLitePlace(tmp_path / "ledger.db"), Tasks()
    async with served_weav() as weav, Ledger.open(place.url, statement_timeout=20) as ledger:
        retry_times = RetryTimes(retry_for, looks=(0.1,))
        yield Bench(
            weav, ledger, place, ConversationCreator(ledger, weav.client, retry_times, tasks), tasks
        )


@pytest.mark.parametrize(
    ("fault", "comes_forward"),
    [
        (WeavFault(), True),
        (WeavFault(status=422, **CREATE), True),
        (WeavFault(status=502, **CREATE), False),
        (WeavFault.lost_answer(**CREATE), False),
        (WeavFault(status=503, **CREATE), False),
    ],
    ids=["opened", "refused", "bad gateway", "no answer", "unavailable"],
)
async def test_the_queue_comes_forward_when_an_answer_shows_that_weav_is_back(
    tmp_path: Path, *, fault: WeavFault, comes_forward: bool
) -> None:
    async with bench(tmp_path) as at:
        await at.queue_for_a_minute()
        at.weav.sandbox.fail(fault)

        await send(at.sender, await at.sending("V1"))

        assert (await at.next_due() < 10) is comes_forward


async def test_a_card_does_not_wait_until_the_queue_comes_forward(tmp_path: Path) -> None:
    async with bench(tmp_path) as at:
        await at.queue_for_a_minute()
        entry, card = await at.sending("V1"), asyncio.Event()

        async def post_card(_: Entry, __: Conversation) -> Delivered:
            card.set()
            return Delivered("channel")

        with closing(sqlite3.connect(at.place.path, isolation_level=None)) as program:
            program.execute("BEGIN IMMEDIATE")  # blocks every write
            sending = asyncio.create_task(send(at.sender, entry, post_card))
            async with asyncio.timeout(5):
                await card.wait()
            program.execute("ROLLBACK")

        assert isinstance((await sending).reply, Created)


@pytest.mark.parametrize(
    ("fault", "retry_for"),
    [
        (WeavFault(status=422, **CREATE), 900),
        (WeavFault(status=503, **CREATE), 900),
        (WeavFault(status=503, **CREATE), 0),
        (WeavFault.lost_request(**CREATE), 900),
    ],
    ids=["refused", "queued", "given up", "not confirmed"],
)
async def test_a_worker_that_lost_the_row_tells_no_outcome(
    tmp_path: Path, fault: WeavFault, retry_for: float
) -> None:
    async with bench(tmp_path, retry_for) as at, at.place.open() as other:
        entry = await at.sending("V1")
        await at.place.pass_time(LEASE + 1)
        await other.take(1)
        at.weav.sandbox.fail(fault)

        assert await send(at.sender, entry) == Result(None, Creating())


async def test_a_conversation_that_the_row_already_claimed_is_found_again(tmp_path: Path) -> None:
    """The claim was written, but the database's answer was lost."""
    async with bench(tmp_path) as at:
        entry = await at.sending("V1")
        made = Conversation.read(await at.weav.opened(**(entry.request or {})))
        await at.ledger.claim(entry, made.id, {})

        result = await at.sender.reconciler.look(entry, "No answer came.")

        assert isinstance(result.reply, Created)
        assert result.entry
        assert result.entry.conversation_id == made.id


async def test_an_overdue_second_create_becomes_not_confirmed(tmp_path: Path) -> None:
    """The time starts again when the author asks for another create."""
    async with bench(tmp_path) as at, at.place.open() as ledger:
        entry = await at.sending("V1")
        await at.place.pass_time(30_000)
        [late] = await ledger.take(1)
        unsure = await ledger.unconfirmed(late, "No answer came.")
        assert unsure
        again = await ledger.create_again(entry.id, "U1")
        assert again
        sender = ConversationCreator(ledger, at.weav.client, RetryTimes(retry_for=900), at.tasks)

        assert await sender.give_up_if_overdue(again) is None
        await at.place.pass_time(30_000)
        [late] = await ledger.take(1)
        result = await sender.give_up_if_overdue(late)

        assert result
        assert isinstance(result.reply, NotConfirmed)
        assert result.entry
        assert result.entry.state is State.UNCONFIRMED
