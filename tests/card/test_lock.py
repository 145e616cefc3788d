"""One change of a conversation at a time, on a real database."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.card.history import Change
from bot.card.lock import SHOWN_UNKNOWN, CardLocks
from bot.ledger import Ledger, LedgerUnavailable
from bot.tasks import Tasks
from tests.ledger.places import LEASE, SQLitePlace

CONVERSATION = "11111111-2222-3333-4444-555555555555"
CLOSED = Change(slack_user_id="U1", field="status", value="closed", at=1.0)


@pytest.fixture
def place(tmp_path: Path) -> SQLitePlace:
    return SQLitePlace(tmp_path / "ledger.db")


@pytest.fixture
async def ledger(place: SQLitePlace) -> AsyncIterator[Ledger]:
    async with place.open() as ledger:
        yield ledger


async def test_the_second_holder_starts_when_the_first_has_finished(ledger: Ledger) -> None:
    locks = CardLocks(ledger.cards, renew_every=5)
    order: list[str] = []
    begun = asyncio.Event()

    async def first() -> None:
        async with locks.of(CONVERSATION):
            begun.set()
            await asyncio.sleep(0.2)
            order.append("first")

    async def second() -> None:
        await begun.wait()
        async with locks.of(CONVERSATION):
            order.append("second")

    await asyncio.gather(first(), second())

    assert order == ["first", "second"]


async def test_waiting_for_the_lock_times_out(ledger: Ledger) -> None:
    locks = CardLocks(ledger.cards, renew_every=5, wait_for=0.2)

    async with locks.of(CONVERSATION) as first, locks.of(CONVERSATION) as second:
        assert first is not None
        assert second is None


async def test_an_error_releases_the_lock(ledger: Ledger) -> None:
    locks = CardLocks(ledger.cards, renew_every=5, wait_for=0.2)
    with pytest.raises(ZeroDivisionError):
        async with locks.of(CONVERSATION):
            raise ZeroDivisionError

    async with locks.of(CONVERSATION) as following:
        assert following is not None


async def test_waiters_in_one_process_are_served_in_order(ledger: Ledger) -> None:
    locks = CardLocks(ledger.cards, renew_every=5)
    order: list[int] = []

    async def click(number: int) -> None:
        async with locks.of(CONVERSATION) as held:
            assert held
            await asyncio.sleep(0.02)
            order.append(number)

    await asyncio.gather(*map(click, range(10)))

    assert order == list(range(10))


async def test_waiters_in_one_process_do_not_poll_the_database(
    ledger: Ledger, place: SQLitePlace
) -> None:
    locks = CardLocks(ledger.cards, renew_every=5)

    async def click() -> bool:
        async with locks.of(CONVERSATION) as held:
            return held is not None

    async with locks.of(CONVERSATION):
        await place.execute("ALTER TABLE cards RENAME TO away")
        waiting = [asyncio.create_task(click()) for _ in range(5)]
        done, _ = await asyncio.wait(waiting, timeout=0.3)
        await place.execute("ALTER TABLE away RENAME TO cards")

    assert not done
    assert await asyncio.gather(*waiting) == [True] * 5


async def test_another_replica_waits_for_the_row(ledger: Ledger) -> None:
    here, there = (CardLocks(ledger.cards, renew_every=5, wait_for=0.2) for _ in range(2))

    async with here.of(CONVERSATION) as first, there.of(CONVERSATION) as second:
        assert first
        assert second is None
    async with there.of(CONVERSATION) as following:
        assert following


async def test_losing_the_lock_marks_the_card_for_a_redraw_without_waiting(
    ledger: Ledger, place: SQLitePlace
) -> None:
    tasks = Tasks()
    slow = CardLocks(ledger.cards, renew_every=60, due=ledger.due, tasks=tasks)
    other = CardLocks(ledger.cards, renew_every=5)
    async with slow.of(CONVERSATION) as held:
        assert held
        await place.execute("UPDATE cards SET held_until = 0")  # as if it stood still
        others = other.of(CONVERSATION)
        theirs = await others.__aenter__()
        assert theirs
        theirs.shown = "theirs"

    await others.__aexit__(None, None, None)

    assert await tasks.drain(5) == 0
    turn = await ledger.cards.acquire(CONVERSATION)
    assert turn
    assert turn.shown == SHOWN_UNKNOWN
    [row] = await ledger.due.take(1)
    assert row.conversation_id == CONVERSATION


async def test_another_conversation_does_not_wait(ledger: Ledger) -> None:
    locks = CardLocks(ledger.cards, renew_every=5, wait_for=0.2)

    async with locks.of(CONVERSATION) as first, locks.of("another") as second:
        assert first
        assert second


async def test_a_cancelled_waiter_leaves_the_queue(ledger: Ledger) -> None:
    locks = CardLocks(ledger.cards, renew_every=5, wait_for=5)

    async def click() -> None:
        async with locks.of(CONVERSATION):
            pass

    async with locks.of(CONVERSATION):
        waiting = asyncio.create_task(click())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async with asyncio.timeout(2):
        await click()


async def test_noting_fails_after_the_lock_was_lost(ledger: Ledger, place: SQLitePlace) -> None:
    locks = CardLocks(ledger.cards, renew_every=5)

    async with locks.of(CONVERSATION) as held:
        assert held
        assert await held.note([])
        await place.pass_time(LEASE + 1)
        assert await held.note([])  # nobody else wanted it
        assert await ledger.cards.acquire(CONVERSATION)
        assert not await held.note([])


async def test_a_lost_lock_stays_lost_while_the_database_is_away(
    ledger: Ledger, place: SQLitePlace
) -> None:
    locks = CardLocks(ledger.cards, renew_every=0.05)

    async with locks.of(CONVERSATION) as held:
        assert held
        await place.execute("UPDATE cards SET owner = 'another'")
        await asyncio.sleep(0.2)  # several renewals
        await place.execute("DROP TABLE cards")
        assert not await held.note([])


async def test_noting_fails_after_a_standstill_of_a_whole_lease(place: SQLitePlace) -> None:
    async with Ledger.open(place.url, lease=0.3) as ledger:
        locks = CardLocks(ledger.cards, renew_every=5)
        async with locks.of(CONVERSATION) as held:
            assert held
            time.sleep(0.4)  # noqa: ASYNC251 - the standstill
            assert not await held.note([])


async def test_noting_fails_after_a_whole_lease_without_renewal(place: SQLitePlace) -> None:
    async with Ledger.open(place.url, lease=0.3) as ledger:
        locks = CardLocks(ledger.cards, renew_every=0.1)
        async with locks.of(CONVERSATION) as held:
            assert held
            await asyncio.sleep(0.5)  # several renewals
            assert await held.note([])
            await place.execute("DROP TABLE cards")
            await asyncio.sleep(0.5)
            assert not await held.note([])


async def test_the_lock_survives_a_short_database_outage(
    ledger: Ledger, place: SQLitePlace
) -> None:
    locks = CardLocks(ledger.cards, renew_every=0.05)

    async with locks.of(CONVERSATION) as held:
        assert held
        await place.execute("DROP TABLE cards")
        assert await held.note([CLOSED])
        await asyncio.sleep(0.2)  # several renewals

    with pytest.raises(LedgerUnavailable):
        async with locks.of(CONVERSATION):
            pass


async def test_the_next_holder_reads_the_noted_changes(ledger: Ledger) -> None:
    locks = CardLocks(ledger.cards, renew_every=5)
    async with locks.of(CONVERSATION) as held:
        assert held
        assert held.changes == ()
        await held.note([CLOSED])

    async with locks.of(CONVERSATION) as following:
        assert following
        assert following.changes == (CLOSED,)
