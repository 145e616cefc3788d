"""Calls that hang do not delay others, and a burst opens no more connections than it needs."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from bot.metrics import Metrics
from bot.sandbox.slack import SlackFault, SlackSandbox
from bot.slack.client import CALLS_AT_ONCE, Bulkhead, Installation, SlackClient, slack_session
from tests.harness import QUICK, open_harness, public, text_on


async def test_a_hundred_calls_use_only_as_many_connections_as_the_bulkhead_allows() -> None:
    # No time limit: the test waits until a place becomes free.
    bulkhead = Bulkhead(standstill=5.0, longest_queue=30.0)
    async with SlackSandbox().serving() as slack, slack_session() as session:
        client = SlackClient(
            slack.workspace.bot_token,
            slack.api_url,
            session,
            Metrics(CollectorRegistry()),
            Installation(),
            bulkhead,
        )

        await asyncio.gather(*(client.auth_test() for _ in range(100)))

        assert slack.workspace.connections() <= CALLS_AT_ONCE


@pytest.mark.long
async def test_forms_open_while_card_posts_hang(tmp_path: Path) -> None:
    async with open_harness(tmp_path, pace=replace(QUICK, drain=0.2)) as harness:
        for _ in range(CALLS_AT_ONCE + 2):
            await harness.fill_in(harness.ben, subject="Export hangs")
            harness.slack.faults.add(SlackFault("chat.postMessage", delay=9, times=1))
            await harness.ben.submit()

        await harness.ann.command("Export hangs")

        await harness.slack.until(lambda slack: slack.top_view("U0ANN"), 3)
        assert public(harness.slack, "C0SUPPORT") == []
        assert "Export hangs" not in "".join(map(text_on, harness.slack.from_bot()))
