"""A row that was written after its author was told otherwise is withdrawn, and no other row."""

from dataclasses import replace

import pytest

from bot.ledger import Entry, Ledger, State
from bot.submissions.service import withdraw
from tests.ledger.places import LEASE, Place
from tests.shorter_waits import set_withdraw_pauses
from tests.submissions.test_create import NEW


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    set_withdraw_pauses(monkeypatch, 0.01, 0.01)


async def row(ledger: Ledger) -> Entry:
    found = await ledger.by_key(NEW.key)
    assert found
    return found


@pytest.mark.parametrize("sending", [True, False])
async def test_a_row_that_was_written_late_is_withdrawn(ledger: Ledger, *, sending: bool) -> None:
    late = replace(NEW, receipt="late")
    await ledger.receive(late, sending=sending)

    await withdraw(ledger, late, seen=True)

    withdrawn = await row(ledger)
    assert (withdrawn.state, withdrawn.told) == (State.EXPIRED, True)


async def test_an_author_who_did_not_see_the_answer_is_told_when_the_lease_is_over(
    ledger: Ledger,
) -> None:
    late = replace(NEW, receipt="late")
    await ledger.receive(late, sending=True)

    await withdraw(ledger, late, seen=False)

    withdrawn = await row(ledger)
    assert (withdrawn.state, withdrawn.told) == (State.EXPIRED, False)


async def test_the_same_form_submitted_again_is_not_withdrawn(ledger: Ledger) -> None:
    """It is written, and the answer has not reached the process that will send it."""
    refused = replace(NEW, receipt="first")
    again = (await ledger.receive(NEW, sending=True)).entry

    await withdraw(ledger, refused, seen=True)

    assert await row(ledger) == again


async def test_a_row_of_a_dead_process_is_not_withdrawn(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    """It is taken over, and the answer has not reached the process that will look for it."""
    refused = replace(NEW, receipt="first")
    await other.receive(NEW, sending=True)
    await place.pass_time(LEASE + 1)
    [taken] = await ledger.take(1)

    await withdraw(ledger, refused, seen=True)

    assert await row(ledger) == taken


async def test_a_row_that_was_written_late_and_resumed_is_not_withdrawn(
    ledger: Ledger, place: Place
) -> None:
    late = replace(NEW, receipt="late")
    await ledger.receive(late, sending=False)
    await place.pass_time(LEASE + 1)
    [taken] = await ledger.take(1)
    sending = await ledger.start_sending(taken)

    await withdraw(ledger, late, seen=True)

    assert await row(ledger) == sending
