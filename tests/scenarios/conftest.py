from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house import House, Mode, house
from tests.ledger.losing import losing

__all__ = ["losing"]


@pytest.fixture(params=["http", "socket"])
async def any_way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """The house with Slack ringing over HTTP, and again through Socket Mode."""
    mode: Mode = request.param
    async with house(tmp_path, mode=mode) as opened:
        await greeted(opened)
        yield opened


@pytest.fixture
async def at_home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as opened:
        await greeted(opened)
        yield opened


async def greeted(opened: House) -> None:
    """As it is in use: the bot knows its workspace and its scopes."""
    await opened.bot.health.poll_slack()
    opened.slack.calls.clear()
