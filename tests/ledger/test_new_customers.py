"""Withdrawing a customer's `begin` whose answer was lost: only its own owner's, and no other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ledger.places import LEASE
from tests.ledger.test_ways import sending

if TYPE_CHECKING:
    from bot.ledger import Ledger
    from tests.ledger.places import Place

EMAIL = "new@example.com"


async def test_the_next_attempt_can_begin_after_a_withdrawal(ledger: Ledger) -> None:
    entry = await sending(ledger)
    assert await ledger.new_customers.begin(EMAIL, entry)

    await ledger.new_customers.withdraw(EMAIL, entry)

    assert await ledger.new_customers.get(EMAIL) is None
    assert await ledger.new_customers.begin(EMAIL, entry)


async def test_what_a_dead_process_began_is_not_withdrawn(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    await other.new_customers.begin(EMAIL, await sending(other))
    await place.pass_time(LEASE + 1)
    [taken] = await ledger.take(1)

    await ledger.new_customers.withdraw(EMAIL, taken)

    assert await ledger.new_customers.get(EMAIL)


async def test_a_former_owner_withdraws_nothing(
    ledger: Ledger, other: Ledger, place: Place
) -> None:
    entry = await sending(ledger)
    await place.pass_time(LEASE + 1)
    [taken] = await other.take(1)
    await other.new_customers.begin(EMAIL, taken)

    await ledger.new_customers.withdraw(EMAIL, entry)

    assert await ledger.new_customers.get(EMAIL)


async def test_a_created_customer_is_not_withdrawn(ledger: Ledger) -> None:
    entry = await sending(ledger)
    await ledger.new_customers.begin(EMAIL, entry)
    await ledger.new_customers.created(EMAIL, entry, "9f3b")

    await ledger.new_customers.withdraw(EMAIL, entry)

    assert await ledger.new_customers.get(EMAIL)
