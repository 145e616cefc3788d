"""Rows after a crash: looked for in the time that is left, without holding up others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import bot.submissions.worker
from bot.form.reply import Created, Creating, NotConfirmed
from bot.ledger import Entry, Ledger, State
from bot.retry import RetryTimes
from bot.sandbox.weav import WeavFault
from bot.submissions.create import ConversationCreator
from bot.submissions.worker import RESTARTED, Limits
from bot.tasks import Tasks
from tests.harness import CREATE, LIST, QUICK, open_harness, public, text_on
from tests.ledger.places import LEASE, SQLitePlace, due_in
from tests.submissions.test_create import NEW
from tests.weav.served import ServedWeav, served_weav

# The default looks are due 1, 6 and 19 s after the request.
TIME_OF_LOOKS = 19.0

ANNS = replace(
    NEW,
    team_id="T0SANDBOX",
    slack_user_id="U0ANN",
    form={"values": {"post_to": "C0SUPPORT", "subject": "Export hangs"}},
)


async def opened_for_ann(ledger: Ledger, number: int) -> None:
    """A row as a crash before its card leaves it."""
    entry = (await ledger.receive(replace(ANNS, view_id=f"V{number}"), sending=True)).entry
    await ledger.opened(entry, f"conv-{number}", {"id": f"conv-{number}"})


@dataclass
class AfterCrash:
    """What a crash left, and a ConversationCreator that resumes it."""

    weav: ServedWeav
    ledger: Ledger
    place: SQLitePlace
    sender: ConversationCreator

    async def interrupted(self) -> Entry:
        return (await self.ledger.receive(NEW, sending=True)).entry

    async def taken(self, seconds: float) -> Entry:
        await self.place.pass_time(seconds)
        [entry] = await self.ledger.take(10)
        return entry

    async def due_in(self) -> float:
        [entry] = await self.ledger.latest(NEW.team_id, NEW.slack_user_id)
        return due_in(entry)

    @property
    def list_requests(self) -> int:
        return sum(request.method == "GET" for request in self.weav.sandbox.requests)


@asynccontextmanager
async def after_crash(tmp_path: Path) -> AsyncIterator[AfterCrash]:
    place = SQLitePlace(tmp_path / "ledger.db")
    async with served_weav() as weav, place.open() as ledger:
        sender = ConversationCreator(ledger, weav.client, RetryTimes(retry_for=900), Tasks())
        yield AfterCrash(weav, ledger, place, sender)


async def test_an_old_request_is_looked_for_once(tmp_path: Path) -> None:
    async with after_crash(tmp_path) as after:
        await after.interrupted()
        entry = await after.taken(TIME_OF_LOOKS + 1)

        result = await after.sender.reconciler.look_now(entry, RESTARTED)

        assert result.reply == NotConfirmed(RESTARTED, entry.id)
        assert after.list_requests == 1


async def test_a_recent_request_is_looked_for_in_the_time_that_is_left(tmp_path: Path) -> None:
    async with after_crash(tmp_path) as after:
        await after.interrupted()
        entry = await after.taken(LEASE + 1)

        result = await after.sender.reconciler.look_now(entry, "No answer came.")

        assert (result.entry, result.reply) == (None, Creating())
        left = await after.due_in()
        assert left == pytest.approx(TIME_OF_LOOKS - LEASE - 1, abs=1)
        last = await after.taken(left + 0.01)
        assert (last.state, last.reason) == (State.SENDING, "No answer came.")
        made = await after.weav.opened(**(entry.request or {}))
        found = await after.sender.reconciler.look_now(last, last.reason or "")
        assert isinstance(found.reply, Created)
        assert found.reply.conversation.id == made["id"]
        assert after.list_requests == 2


async def test_a_conversation_that_the_author_opened_later_by_hand_is_not_ours(
    tmp_path: Path,
) -> None:
    async with after_crash(tmp_path) as after:
        await after.interrupted()
        await after.place.execute(
            "UPDATE submissions SET created_at = created_at - 300, sent_at = sent_at - 300"
        )
        await after.weav.opened(**NEW.request)

        result = await after.sender.reconciler.look_now(await after.taken(LEASE + 1), RESTARTED)

        assert result.reply == NotConfirmed(RESTARTED, 1)


async def test_a_row_from_a_backup_matches_any_later_conversation(tmp_path: Path) -> None:
    async with after_crash(tmp_path) as after:
        await after.interrupted()
        await after.place.execute(
            "UPDATE submissions SET created_at = created_at - 30000, sent_at = NULL"
        )
        await after.weav.opened(**NEW.request)

        result = await after.sender.reconciler.look_now(await after.taken(LEASE + 1), RESTARTED)

        assert isinstance(result.reply, Created)


async def test_a_failed_look_does_not_count(tmp_path: Path) -> None:
    """As when the machine has just started and its network has not."""
    async with after_crash(tmp_path) as after:
        away = after.weav.sandbox.fail(WeavFault(status=503, **LIST))
        entry = await after.interrupted()
        made = await after.weav.opened(**(entry.request or {}))
        pauses = []
        seconds = 300.0
        for _ in range(3):
            taken = await after.taken(seconds)
            assert (await after.sender.reconciler.look_now(taken, RESTARTED)).reply == Creating()
            pauses.append(round(await after.due_in()))
            seconds = pauses[-1] + 0.1
        assert pauses == [1, 5, 13]
        last = await after.taken(seconds)
        after.weav.sandbox.faults.remove(away)

        found = await after.sender.reconciler.look_now(last, RESTARTED)

        assert isinstance(found.reply, Created)
        assert found.reply.conversation.id == made["id"]


async def test_looks_end_even_if_all_of_them_fail(tmp_path: Path) -> None:
    async with after_crash(tmp_path) as after:
        after.weav.sandbox.fail(WeavFault(status=503, **LIST))
        await after.interrupted()
        seconds = 300.0
        for _ in range(3):
            await after.sender.reconciler.look_now(await after.taken(seconds), RESTARTED)
            seconds = await after.due_in() + 0.1

        result = await after.sender.reconciler.look_now(await after.taken(seconds), RESTARTED)

        assert isinstance(result.reply, NotConfirmed)
        assert result.entry
        assert result.entry.state is State.UNCONFIRMED


@pytest.mark.parametrize("customer", ["customer_id", "customer_email"])
async def test_a_request_sent_from_the_queue_has_the_whole_time_for_looks(
    tmp_path: Path, customer: str
) -> None:
    """The request timed out after 16 s; earlier errors with the row do not count."""
    async with after_crash(tmp_path) as after:
        new = replace(NEW, request={**NEW.request, customer: NEW.request["customer_id"]})
        entry = (await after.ledger.receive(new, sending=customer == "customer_email")).entry
        await after.place.execute("UPDATE submissions SET tried_for = 25")
        if customer == "customer_email":
            assert await after.ledger.name_customer(entry, NEW.request)
        else:
            assert await after.ledger.start_sending(entry)
        taken = await after.taken(LEASE + 1)
        pauses = []

        result = await after.sender.reconciler.look_later(taken, "No answer came.")
        while result.reply == Creating():
            pauses.append(round(await after.due_in()))
            taken = await after.taken(pauses[-1] + 0.1)
            result = await after.sender.reconciler.look_now(taken, taken.reason or "")

        assert pauses == [1, 5, 13]
        assert result.reply == NotConfirmed("No answer came.", entry.id)
        assert entry.id == taken.id


async def test_rows_of_one_customer_share_a_request(tmp_path: Path) -> None:
    async with after_crash(tmp_path) as after:
        for number in range(20):
            await after.ledger.receive(replace(NEW, view_id=f"V{number}"), sending=True)
        await after.place.pass_time(TIME_OF_LOOKS + 1)
        taken = await after.ledger.take(20)

        result = await asyncio.gather(
            *(after.sender.reconciler.look_now(row, RESTARTED) for row in taken)
        )

        assert [each.reply for each in result] == [NotConfirmed(RESTARTED, row.id) for row in taken]
        assert after.list_requests == 1


async def test_a_sweep_takes_more_as_soon_as_there_is_room(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/ledger.db"
    async with Ledger.open(database) as ledger:
        for number in range(8):
            await opened_for_ann(ledger, number)
    one_sweep = replace(QUICK, limits=Limits(sweep_every=60.0, resumed_at_once=2))

    async with open_harness(tmp_path, database=database, pace=one_sweep) as harness:
        await harness.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 8)


async def test_a_row_that_waits_for_its_next_look_does_not_block_others(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/ledger.db"
    async with Ledger.open(database) as ledger:
        await ledger.receive(replace(ANNS, view_id="V0"), sending=True)
        await opened_for_ann(ledger, 1)
    one_place = replace(QUICK, looks=(30.0,), limits=Limits(resumed_at_once=1))

    async with open_harness(tmp_path, database=database, pace=one_place) as harness:
        assert "conv-1" in text_on(await harness.card())
        assert (await harness.entries())[-1].state is State.SENDING


async def test_a_row_that_is_looked_for_does_not_hold_a_slot_at_weav(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.submissions.worker, "AT_ONCE", 1)
    async with open_harness(tmp_path, pace=replace(QUICK, looks=(30.0,), drain=0.1)) as harness:
        harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
        await harness.fill_in(subject="First")
        await harness.fill_in(harness.ben, subject="Second")
        submitting = asyncio.create_task(harness.ann.submit())
        await harness.weav.until(lambda: bool(harness.weav.creations))

        await harness.ben.submit()

        await harness.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 1)
        await submitting
