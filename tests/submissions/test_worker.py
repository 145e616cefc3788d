"""The limit on concurrent requests to Weav, and what does not count."""

import asyncio
from pathlib import Path

import pytest

from bot.ledger import State
from bot.sandbox.weav import WeavFault
from tests.harness import CREATE, Harness, open_harness, public
from tests.shorter_waits import patch_one_request_to_weav
from tests.submissions.test_scheduler import execute, until


async def is_received(harness: Harness, slack_user_id: str) -> bool:
    entries = await harness.entries(slack_user_id)
    return [entry.state for entry in entries] == [State.RECEIVED]


@pytest.mark.long
async def test_watching_a_row_of_another_replica_takes_no_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch_one_request_to_weav(monkeypatch)
    async with open_harness(tmp_path) as harness:
        harness.weav.fail(WeavFault(hold=1.5, times=1, **CREATE))
        await harness.fill_in(subject="First")
        await harness.fill_in(harness.ben, subject="Second")
        submitting = [asyncio.create_task(harness.ann.submit())]
        await harness.weav.until(lambda: bool(harness.weav.creations))
        submitting.append(asyncio.create_task(harness.ben.submit()))
        await until(lambda: is_received(harness, "U0BEN"))
        execute(
            harness,
            "UPDATE submissions SET owner = 'another', fence = fence + 1, due_at = due_at + 1000"
            " WHERE state = 'received'",
        )
        await asyncio.gather(*submitting)

        await harness.fill_in(subject="Third")
        await harness.ann.submit()

        await harness.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 2)
