"""Fixtures for the tests in this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.killing.conftest import Tell, tell
from tests.sandboxes import Sandboxes, sandboxes_in

__all__ = ["Tell", "tell"]


@pytest.fixture
async def sandboxes(tmp_path: Path) -> AsyncIterator[Sandboxes]:
    async with sandboxes_in(tmp_path) as sandboxes:
        yield sandboxes
