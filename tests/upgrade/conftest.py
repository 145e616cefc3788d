from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.upgrade.restored import Restored, restored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgresql"])
def postgres(request: pytest.FixtureRequest) -> Callable[[], str] | None:
    """The URL of an empty PostgreSQL database, or None for SQLite."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return lambda: url


@pytest.fixture
async def left_behind(
    tmp_path: Path, postgres: Callable[[], str] | None
) -> AsyncIterator[Restored]:
    """The data that 0.1.0 left a moment ago, on either database."""
    async with restored(tmp_path, postgres) as world:
        yield world


@pytest.fixture
async def in_a_file(tmp_path: Path) -> AsyncIterator[Restored]:
    """The data that 0.1.0 left a moment ago, in SQLite."""
    async with restored(tmp_path, None) as world:
        yield world
