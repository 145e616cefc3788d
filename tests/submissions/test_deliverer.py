"""Resumed rows do not wait for the messages of other rows."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.ledger import Entry, Ledger, State
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.submissions.worker import Limits
from tests.harness import CREATE, QUICK, Harness, open_harness, public, text_on

STUCK = "C0SUPPORT"
NO_CARDS_THERE = SlackFault(
    "chat.postMessage",
    "ratelimited",
    status=429,
    retry_after=60,
    times=None,
    where={"channel": STUCK},
)


async def queue_and_let_weav_answer(harness: Harness, *slack_channel_ids: str) -> None:
    """Queue one submission a channel while Weav is away, then bring Weav back."""
    away = harness.weav.fail(WeavFault(status=503, **CREATE))
    for number, channel in enumerate(slack_channel_ids):
        await harness.fill_in(subject=f"Number {number}", post_to=channel)
        await harness.ann.submit()
        await harness.ann.close()
    harness.slack.faults.add(NO_CARDS_THERE)
    harness.weav.faults.remove(away)


def posts(harness: Harness, slack_channel_id: str) -> int:
    calls = harness.slack.calls_of("chat.postMessage")
    return sum(call.arguments["channel"] == slack_channel_id for call in calls)


@pytest.mark.long
async def test_a_channel_that_takes_no_cards_does_not_hold_up_others(tmp_path: Path) -> None:
    two_rows = replace(QUICK, limits=Limits(resumed_at_once=2))
    async with open_harness(tmp_path, pace=two_rows) as harness:
        await queue_and_let_weav_answer(harness, STUCK, STUCK, STUCK, "C0GENERAL")

        await harness.weav.until(lambda: len(harness.weav.conversations) == 4, 15)

        assert "Number 3" in text_on(await harness.card("C0GENERAL"))


async def test_cards_of_one_channel_take_turns(tmp_path: Path) -> None:
    all_at_once = replace(QUICK, spread=0.0, limits=Limits(per_recipient=1))
    async with open_harness(tmp_path, pace=all_at_once) as harness:
        harness.slack.faults.add(SlackFault("chat.postMessage", delay=0.3, times=None))
        await queue_and_let_weav_answer(harness, *["C0GENERAL"] * 3)

        await harness.slack.until(lambda slack: len(public(slack, "C0GENERAL")) == 3, 15)

    calls = harness.slack.calls_of("chat.postMessage")
    begun = sorted(call.at for call in calls)
    assert all(later - earlier > 0.25 for earlier, later in pairwise(begun))


async def test_rows_beyond_the_limit_wait_in_the_ledger(tmp_path: Path) -> None:
    no_room = replace(QUICK, limits=Limits(waiting_for_slack=0, put_off_for=0.5))
    async with open_harness(tmp_path, pace=no_room) as harness:
        await queue_and_let_weav_answer(harness, "C0GENERAL")
        async with Ledger.open(harness.database) as ledger, asyncio.timeout(15):
            while not is_put_off((await ledger.latest("T0SANDBOX", "U0ANN"))[0]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert posts(harness, "C0GENERAL") == 0
        assert len(harness.weav.conversations) == 1

    async with open_harness(tmp_path) as another:
        await another.card("C0GENERAL")
        assert another.weav.creations == []


def is_put_off(entry: Entry) -> bool:
    return entry.state is State.OPENED and entry.owner is None
