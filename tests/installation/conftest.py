"""What the tests of this folder share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.killing.conftest import Tell, tell
from tests.outside import Outside, outside_of

__all__ = ["Tell", "tell"]


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    async with outside_of(tmp_path) as outside:
        yield outside
