"""Whose turn it is to change a conversation, on both databases."""

import asyncio

import pytest

from bot.ledger import Ledger, LedgerUnavailable
from tests.ledger.places import LEASE, Place

DAY = 86400
CONVERSATION = "11111111-2222-3333-4444-555555555555"


async def test_a_turn_is_one_clicks_alone(ledger: Ledger, other: Ledger) -> None:
    turn = await ledger.cards.acquire(CONVERSATION)

    assert turn is not None
    assert await ledger.cards.acquire(CONVERSATION) is None
    assert await other.cards.acquire(CONVERSATION) is None
    assert await other.cards.acquire("another") is not None


async def test_of_many_that_ask_at_once_one_gets_it(ledger: Ledger, other: Ledger) -> None:
    asked = (each.cards.acquire(CONVERSATION) for each in (ledger, other) * 10)

    turns = await asyncio.gather(*asked)

    assert len([turn for turn in turns if turn]) == 1


async def test_what_was_noted_is_the_next_ones_to_read(ledger: Ledger, other: Ledger) -> None:
    turn = await ledger.cards.acquire(CONVERSATION)
    assert turn
    assert turn.changes == []
    assert await ledger.cards.record_changes(turn, [{"value": "closed"}])
    await ledger.cards.release(turn)

    following = await other.cards.acquire(CONVERSATION)

    assert following
    assert following.changes == [{"value": "closed"}]
    assert following.taken_at >= turn.taken_at


async def test_the_turn_of_a_dead_replica_is_over_with_its_lease(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    await ledger.cards.acquire(CONVERSATION)

    await place.pass_time(LEASE + 1)

    assert await other.cards.acquire(CONVERSATION) is not None


async def test_a_turn_that_is_kept_lasts(ledger: Ledger, other: Ledger, place: Place) -> None:
    turn = await ledger.cards.acquire(CONVERSATION)
    assert turn
    await place.pass_time(LEASE - 1)

    assert await ledger.cards.renew(turn)

    await place.pass_time(LEASE - 1)
    assert await other.cards.acquire(CONVERSATION) is None


async def test_who_has_lost_the_turn_changes_nothing_any_more(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    lost = await ledger.cards.acquire(CONVERSATION)
    assert lost
    await place.pass_time(LEASE + 1)
    await other.cards.acquire(CONVERSATION)

    assert not await ledger.cards.record_changes(lost, [{"value": "closed"}])
    assert not await ledger.cards.renew(lost)
    await ledger.cards.release(lost)

    assert await ledger.cards.acquire(CONVERSATION) is None
    await place.pass_time(LEASE + 1)
    following = await ledger.cards.acquire(CONVERSATION)
    assert following
    assert following.changes == []


async def test_what_nobody_clicked_for_long_is_forgotten_and_a_turn_that_is_held_is_not(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    for conversation_id in ("old", "again", "dead"):
        turn = await ledger.cards.acquire(conversation_id)
        assert turn
        await ledger.cards.record_changes(turn, [{"value": "closed"}])
        if conversation_id != "dead":
            await ledger.cards.release(turn)
    await place.pass_time(31 * DAY)
    held = await other.cards.acquire("again")
    assert held

    assert await ledger.cards.forget(30) == 2
    assert await ledger.cards.forget(0) == 0

    assert await ledger.cards.acquire("again") is None
    await other.cards.release(held)
    left = {name: await other.cards.acquire(name) for name in ("old", "again", "dead")}
    noted = [name for name, turn in left.items() if turn and turn.changes]
    assert noted == ["again"]


async def test_without_its_table_the_ledger_says_so(ledger: Ledger, place: Place) -> None:
    await place.execute("DROP TABLE cards")

    with pytest.raises(LedgerUnavailable):
        await ledger.cards.acquire(CONVERSATION)


async def test_what_the_card_says_is_the_next_ones_to_read(ledger: Ledger, other: Ledger) -> None:
    turn = await ledger.cards.acquire(CONVERSATION)
    assert turn
    assert turn.shown is None

    await ledger.cards.record_changes(turn, [], "")
    await ledger.cards.release(turn, "closed")

    following = await other.cards.acquire(CONVERSATION)
    assert following
    assert following.shown == "closed"
