"""Whatever Weav answers to a create: told truthfully and in time, nothing lost or doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.ledger import State
from bot.slack import ids
from tests.bad_days.rows import Row, add_fault
from tests.bad_days.runner import Part, parts, run_rows, some
from tests.bad_days.table import WEAV, WeavDay
from tests.harness import text_on

if TYPE_CHECKING:
    from pathlib import Path


async def check_row(row: Row, day: WeavDay) -> None:
    add_fault(row, "/v1/conversations", row.customer_id, day)
    await row.command()
    await row.opened()

    await row.submit()

    await THEN[day.then, day.carried_out](row)
    [conversation] = row.conversations
    assert conversation["subject"] == row.subject
    assert len(row.cards()) == 1


async def _refused(row: Row) -> None:
    await row.until(lambda: row.is_warned() or row.person.view.errors, 5)
    await row.told_in(State.REFUSED)
    await _nothing_created_and_the_form_is_kept(row)


async def _given_back(row: Row) -> None:
    await row.shown("Nothing was created. Submit again.")
    await row.told_in(State.EXPIRED)
    await _nothing_created_and_the_form_is_kept(row)


async def _nothing_created_and_the_form_is_kept(row: Row) -> None:
    assert row.conversations == []
    assert row.person.view.values["subject"]["subject"]["value"] == row.subject
    await row.submit()
    await row.told_in(State.ANNOUNCED)


async def _queued(row: Row) -> None:
    await row.shown("is queued and will be created")
    entry = await row.told_in(State.ANNOUNCED)
    assert entry.attempts > 1
    assert "It waited" in text_on(row.cards()[0])


async def _not_confirmed(row: Row) -> None:
    await row.shown("may have been created or not")
    entry = await row.told_in(State.UNCONFIRMED)
    assert row.conversations == []
    assert entry.attempts == 1
    await row.person.act(ids.CREATE_AGAIN)
    await row.told_in(State.ANNOUNCED)


async def _recovered(row: Row) -> None:
    entry = await row.told_in(State.ANNOUNCED)
    assert (entry.attempts, entry.recovered) == (1, True)
    assert "Recovered" in text_on(row.cards()[0])


THEN = {
    ("refused", False): _refused,
    ("given back", False): _given_back,
    ("queued", False): _queued,
    ("unknown", False): _not_confirmed,
    ("unknown", True): _recovered,
}


async def test_some_bad_days_at_weav_lose_nothing_and_are_reported_correctly(
    tmp_path: Path,
) -> None:
    await run_rows(tmp_path, some(WEAV), check_row)


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("days", parts(WEAV), ids=str)
async def test_every_bad_day_at_weav_loses_nothing_and_is_reported_correctly(
    tmp_path: Path, days: Part[WeavDay]
) -> None:
    await run_rows(tmp_path, days, check_row)
