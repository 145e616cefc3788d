from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house import House, Mode, house
from tests.ledger.losing import losing

__all__ = ["losing"]


@pytest.fixture(params=["http", "socket"])
async def any_way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """The harness over HTTP, and again over Socket Mode."""
    mode: Mode = request.param
    async with house(tmp_path, mode=mode) as opened:
        await greet_slack(opened)
        yield opened


@pytest.fixture
async def at_home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as opened:
        await greet_slack(opened)
        yield opened


async def greet_slack(opened: House) -> None:
    """As at a real start: the bot learns its workspace and scopes."""
    await opened.bot.health.poll_slack()
    opened.slack.calls.clear()
