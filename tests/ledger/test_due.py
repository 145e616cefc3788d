"""Which conversations are due for a look in Weav, and when, on both databases."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.ledger import DueRow, Ledger, LedgerUnavailable, Look
from bot.weav.models import Conversation
from tests.ledger.places import LEASE, Place, new_entry

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = 86400.0
ONE = "11111111-2222-4333-8444-555555555555"
TWO = "11111111-2222-4333-8444-666666666666"


def facts_of(**facts: object) -> Mapping[str, Any]:
    return Conversation.read({"id": ONE, **facts}).model_dump(mode="json")


async def announced(
    ledger: Ledger, conversation_id: str, conversation: Mapping[str, Any] | None = None
) -> None:
    """Give a conversation a card."""
    received = await ledger.receive(new_entry(view_id=conversation_id), sending=True)
    opened = await ledger.opened(received.entry, conversation_id, conversation or {})
    assert opened
    assert await ledger.announced(opened, "channel", "C1", "1.2", {"opened": "by Ann"})


async def taken(ledger: Ledger, place: Place, seconds: float = 1.0) -> DueRow:
    await place.pass_time(seconds)
    [row] = await ledger.due.take(10)
    return row


async def test_a_mark_is_due_after_its_delay_and_not_before(ledger: Ledger, place: Place) -> None:
    await ledger.due.mark(ONE, Look.CARD, 60)

    assert await ledger.due.take(10) == []
    row = await taken(ledger, place, 61)

    assert (row.conversation_id, row.look, row.marks) == (ONE, Look.CARD, 1)
    assert (row.missing, row.memo, row.tried_for) == (False, {}, 0.0)
    assert 60 <= row.read_at - row.marked_at < 70


async def test_a_burst_of_marks_is_one_look_at_the_time_of_the_first(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    await ledger.due.mark(ONE, Look.CARD, 60)
    await place.pass_time(50)
    for replica in (ledger, other) * 10:
        await replica.due.mark(ONE, Look.CARD, 60)

    row = await taken(ledger, place, 11)

    assert row.marks == 21
    assert await ledger.due.finish(row, 1)
    await place.pass_time(LEASE + 100)
    assert await other.due.take(10) == []


async def test_each_look_is_taken_by_one_of_many_takers(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    for conversation_id in (ONE, TWO):
        await ledger.due.mark(conversation_id, Look.CARD, 0)
    await place.pass_time(1)

    batches = await asyncio.gather(*(each.due.take(1) for each in (ledger, other) * 10))

    assert sorted(row.conversation_id for batch in batches for row in batch) == [ONE, TWO]


async def test_a_card_and_its_replies_are_two_looks(ledger: Ledger, place: Place) -> None:
    await ledger.due.mark(ONE, Look.CARD, 0)
    await ledger.due.mark(ONE, Look.REPLIES, 10)

    card = await taken(ledger, place)
    assert card.look is Look.CARD
    assert await ledger.due.finish(card, 1)

    assert (await taken(ledger, place, 10)).look is Look.REPLIES


async def test_a_mark_during_a_look_makes_another_look_due(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    await ledger.due.mark(ONE, Look.CARD, 0)
    row = await taken(ledger, place)

    await other.due.mark(ONE, Look.CARD, 0)
    assert await other.due.take(10) == []  # the first replica still holds it
    assert await ledger.due.finish(row, 5)

    assert await other.due.take(10) == []
    again = await taken(other, place, 6)
    assert again.marks == 2
    assert again.read_at - again.marked_at < 10


async def test_another_replica_takes_the_look_of_a_dead_one_after_its_lease(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    await ledger.due.mark(ONE, Look.CARD, 0)
    lost = await taken(ledger, place)
    assert await ledger.due.save_memo(lost, {"telling": ["M1"]})

    row = await taken(other, place, LEASE + 1)

    assert row.memo == {"telling": ["M1"]}
    assert not await ledger.due.save_memo(lost, {})
    assert not await ledger.due.finish(lost, 1)
    assert not await ledger.due.put_off(lost, 1)
    assert await other.due.finish(row, 1)


async def test_a_renewed_look_is_not_taken(ledger: Ledger, other: Ledger, place: Place) -> None:
    await ledger.due.mark(ONE, Look.CARD, 0)
    row = await taken(ledger, place)

    await place.pass_time(LEASE - 1)
    await ledger.due.renew([row])
    await place.pass_time(LEASE - 1)

    assert await other.due.take(10) == []


async def test_a_released_look_can_be_taken_at_once(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    for conversation_id in (ONE, TWO):
        await ledger.due.mark(conversation_id, Look.CARD, 0)
    await place.pass_time(1)
    [mine], [others] = await ledger.due.take(1), await other.due.take(1)

    await ledger.due.release([mine])

    [again] = await other.due.take(10)
    assert again.conversation_id == mine.conversation_id != others.conversation_id


async def test_a_look_that_failed_is_put_off_and_an_event_brings_it_forward(
    ledger: Ledger, place: Place
) -> None:
    await ledger.due.mark(ONE, Look.CARD, 0)
    row = await taken(ledger, place)

    assert await ledger.due.put_off(row, 600, counted=600)
    await ledger.due.mark(ONE, Look.CARD, 1)

    again = await taken(ledger, place, 2)
    assert again.tried_for == 600
    assert await ledger.due.finish(again, 1)
    await ledger.due.mark(ONE, Look.CARD, 0)
    assert (await taken(ledger, place)).tried_for == 0


async def test_missing_stays_set_until_a_look_has_seen_it(ledger: Ledger, place: Place) -> None:
    await ledger.due.mark(ONE, Look.CARD, 0, missing=True)
    await ledger.due.mark(ONE, Look.CARD, 0)
    row = await taken(ledger, place)
    assert row.missing

    await ledger.due.mark(ONE, Look.CARD, 0, missing=True)
    assert await ledger.due.finish(row, 0)

    again = await taken(ledger, place)
    assert again.missing
    assert await ledger.due.finish(again, 0)
    await ledger.due.mark(ONE, Look.CARD, 0)
    assert not (await taken(ledger, place)).missing


async def test_a_look_that_found_no_conversation_tells_the_next_one(
    ledger: Ledger, place: Place
) -> None:
    await ledger.due.mark(ONE, Look.CARD, 0)
    row = await taken(ledger, place)

    assert await ledger.due.put_off(row, 10, missing=True)

    assert (await taken(ledger, place, 11)).missing


async def test_only_conversations_with_a_card_are_followed(ledger: Ledger) -> None:
    await announced(ledger, ONE)

    assert await ledger.due.with_cards([]) == []
    assert await ledger.due.with_cards([TWO]) == []
    many = [f"00000000-0000-4000-8000-{number:012}" for number in range(200)]
    assert await ledger.due.with_cards([*many, ONE, TWO]) == [ONE]


async def test_ended_looks_stay_ended_until_they_are_resumed(ledger: Ledger, place: Place) -> None:
    await announced(ledger, ONE)
    await ledger.due.mark(ONE, Look.CARD, 0)
    row = await taken(ledger, place)

    assert await ledger.due.end_looks(row)

    assert not await ledger.due.finish(row, 1)
    assert await ledger.due.with_cards([ONE]) == []
    await ledger.due.mark(ONE, Look.CARD, 0)
    await place.pass_time(LEASE + 1)
    assert await ledger.due.take(10) == []
    assert await ledger.due.resume_looks(ONE)
    assert not await ledger.due.resume_looks(ONE)
    assert not await ledger.due.end_looks(row)
    assert await ledger.due.with_cards([ONE]) == [ONE]


async def test_the_facts_of_a_card_are_kept_when_personal_data_is_forgotten(
    ledger: Ledger,
) -> None:
    await announced(ledger, ONE, {"subject": "Export hangs"})
    entry = await ledger.by_conversation(ONE)
    assert entry
    await ledger.set_conversation(ONE, {"subject": "Export hangs", "status": "closed"})
    entry = await ledger.by_conversation(ONE)
    assert entry
    assert entry.conversation == {"subject": "Export hangs", "status": "closed"}

    await ledger.forget(0)
    await ledger.set_conversation(ONE, {"subject": "Export hangs"})

    entry = await ledger.by_conversation(ONE)
    assert entry
    assert (entry.conversation, entry.card) == (None, {"opened": "by Ann"})


@pytest.mark.parametrize(
    ("facts", "refreshed"),
    [
        ({"status": "open"}, 1),
        ({"status": None}, 1),
        ({}, 1),
        ({"status": "snoozed"}, 1),
        ({"subject": '"status":"closed","priority":'}, 1),
        ({"customer": {"status": "closed", "name": "Jane"}}, 1),
        ({"status": "closed"}, 0),
        ({"status": "deleted"}, 0),
    ],
)
async def test_conversations_are_open_unless_closed_or_deleted(
    ledger: Ledger, facts: dict[str, Any], refreshed: int
) -> None:
    await announced(ledger, ONE, facts_of(**facts))

    first = await ledger.due.first_submission(14 * DAY)
    assert await ledger.due.mark_open_conversations(first, 14 * DAY, 600) == refreshed


async def test_open_conversations_are_refreshed_once_a_round(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    await announced(ledger, ONE, facts_of(status="open"))
    await announced(ledger, TWO, facts_of(status="closed"))

    first = await ledger.due.first_submission(14 * DAY)
    assert await ledger.due.first_submission(14 * DAY, first) == first
    assert await ledger.due.mark_open_conversations(first, 14 * DAY, 600) == 1
    assert await other.due.mark_open_conversations(first, 14 * DAY, 600) == 0

    await place.pass_time(1)
    assert await ledger.due.take(10) == []
    [row] = await ledger.due.take(10, refresh=True)
    assert (row.conversation_id, row.look) == (ONE, Look.REFRESH)
    assert await ledger.due.finish(row, 1)
    assert await ledger.due.mark_open_conversations(first, 14 * DAY, 600) == 0
    await place.pass_time(600)
    assert await ledger.due.mark_open_conversations(first, 14 * DAY, 600) == 1
    await place.pass_time(14 * DAY)
    assert await ledger.due.mark_open_conversations(first, 14 * DAY, 600) == 0
    assert await ledger.due.first_submission(14 * DAY, first) == first


async def test_replicas_share_one_sequence_of_slots(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    turns = [each.due for each in (ledger, other) * 3]
    waits = sorted(await asyncio.gather(*(each.reserve("redraw", 20) for each in turns)))

    assert waits == pytest.approx([0, 20, 40, 60, 80, 100], abs=5)
    assert await ledger.due.reserve("another", 20) == 0
    await place.pass_time(200)
    assert await other.due.reserve("redraw", 20) == 0


async def test_the_oldest_look_is_as_old_as_its_first_mark(ledger: Ledger, place: Place) -> None:
    assert await ledger.due.oldest() == 0
    await ledger.due.mark(ONE, Look.CARD, 0)
    await place.pass_time(60)
    await ledger.due.mark(ONE, Look.CARD, 0)
    await ledger.due.mark(TWO, Look.CARD, 0)

    assert await ledger.due.oldest() == pytest.approx(60, abs=5)


async def test_finished_looks_are_forgotten_and_due_ones_are_not(
    ledger: Ledger, place: Place
) -> None:
    await ledger.due.mark(ONE, Look.REPLIES, 0)
    row = await taken(ledger, place)
    assert await ledger.due.finish(row, 1, {"told": ["M1"]})
    await ledger.due.mark(TWO, Look.CARD, 0)

    await place.pass_time(31 * DAY)

    assert await ledger.due.forget(30) == 1
    [left] = await ledger.due.take(10)
    assert left.conversation_id == TWO
    await ledger.due.mark(ONE, Look.REPLIES, 0)
    assert (await taken(ledger, place)).memo == {}


async def test_a_missing_table_raises_ledger_unavailable(ledger: Ledger, place: Place) -> None:
    await place.execute("DROP TABLE due")

    with pytest.raises(LedgerUnavailable):
        await ledger.due.mark(ONE, Look.CARD, 0)
    with pytest.raises(LedgerUnavailable):
        await ledger.due.with_cards([ONE])
