"""A harness in Socket Mode that notices a lost connection and reconnects quickly."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from tests.bad_days.logs import logged, logged_badly
from tests.harness import JANE, QUICK, Harness, open_harness, public
from tests.shorter_waits import set_reconnect_pause

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest

LIVELY = replace(QUICK, ping=0.25)
OPEN = "apps.connections.open"


@asynccontextmanager
async def quick_socket_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Harness, io.StringIO]]:
    """Yield the harness and the log; only the SDK may log errors, about what Slack does."""
    set_reconnect_pause(monkeypatch, 0.15)
    with logged() as log:
        async with open_harness(tmp_path, mode="socket", pace=LIVELY) as opened:
            yield opened, log
        assert [line for line in logged_badly(log) if "slack_sdk" not in line] == []


async def until_readyz(
    harness: Harness, *, status: int = 200, within: float = 5
) -> dict[str, bool]:
    """Poll /readyz until it has this status: nothing reports a lost connection."""
    await harness.bot.health.poll_slack()
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(within):
        while True:
            response = await client.get(f"{harness.url}/readyz")
            if response.status_code == status:
                answer: dict[str, bool] = response.json()
                return answer
            await asyncio.sleep(0.01)


async def check_main_job(harness: Harness) -> None:
    """Check the whole way: a command, a form and a card."""
    before = len(public(harness.slack, "C0SUPPORT"))
    answer = await harness.ann.command(f"email {JANE} After the storm")
    assert (answer.status, answer.trouble) == (200, "")
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert (await harness.ann.submit()).trouble == ""
    await harness.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) > before)


def logged_events(log: io.StringIO, logger: str = "weav_slack.socket_mode") -> list[str]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line["event"] for line in lines if line["logger"] == logger]
