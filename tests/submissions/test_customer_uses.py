"""Repeated uses of a customer are written once in ten minutes."""

from pathlib import Path

import pytest

from bot.ledger import Entry, Ledger
from bot.submissions.announcer import CustomerUses
from tests.harness import JANE
from tests.ledger.places import SQLitePlace
from tests.submissions.test_create import NEW


def learn_jane(customer_id: str) -> None:
    assert customer_id == JANE


async def received_entry(ledger: Ledger) -> Entry:
    return (await ledger.receive(NEW, sending=True)).entry


@pytest.mark.parametrize("uptime", [0.0, 10.0, 1e6])
async def test_the_first_use_is_written_whatever_the_monotonic_clock_says(
    tmp_path: Path, uptime: float
) -> None:
    async with SQLitePlace(tmp_path / "ledger.db").open() as ledger:
        await CustomerUses(ledger.customers, learn_jane, lambda: uptime).note_use(
            await received_entry(ledger)
        )

        known = await ledger.customers.customer(JANE, "", "U1")

    assert known is not None
    assert known.by_author


async def test_the_same_use_is_written_again_after_ten_minutes(tmp_path: Path) -> None:
    place, now = SQLitePlace(tmp_path / "ledger.db"), 5.0
    async with place.open() as ledger:
        customer_uses, entry = (
            CustomerUses(ledger.customers, learn_jane, lambda: now),
            await received_entry(ledger),
        )
        await customer_uses.note_use(entry)
        await place.execute("DELETE FROM customer_uses")

        now += 599
        await customer_uses.note_use(entry)
        assert await is_used_by_author(ledger) is False

        now += 1
        await customer_uses.note_use(entry)
        assert await is_used_by_author(ledger) is True


async def is_used_by_author(ledger: Ledger) -> bool:
    known = await ledger.customers.customer(JANE, "", "U1")
    return known is not None and known.by_author
