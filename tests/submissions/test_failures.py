"""A row whose processing raises each time, such as one from an old release."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.ledger import Entry, Ledger, State
from bot.sandbox.slack import SlackFault
from tests.harness import Harness, open_harness, text_on
from tests.submissions.test_create import NEW
from tests.submissions.test_scheduler import execute, has_failed

UNREADABLE = replace(NEW, team_id="T0SANDBOX", slack_user_id="U0ANN", form={"values": 7})
HOUR = 3600
DAY = 24 * HOUR


async def written(ledger: Ledger, state: State) -> Entry:
    entry = (await ledger.receive(UNREADABLE, sending=state is not State.RECEIVED)).entry
    if state is State.OPENED:
        await ledger.opened(entry, "conv-77", {"id": "conv-77"})
    return entry


def overdue(harness: Harness, *, tried_for: float) -> None:
    """Make the row overdue, and let it be that old and tried for so long."""
    execute(harness, f"UPDATE submissions SET received_at = received_at - {tried_for}")  # noqa: S608
    execute(harness, f"UPDATE submissions SET tried_for = {tried_for}, due_at = 0")  # noqa: S608


async def row_when(harness: Harness, look: Callable[[Entry], bool]) -> Entry:
    async with asyncio.timeout(10):
        while True:
            [row] = await harness.entries()
            if look(row):
                return row
            await asyncio.sleep(0.05)


@pytest.mark.long
async def test_the_row_is_put_off_for_half_of_the_time_of_trying(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness, Ledger.open(harness.database) as ledger:
        await written(ledger, State.OPENED)
        overdue(harness, tried_for=HOUR)

        row = await row_when(harness, lambda row: row.owner is None)

        assert row.state is State.OPENED
        assert row.due_at
        assert HOUR / 2 - 30 < row.due_at - row.read_at < HOUR / 2 + 30
        assert await has_failed(harness)


@pytest.mark.parametrize(
    ("state", "end", "said"),
    [
        (State.OPENED, State.ANNOUNCED, "conv-77"),
        (State.SENDING, State.UNCONFIRMED, "may have been created in Weav or not"),
        (State.RECEIVED, State.EXPIRED, "was not created in Weav"),
    ],
)
async def test_after_a_day_the_author_gets_a_plain_message_and_the_row_is_finished(
    tmp_path: Path, state: State, end: State, said: str
) -> None:
    async with open_harness(tmp_path) as harness, Ledger.open(harness.database) as ledger:
        await written(ledger, state)
        overdue(harness, tried_for=DAY)
        await row_when(harness, lambda row: row.owner is None)  # the message has a day of its own
        overdue(harness, tried_for=DAY + 1)

        assert said in text_on(await harness.direct_message())

        row = await row_when(harness, lambda row: row.finished_at is not None)
        assert (row.state, row.told, row.due_at) == (end, True, None)
        assert await ledger.forget(0) == 1


async def test_a_row_that_cannot_be_looked_for_is_told_as_unknown(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness, Ledger.open(harness.database) as ledger:
        await written(ledger, State.SENDING)
        execute(harness, "UPDATE submissions SET request = '{}'")
        overdue(harness, tried_for=DAY + 1)

        assert "may have been created in Weav or not" in text_on(await harness.direct_message())

        row = await row_when(harness, lambda row: row.finished_at is not None)
        assert (row.state, harness.weav.creations) == (State.UNCONFIRMED, [])


async def test_the_first_error_after_a_day_of_downtime_gives_nothing_up(
    tmp_path: Path,
) -> None:
    async with open_harness(tmp_path) as harness, Ledger.open(harness.database) as ledger:
        await written(ledger, State.OPENED)
        execute(harness, "UPDATE submissions SET received_at = received_at - 200000, due_at = 0")

        row = await row_when(harness, lambda row: row.owner is None)

        assert row.state is State.OPENED
        assert row.due_at
        assert row.due_at - row.read_at < 30


@pytest.mark.parametrize(
    ("tried_for", "code", "ends"),
    [
        (DAY + 1, "fatal_error", False),
        (2 * DAY + 1, "fatal_error", True),
        (2 * DAY + 1, "invalid_auth", False),
    ],
)
async def test_a_final_message_that_slack_does_not_take_is_retried_for_another_day(
    tmp_path: Path, tried_for: float, code: str, *, ends: bool
) -> None:
    async with open_harness(tmp_path) as harness, Ledger.open(harness.database) as ledger:
        harness.slack.faults.add(SlackFault("chat.postMessage", error=code, times=None))
        await written(ledger, State.OPENED)
        overdue(harness, tried_for=tried_for)

        row = await row_when(harness, lambda row: row.owner is None)

        assert (row.finished_at is not None) is ends
        assert row.told is ends
