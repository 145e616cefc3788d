"""The lock on a conversation and its card, on both databases."""

import asyncio

import pytest

from bot.ledger import Ledger, LedgerUnavailable
from tests.ledger.places import LEASE, Place

DAY = 86400
CONVERSATION = "11111111-2222-3333-4444-555555555555"


async def test_one_click_at_a_time_holds_the_lock(ledger: Ledger, other: Ledger) -> None:
    lock = await ledger.cards.acquire(CONVERSATION)

    assert lock is not None
    assert await ledger.cards.acquire(CONVERSATION) is None
    assert await other.cards.acquire(CONVERSATION) is None
    assert await other.cards.acquire("another") is not None


async def test_one_of_many_concurrent_clicks_gets_the_lock(ledger: Ledger, other: Ledger) -> None:
    asked = (each.cards.acquire(CONVERSATION) for each in (ledger, other) * 10)

    locks = await asyncio.gather(*asked)

    assert len([lock for lock in locks if lock]) == 1


async def test_the_next_holder_reads_the_recorded_changes(ledger: Ledger, other: Ledger) -> None:
    lock = await ledger.cards.acquire(CONVERSATION)
    assert lock
    assert lock.changes == []
    assert await ledger.cards.record_changes(lock, [{"value": "closed"}])
    await ledger.cards.release(lock)

    next_lock = await other.cards.acquire(CONVERSATION)

    assert next_lock
    assert next_lock.changes == [{"value": "closed"}]
    assert next_lock.taken_at >= lock.taken_at


async def test_the_lock_of_a_dead_replica_expires_with_its_lease(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    await ledger.cards.acquire(CONVERSATION)

    await place.pass_time(LEASE + 1)

    assert await other.cards.acquire(CONVERSATION) is not None


async def test_a_renewed_lock_lasts(ledger: Ledger, other: Ledger, place: Place) -> None:
    lock = await ledger.cards.acquire(CONVERSATION)
    assert lock
    await place.pass_time(LEASE - 1)

    assert await ledger.cards.renew(lock)

    await place.pass_time(LEASE - 1)
    assert await other.cards.acquire(CONVERSATION) is None


async def test_a_lost_lock_changes_nothing(ledger: Ledger, other: Ledger, place: Place) -> None:
    lost = await ledger.cards.acquire(CONVERSATION)
    assert lost
    await place.pass_time(LEASE + 1)
    await other.cards.acquire(CONVERSATION)

    assert not await ledger.cards.record_changes(lost, [{"value": "closed"}])
    assert not await ledger.cards.renew(lost)
    await ledger.cards.release(lost)

    assert await ledger.cards.acquire(CONVERSATION) is None
    await place.pass_time(LEASE + 1)
    next_lock = await ledger.cards.acquire(CONVERSATION)
    assert next_lock
    assert next_lock.changes == []


async def test_old_rows_are_forgotten_unless_their_lock_is_held(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    for conversation_id in ("old", "again", "dead"):
        lock = await ledger.cards.acquire(conversation_id)
        assert lock
        await ledger.cards.record_changes(lock, [{"value": "closed"}])
        if conversation_id != "dead":
            await ledger.cards.release(lock)
    await place.pass_time(31 * DAY)
    held = await other.cards.acquire("again")
    assert held

    assert await ledger.cards.forget(30) == 2
    assert await ledger.cards.forget(0) == 0

    assert await ledger.cards.acquire("again") is None
    await other.cards.release(held)
    left = {name: await other.cards.acquire(name) for name in ("old", "again", "dead")}
    with_changes = [name for name, lock in left.items() if lock and lock.changes]
    assert with_changes == ["again"]


async def test_a_missing_table_raises_ledger_unavailable(ledger: Ledger, place: Place) -> None:
    await place.execute("DROP TABLE cards")

    with pytest.raises(LedgerUnavailable):
        await ledger.cards.acquire(CONVERSATION)


async def test_the_next_holder_reads_what_the_card_shows(ledger: Ledger, other: Ledger) -> None:
    lock = await ledger.cards.acquire(CONVERSATION)
    assert lock
    assert lock.shown is None

    await ledger.cards.record_changes(lock, [], "")
    await ledger.cards.release(lock, "closed")

    next_lock = await other.cards.acquire(CONVERSATION)
    assert next_lock
    assert next_lock.shown == "closed"
