"""The limit on concurrent requests to Weav, and what does not count."""

import asyncio
from pathlib import Path

import pytest

from bot.ledger import State
from bot.sandbox.weav import WeavFault
from tests.house import CREATE, House, house, public
from tests.shorter_waits import patch_one_request_to_weav
from tests.submissions.test_scheduler import execute, until


async def is_received(at_home: House, slack_user_id: str) -> bool:
    entries = await at_home.entries(slack_user_id)
    return [entry.state for entry in entries] == [State.RECEIVED]


@pytest.mark.long
async def test_watching_a_row_of_another_replica_takes_no_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch_one_request_to_weav(monkeypatch)
    async with house(tmp_path) as at_home:
        at_home.weav.fail(WeavFault(hold=1.5, times=1, **CREATE))
        await at_home.fill_in(subject="First")
        await at_home.fill_in(at_home.ben, subject="Second")
        submitting = [asyncio.create_task(at_home.ann.submit())]
        await at_home.weav.until(lambda: bool(at_home.weav.creations))
        submitting.append(asyncio.create_task(at_home.ben.submit()))
        await until(lambda: is_received(at_home, "U0BEN"))
        execute(
            at_home,
            "UPDATE submissions SET owner = 'another', fence = fence + 1, due_at = due_at + 1000"
            " WHERE state = 'received'",
        )
        await asyncio.gather(*submitting)

        await at_home.fill_in(subject="Third")
        await at_home.ann.submit()

        await at_home.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 2)
