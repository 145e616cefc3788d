"""Leases: who works on a row, and until when."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.ledger import State
from tests.ledger.places import LEASE, new_entry
from tests.ledger.test_ways import CONVERSATION, sending

if TYPE_CHECKING:
    from bot.ledger import Ledger
    from tests.ledger.places import Place


async def test_an_overdue_row_is_given_to_one_of_fifty_takers(ledger: Ledger, place: Place) -> None:
    entry = await sending(ledger)
    await place.pass_time(LEASE + 1)

    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(place.open()) for _ in range(5)]
        taken = await asyncio.gather(*(replica.take(3) for replica in replicas * 10))

    assert [row.id for rows in taken for row in rows] == [entry.id]


async def test_takers_share_many_overdue_rows_without_taking_any_twice(
    ledger: Ledger, place: Place
) -> None:
    ids = {(await sending(ledger, f"V{number}")).id for number in range(60)}
    await place.pass_time(LEASE + 1)
    taken: list[int] = []

    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(place.open()) for _ in range(4)]

        async def take_all(replica: Ledger) -> None:
            while rows := await replica.take(7):
                taken.extend(row.id for row in rows)

        await asyncio.gather(*(take_all(replica) for replica in replicas))

    assert sorted(taken) == sorted(ids)


async def test_fifty_deliveries_of_one_submission_make_one_row(
    ledger: Ledger, other: Ledger
) -> None:
    received = await asyncio.gather(
        *(replica.receive(new_entry(), sending=True) for replica in (ledger, other) * 25)
    )

    assert sum(each.new for each in received) == 1
    assert len({each.entry.id for each in received}) == 1


async def test_of_fifty_clicks_on_create_again_one_wins(ledger: Ledger, other: Ledger) -> None:
    unsure = await ledger.unconfirmed(await sending(ledger), "No answer came.")
    assert unsure

    clicks = await asyncio.gather(
        *(replica.create_again(unsure.id, "U1") for replica in (ledger, other) * 25)
    )

    assert sum(click is not None for click in clicks) == 1


async def test_of_many_rows_one_claims_a_conversation(ledger: Ledger, other: Ledger) -> None:
    entries = [
        (replica, await sending(replica, f"V{number}"))
        for number, replica in enumerate((ledger, other) * 10)
    ]

    claims = await asyncio.gather(
        *(replica.claim(entry, "conv-1", CONVERSATION) for replica, entry in entries)
    )

    assert sum(claim is not None for claim in claims) == 1


async def test_nothing_can_be_done_with_a_lost_row(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    entry = (await ledger.receive(new_entry(), sending=False)).entry
    await place.pass_time(LEASE + 1)
    [taken] = await other.take(1)

    assert await ledger.start_sending(entry) is None
    assert await ledger.queued(entry, 1, "") is None
    assert await ledger.refused(entry, "") is None
    assert await ledger.expired(entry, "") is None
    assert await ledger.put_off(entry, 1) is None
    assert await ledger.hold(entry) is None
    begun = await other.start_sending(taken)
    assert begun
    assert await ledger.claim(begun, "conv-1", CONVERSATION) is None
    assert await ledger.unconfirmed(begun, "") is None
    opened = await other.opened(begun, "conv-1", CONVERSATION)
    assert opened
    assert await ledger.announced(opened, "channel", "C1", "1.2") is None


async def test_taking_its_own_overdue_row_invalidates_the_older_entry(
    ledger: Ledger, place: Place
) -> None:
    entry = (await ledger.receive(new_entry(), sending=False)).entry
    await place.pass_time(LEASE + 1)
    [taken] = await ledger.take(1)

    assert await ledger.start_sending(entry) is None
    assert await ledger.start_sending(taken)


async def test_renewed_rows_are_not_overdue(ledger: Ledger, other: Ledger, place: Place) -> None:
    kept, dropped = await sending(ledger, "V1"), await sending(ledger, "V2")
    foreign = await sending(other, "V3")

    await place.pass_time(LEASE - 1)
    assert await ledger.renew([kept.id, foreign.id, 10_000]) == {kept.id}
    await place.pass_time(LEASE - 1)

    assert {row.id for row in await other.take(10)} == {dropped.id, foreign.id}


async def test_an_overdue_row_that_nobody_took_can_be_held(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    entry = await sending(ledger)
    await place.pass_time(LEASE + 1)

    held = await ledger.hold(entry)

    assert held == replace(entry, due_at=held.due_at if held else None)
    await place.pass_time(LEASE - 1)
    assert await other.take(10) == []


async def test_a_row_at_rest_is_not_renewed(ledger: Ledger) -> None:
    refused = await ledger.refused(await sending(ledger), "")
    assert refused
    await ledger.told(refused)
    assert await ledger.hold(refused) is None

    assert await ledger.renew([refused.id]) == set()
    assert await ledger.renew([]) == set()


async def test_released_rows_can_be_taken_at_once(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    entry = await sending(ledger)

    assert await ledger.release() == 1
    await place.pass_time(0.001)

    assert [row.id for row in await other.take(10)] == [entry.id]


async def test_hurried_rows_are_spread_over_the_interval(ledger: Ledger, place: Place) -> None:
    for number in range(50):
        await ledger.queued(await sending(ledger, f"V{number}"), 60, "")
    patient = await ledger.queued(await sending(ledger, "V50"), 60, "", patient=True)
    soon = await ledger.queued(await sending(ledger, "V51"), 0.5, "")
    assert patient
    assert soon

    assert await ledger.hurry(6) in (49, 50, 51)
    taken: list[int] = []
    for _ in range(6):
        await place.pass_time(1)
        seen = await ledger.take(100)
        taken.append(len(seen))
        for entry in seen:
            assert entry.id != patient.id
            await ledger.start_sending(entry)

    assert sum(taken) == 51
    assert max(taken) <= 15


async def test_a_queued_row_that_somebody_took_is_not_hurried(ledger: Ledger, place: Place) -> None:
    await ledger.queued(await sending(ledger), 1, "")
    await place.pass_time(2)
    [taken] = await ledger.take(1)

    assert await ledger.hurry(1) == 0
    assert await ledger.start_sending(taken)


async def test_rivals_may_own_the_conversation_that_was_found(ledger: Ledger, place: Place) -> None:
    old = await sending(ledger, "V0")
    await place.pass_time(1000)
    entry = await sending(ledger, "V1")
    alike = [await sending(ledger, f"V{number}") for number in range(2, 6)]
    await ledger.receive(new_entry("V6", subject="Another"), sending=True)
    await ledger.receive(new_entry("V7"), sending=False)
    await ledger.refused(alike[0], "")
    await ledger.unconfirmed(alike[1], "")
    await ledger.opened(alike[2], "conv-3", {})

    assert old.id not in {row.id for row in await ledger.rivals(entry)}
    assert [row.id for row in await ledger.rivals(entry)] == [alike[1].id, alike[3].id]


async def test_an_attempt_that_was_replaced_stays_a_rival(ledger: Ledger) -> None:
    entry, doubted = await sending(ledger, "V1"), await sending(ledger, "V2")
    await ledger.unconfirmed(doubted, "")
    again = await ledger.create_again(doubted.id, "U1")
    assert again
    begun = await ledger.start_sending(again)
    assert begun
    await ledger.opened(begun, "conv-2", {})

    assert [row.id for row in await ledger.rivals(entry)] == [doubted.id]


async def test_the_backlog_counts_what_remains_to_be_done(ledger: Ledger, place: Place) -> None:
    await sending(ledger, "V1")
    await place.pass_time(30)
    await sending(ledger, "V2")
    await ledger.queued(await sending(ledger, "V3"), 60, "")
    opened = await ledger.opened(await sending(ledger, "V4"), "conv-4", {})
    assert opened
    await ledger.announced(opened, "channel", "C1", "1.2")

    backlog = await ledger.backlog()

    assert backlog.counts == {State.SENDING: 2, State.QUEUED: 1}
    assert 30 <= backlog.oldest < 40


async def test_the_latest_submissions_of_somebody_come_first(ledger: Ledger) -> None:
    ids = [(await sending(ledger, f"V{number}")).id for number in range(12)]

    assert [entry.id for entry in await ledger.latest("T1", "U1")] == ids[:1:-1]
    assert await ledger.latest("T1", "U2") == []
    assert await ledger.latest("T2", "U1") == []


async def test_personal_data_of_rows_at_rest_is_forgotten_in_time(
    ledger: Ledger, place: Place
) -> None:
    opened = await ledger.opened(await sending(ledger, "V1"), "conv-1", CONVERSATION)
    assert opened
    await ledger.announced(opened, "channel", "C1", "1.2")
    unsure = await ledger.unconfirmed(await sending(ledger, "V2"), "No answer came.")
    assert unsure
    await ledger.told(unsure)
    await place.pass_time(29 * 86400)
    await ledger.queued(await sending(ledger, "V3"), 60, "")
    assert await ledger.forget(30) == 0

    await place.pass_time(2 * 86400)
    assert await ledger.forget(30) == 2

    row = await ledger.get(opened.id)
    assert row
    assert (row.request, row.form, row.conversation, row.reason) == (None, None, None, None)
    assert (row.subject, row.fingerprint) == ("", None)
    assert (row.conversation_id, row.message_ts) == ("conv-1", "1.2")
    assert await ledger.create_again(unsure.id, "U1") is None
    assert [entry.subject for entry in await ledger.latest("T1", "U1")] == ["Invoice 12", "", ""]


async def test_a_row_that_was_never_sent_is_a_rival_from_its_creation(
    ledger: Ledger, place: Place
) -> None:
    """Such rows exist after a restore as in operations/README.md."""
    entry, restored = await sending(ledger, "V1"), await sending(ledger, "V2")
    await place.execute("UPDATE submissions SET sent_at = NULL WHERE view_id = 'V2'")

    assert [row.id for row in await ledger.rivals(entry)] == [restored.id]


async def test_naming_the_customer_renews_the_lease(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    entry = await sending(ledger, "V1")
    await place.pass_time(LEASE - 1)
    assert await ledger.name_customer(entry, {"channel": "email", "customer_id": "C1"})

    await place.pass_time(LEASE - 1)

    assert await other.take(1) == []
