"""Background loops go on after an error."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.ledger import Entry, Ledger, State
from tests.harness import Harness, open_harness
from tests.metrics import scrape, value
from tests.submissions.test_create import NEW


def execute(harness: Harness, sql: str) -> None:
    """Run a statement as another program would."""
    path = harness.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(sql)


async def until(ask: Callable[[], Awaitable[bool]]) -> None:
    """Poll until it is so."""
    async with asyncio.timeout(15):
        while not await ask():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def is_in(ledger: Ledger, entry: Entry, state: State) -> bool:
    row = await ledger.get(entry.id)
    return row is not None and row.state is state


async def has_failed(harness: Harness) -> bool:
    return value(await scrape(harness), "weav_slack_failures_total", where="task") > 0


@pytest.mark.long
async def test_an_error_in_a_sweep_is_counted_and_the_next_sweep_runs(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness, Ledger.open(harness.database) as ledger:
        entry = (await ledger.receive(NEW, sending=True)).entry
        execute(harness, "ALTER TABLE submissions RENAME COLUMN route TO way")
        execute(harness, "UPDATE submissions SET due_at = 0")
        await until(lambda: has_failed(harness))

        execute(harness, "ALTER TABLE submissions RENAME COLUMN way TO route")
        await until(lambda: is_in(ledger, entry, State.UNCONFIRMED))
