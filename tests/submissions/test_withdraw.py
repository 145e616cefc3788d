"""A row of which its author was told that it was not written: withdrawn, and no other with it."""

from dataclasses import replace

import pytest

from bot.ledger import Entry, Ledger, State
from bot.submissions.service import withdraw
from tests.ledger.places import LEASE, Place
from tests.seams import look_for_late_rows_after
from tests.submissions.test_create import NEW


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    look_for_late_rows_after(monkeypatch, 0.01, 0.01)


async def row(ledger: Ledger) -> Entry:
    found = await ledger.by_key(NEW.key)
    assert found
    return found


@pytest.mark.parametrize("sending", [True, False])
async def test_what_was_written_late_is_withdrawn(ledger: Ledger, *, sending: bool) -> None:
    late = replace(NEW, receipt="late")
    await ledger.receive(late, sending=sending)

    await withdraw(ledger, late, seen=True)

    withdrawn = await row(ledger)
    assert (withdrawn.state, withdrawn.told) == (State.EXPIRED, True)


async def test_who_did_not_see_the_answer_is_told_when_the_lease_is_over(ledger: Ledger) -> None:
    late = replace(NEW, receipt="late")
    await ledger.receive(late, sending=True)

    await withdraw(ledger, late, seen=False)

    withdrawn = await row(ledger)
    assert (withdrawn.state, withdrawn.told) == (State.EXPIRED, False)


async def test_the_same_form_that_was_submitted_again_is_not_withdrawn(ledger: Ledger) -> None:
    """As when it is written, and its answer is still under way to who will send it."""
    refused = replace(NEW, receipt="first")
    again = (await ledger.receive(NEW, sending=True)).entry

    await withdraw(ledger, refused, seen=True)

    assert await row(ledger) == again


async def test_what_a_dead_process_began_is_not_said_to_be_not_created(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    """As when it is taken over, and its answer is still under way to who will look for it."""
    refused = replace(NEW, receipt="first")
    await other.receive(NEW, sending=True)
    await place.pass_time(LEASE + 1)
    [taken] = await ledger.take(1)

    await withdraw(ledger, refused, seen=True)

    assert await row(ledger) == taken


async def test_what_was_written_late_and_is_taken_up_by_now_is_not_withdrawn(
    ledger: Ledger, place: Place
) -> None:
    late = replace(NEW, receipt="late")
    await ledger.receive(late, sending=False)
    await place.pass_time(LEASE + 1)
    [taken] = await ledger.take(1)
    sending = await ledger.start_sending(taken)

    await withdraw(ledger, late, seen=True)

    assert await row(ledger) == sending
