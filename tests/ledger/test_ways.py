"""A submission's ways through the ledger, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.ledger import State
from tests.ledger.places import LEASE, new_entry

if TYPE_CHECKING:
    from bot.ledger import Entry, Ledger
    from tests.ledger.places import Place

CONVERSATION = {"id": "conv-1", "subject": "Invoice 12"}


async def sending(ledger: Ledger, view_id: str = "V1") -> Entry:
    received = await ledger.receive(new_entry(view_id), sending=True)
    assert received.new
    return received.entry


async def unconfirmed(ledger: Ledger, view_id: str = "V1") -> Entry:
    entry = await ledger.unconfirmed(await sending(ledger, view_id), "No answer came.")
    assert entry
    told = await ledger.told(entry)
    assert told
    return told


async def test_a_plain_submission_takes_three_writes_and_leaves_nothing_to_do(
    ledger: Ledger,
) -> None:
    entry = await sending(ledger)
    opened = await ledger.opened(entry, "conv-1", CONVERSATION)
    assert opened
    announced = await ledger.announced(opened, "channel", "C1", "12.34")

    assert announced
    assert announced == await ledger.get(entry.id)
    assert announced.state is State.ANNOUNCED
    assert (announced.told, announced.due_at, announced.owner) == (True, None, None)
    assert (announced.conversation_id, announced.conversation) == ("conv-1", CONVERSATION)
    assert (announced.route, announced.slack_channel_id) == ("channel", "C1")
    assert announced.message_ts == "12.34"
    assert announced.attempts == 1


async def test_an_entry_is_read_as_it_was_written(ledger: Ledger) -> None:
    new = new_entry(subject="Grüße \x00 \ud83d \N{SNOWMAN} ' \\")

    entry = (await ledger.receive(new, sending=False)).entry

    assert entry.request == new.request
    assert entry.form == new.form
    assert entry.subject == new.request["subject"]
    assert (entry.team_id, entry.slack_user_id, entry.view_id) == ("T1", "U1", "V1")
    assert (entry.state, entry.attempts, entry.sent_at) == (State.RECEIVED, 0, None)


async def test_the_same_submission_twice_is_one_row(ledger: Ledger, other: Ledger) -> None:
    first = await ledger.receive(new_entry(), sending=True)
    second = await other.receive(new_entry(), sending=True)

    assert (first.new, second.new) == (True, False)
    assert second.entry.id == first.entry.id
    assert second.entry.owner == ledger.owner


async def test_a_corrected_form_in_the_same_view_is_a_new_row(ledger: Ledger) -> None:
    first = await ledger.receive(new_entry(), sending=True)
    corrected = await ledger.receive(new_entry(subject="Invoice 13"), sending=True)
    elsewhere = await ledger.receive(new_entry(post_to="C2"), sending=True)

    assert corrected.new
    assert elsewhere.new
    assert len({first.entry.id, corrected.entry.id, elsewhere.entry.id}) == 3


async def test_the_same_form_again_after_a_refusal_is_a_new_attempt(ledger: Ledger) -> None:
    refused = await ledger.refused(await sending(ledger), "Unknown customer.")
    assert refused
    await ledger.told(refused)

    again = await ledger.receive(new_entry(), sending=True)

    assert again.new
    assert (again.entry.id, again.entry.state) == (refused.id, State.SENDING)
    assert (again.entry.attempts, again.entry.told, again.entry.reason) == (2, False, None)
    assert again.entry.finished_at is None


async def test_the_same_form_again_after_its_time_in_the_queue_is_a_new_attempt(
    ledger: Ledger,
) -> None:
    expired = await ledger.expired(await sending(ledger), "Weav did not answer.")
    assert expired

    again = await ledger.receive(new_entry(), sending=False)

    assert again.new
    assert (again.entry.state, again.entry.attempts) == (State.RECEIVED, 1)
    assert await ledger.told(expired) is None


async def test_received_is_sent_when_there_is_room(ledger: Ledger) -> None:
    received = (await ledger.receive(new_entry(), sending=False)).entry

    entry = await ledger.start_sending(received)

    assert entry
    assert (entry.state, entry.attempts) == (State.SENDING, 1)
    assert entry.sent_at is not None
    assert await ledger.start_sending(received) is None


async def test_nobody_takes_a_queued_row_before_it_is_due(ledger: Ledger, place: Place) -> None:
    queued = await ledger.queued(await sending(ledger), 40, "Weav does not answer.")
    assert queued
    assert (queued.state, queued.owner) == (State.QUEUED, None)
    assert await ledger.take(10) == []

    await place.pass_time(41)
    [taken] = await ledger.take(10)

    assert (taken.id, taken.state, taken.owner) == (queued.id, State.QUEUED, ledger.owner)
    assert taken.waited > 40
    begun = await ledger.start_sending(taken)
    assert begun
    assert begun.attempts == 2


async def test_a_refusal_is_held_until_its_author_is_told(ledger: Ledger, place: Place) -> None:
    refused = await ledger.refused(await sending(ledger), "Unknown customer.")
    assert refused
    assert (refused.told, refused.finished_at) == (False, None)

    await place.pass_time(LEASE + 1)
    [taken] = await ledger.take(10)
    told = await ledger.told(taken)

    assert told
    assert (told.state, told.reason, told.told) == (State.REFUSED, "Unknown customer.", True)
    assert told.due_at is None
    await place.pass_time(LEASE + 1)
    assert await ledger.take(10) == []


async def test_of_two_clicks_on_create_again_one_wins(ledger: Ledger, other: Ledger) -> None:
    row = await unconfirmed(ledger)

    first = await ledger.create_again(row.id, "U1")
    second = await other.create_again(row.id, "U1")

    assert first
    assert second is None
    assert (first.state, first.attempts, first.doubtful) == (State.RECEIVED, 1, True)
    sending_again = await ledger.start_sending(first)
    assert sending_again
    assert sending_again.attempts == 2


async def test_only_its_author_decides_about_an_unconfirmed_row(ledger: Ledger) -> None:
    row = await unconfirmed(ledger)

    assert await ledger.create_again(row.id, "U2") is None
    assert await ledger.look_again(row.id, "U2") is None
    assert await ledger.leave(row.id, "U2") is None


async def test_an_old_button_does_nothing_to_a_row_that_moved_on(ledger: Ledger) -> None:
    entry = await sending(ledger)

    assert await ledger.leave(entry.id, "U1") is None
    assert await ledger.look_again(entry.id, "U1") is None
    assert await ledger.create_again(entry.id, "U1") is None


async def test_the_same_form_again_does_not_repeat_what_may_have_arrived(ledger: Ledger) -> None:
    row = await unconfirmed(ledger)

    again = await ledger.receive(new_entry(), sending=True)

    assert (again.new, again.entry) == (False, row)


async def test_a_new_attempt_invalidates_the_former_owners_entry(ledger: Ledger) -> None:
    first = await ledger.refused(await sending(ledger), "Unknown customer.")
    assert first
    second = await ledger.refused(await sending(ledger), "Unknown customer.")
    assert second

    assert await ledger.told(first) is None
    assert await ledger.told(second)


async def test_a_look_invalidates_the_former_owners_entry(ledger: Ledger, place: Place) -> None:
    unsure = await ledger.unconfirmed(await sending(ledger), "No answer came.")
    assert unsure
    await place.pass_time(LEASE + 1)
    looking = await ledger.look_again(unsure.id, "U1")
    assert looking

    assert await ledger.told(unsure) is None
    assert await ledger.claim(looking, "conv-1", CONVERSATION)


async def test_leaving_it_is_final(ledger: Ledger) -> None:
    row = await unconfirmed(ledger)

    left = await ledger.leave(row.id, "U1")

    assert left
    assert (left.state, left.due_at) == (State.LEFT, None)
    assert await ledger.create_again(row.id, "U1") is None
    assert await ledger.look_again(row.id, "U1") is None
    assert not (await ledger.receive(new_entry(), sending=True)).new


async def test_looking_again_may_find_it(ledger: Ledger) -> None:
    row = await unconfirmed(ledger)

    looking = await ledger.look_again(row.id, "U1")
    assert looking
    assert await ledger.look_again(row.id, "U1") is None, "one look at a time"
    claimed = await ledger.claim(looking, "conv-1", CONVERSATION)

    assert claimed
    assert (claimed.state, claimed.recovered, claimed.told) == (State.OPENED, True, False)
    assert await ledger.create_again(row.id, "U1") is None


async def test_looking_again_may_end_as_it_began(ledger: Ledger) -> None:
    row = await unconfirmed(ledger)
    looking = await ledger.look_again(row.id, "U1")
    assert looking

    still = await ledger.unconfirmed(looking, "Nothing was found.")
    assert still
    told = await ledger.told(still)

    assert told
    assert (told.state, told.reason, told.due_at) == (
        State.UNCONFIRMED,
        "Nothing was found.",
        None,
    )


async def test_a_recovered_conversation_belongs_to_one_row(ledger: Ledger) -> None:
    one, two = await sending(ledger, "V1"), await sending(ledger, "V2")
    assert await ledger.claim(one, "conv-1", CONVERSATION)

    assert await ledger.claim(two, "conv-1", CONVERSATION) is None
    assert await ledger.claimed(two, ["conv-1", "conv-2"]) == {"conv-1"}
    assert await ledger.claimed(one, ["conv-1", "conv-2"]) == set()


async def test_a_conversation_that_an_answer_named_cannot_be_claimed(ledger: Ledger) -> None:
    one, two = await sending(ledger, "V1"), await sending(ledger, "V2")
    assert await ledger.opened(one, "conv-1", CONVERSATION)

    assert await ledger.claim(two, "conv-1", CONVERSATION) is None


async def test_a_late_answer_counts_though_the_lease_was_lost(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    entry = await sending(ledger)
    await place.pass_time(LEASE + 1)
    [taken] = await other.take(1)
    unsure = await other.unconfirmed(taken, "No answer came.")
    assert unsure

    opened = await ledger.opened(entry, "conv-1", CONVERSATION)

    assert opened
    assert (opened.state, opened.owner) == (State.OPENED, ledger.owner)
    assert await other.told(unsure) is None
    assert await ledger.announced(opened, "channel", "C1", "1.2")


async def test_a_late_answer_to_an_attempt_that_was_replaced_does_not_count(
    ledger: Ledger,
) -> None:
    entry = await sending(ledger)
    unsure = await ledger.unconfirmed(entry, "No answer came.")
    assert unsure
    again = await ledger.create_again(unsure.id, "U1")
    assert again

    assert await ledger.opened(entry, "conv-1", CONVERSATION) is None
    assert await ledger.start_sending(again)
    assert await ledger.opened(entry, "conv-1", CONVERSATION) is None


async def test_a_late_answer_changes_nothing_once_the_row_is_at_rest(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    found, left = await sending(ledger, "V1"), await sending(ledger, "V2")
    await place.pass_time(LEASE + 1)
    for taken in await other.take(2):
        if taken.id == found.id:
            claimed = await other.claim(taken, "conv-1", CONVERSATION)
            assert claimed
            await other.announced(claimed, "channel", "C1", "1.2")
        else:
            await other.unconfirmed(taken, "No answer came.")
            await other.leave(taken.id, "U1")

    assert await ledger.opened(found, "conv-1", CONVERSATION) is None
    assert await ledger.opened(left, "conv-2", CONVERSATION) is None


async def test_recording_an_outcome_twice_changes_nothing(ledger: Ledger) -> None:
    one, two, three, four = [await sending(ledger, f"V{number}") for number in range(4)]

    opened = [await ledger.opened(one, "conv-1", CONVERSATION) for _ in range(2)]
    claimed = [await ledger.claim(two, "conv-2", CONVERSATION) for _ in range(2)]
    queued = [await ledger.queued(three, 30, "Weav does not answer.") for _ in range(2)]
    refused = [await ledger.refused(four, "Unknown customer.") for _ in range(2)]

    assert [entry and entry.state for entry in opened] == [State.OPENED] * 2
    assert [entry and entry.state for entry in claimed] == [State.OPENED] * 2
    assert [entry and entry.state for entry in queued] == [State.QUEUED] * 2
    assert [entry and entry.state for entry in refused] == [State.REFUSED] * 2


async def test_putting_off_keeps_the_state(ledger: Ledger, place: Place) -> None:
    opened = await ledger.opened(await sending(ledger), "conv-1", CONVERSATION)
    assert opened

    later = await ledger.put_off(opened, 100)

    assert later
    assert (later.state, later.owner) == (State.OPENED, None)
    await place.pass_time(99)
    assert await ledger.take(1) == []
    await place.pass_time(2)
    assert [entry.id for entry in await ledger.take(1)] == [opened.id]
