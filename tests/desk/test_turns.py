"""One change of a conversation at a time, on a real database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.card.lock import CardLocks
from bot.ledger import Ledger, LedgerUnavailable
from tests.ledger.places import LEASE, SQLitePlace

CONVERSATION = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def place(tmp_path: Path) -> SQLitePlace:
    return SQLitePlace(tmp_path / "ledger.db")


@pytest.fixture
async def ledger(place: SQLitePlace) -> AsyncIterator[Ledger]:
    async with place.open() as ledger:
        yield ledger


async def test_a_turn_begins_when_the_one_before_ends(ledger: Ledger) -> None:
    turns = CardLocks(ledger.cards, keep_every=5)
    order: list[str] = []
    begun = asyncio.Event()

    async def first() -> None:
        async with turns.of(CONVERSATION):
            begun.set()
            await asyncio.sleep(0.2)
            order.append("first")

    async def second() -> None:
        await begun.wait()
        async with turns.of(CONVERSATION):
            order.append("second")

    await asyncio.gather(first(), second())

    assert order == ["first", "second"]


async def test_who_waits_too_long_gets_none(ledger: Ledger) -> None:
    turns = CardLocks(ledger.cards, keep_every=5, wait_for=0.2)

    async with turns.of(CONVERSATION) as first, turns.of(CONVERSATION) as second:
        assert first is not None
        assert second is None


async def test_a_turn_ends_with_an_error_too(ledger: Ledger) -> None:
    turns = CardLocks(ledger.cards, keep_every=5, wait_for=0.2)
    with pytest.raises(ZeroDivisionError):
        async with turns.of(CONVERSATION):
            raise ZeroDivisionError

    async with turns.of(CONVERSATION) as following:
        assert following is not None


async def test_who_lost_the_turn_is_told_so_when_they_note_something(
    ledger: Ledger, place: SQLitePlace
) -> None:
    turns = CardLocks(ledger.cards, keep_every=5)

    async with turns.of(CONVERSATION) as turn:
        assert turn
        assert await turns.note(turn, [])
        await place.pass_time(LEASE + 1)
        assert await turns.note(turn, [])  # nobody else wanted it
        assert await ledger.cards.take_turn(CONVERSATION)
        assert not await turns.note(turn, [])


async def test_a_turn_that_could_not_be_kept_stays_lost_without_the_database(
    ledger: Ledger, place: SQLitePlace
) -> None:
    turns = CardLocks(ledger.cards, keep_every=0.05)

    async with turns.of(CONVERSATION) as turn:
        assert turn
        await place.execute("UPDATE cards SET owner = 'another'")
        await asyncio.sleep(0.2)  # the lease is to be renewed in this time
        await place.execute("DROP TABLE cards")
        assert not await turns.note(turn, [])


async def test_a_database_that_goes_away_meanwhile_stops_nothing(
    ledger: Ledger, place: SQLitePlace
) -> None:
    turns = CardLocks(ledger.cards, keep_every=0.05)

    async with turns.of(CONVERSATION) as turn:
        assert turn
        await place.execute("DROP TABLE cards")
        assert await turns.note(turn, [{"value": "closed"}])
        await asyncio.sleep(0.2)  # the lease is to be renewed in this time

    with pytest.raises(LedgerUnavailable):
        async with turns.of(CONVERSATION):
            pass
