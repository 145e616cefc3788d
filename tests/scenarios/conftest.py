from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import Harness, Mode, open_harness
from tests.ledger.losing import losing

__all__ = ["losing"]


@pytest.fixture(params=["http", "socket"])
async def any_harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """The harness over HTTP, and again over Socket Mode."""
    mode: Mode = request.param
    async with open_harness(tmp_path, mode=mode) as opened:
        await greet_slack(opened)
        yield opened


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path) as opened:
        await greet_slack(opened)
        yield opened


async def greet_slack(opened: Harness) -> None:
    """As at a real start: the bot learns its workspace and scopes."""
    await opened.bot.health.poll_slack()
    opened.slack.calls.clear()
