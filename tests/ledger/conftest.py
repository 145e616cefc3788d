from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ledger.places import Place, PostgresPlace, SQLitePlace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.ledger import Ledger
    from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_database(postgres_server: PostgresServer) -> str:
    return postgres_server.create_database()


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return an empty database of either kind, with a clock that the test can move."""
    if request.param == "sqlite":
        return SQLitePlace(tmp_path / "ledger.db")
    place = PostgresPlace(request.getfixturevalue("postgres_database"))
    # Empty it for each test: creating a new database takes ten times as long.
    await place.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return place


@pytest.fixture
async def ledger(place: Place) -> AsyncIterator[Ledger]:
    async with place.open() as ledger:
        yield ledger


@pytest.fixture
async def other(place: Place) -> AsyncIterator[Ledger]:
    """Yield a second replica's ledger on the same database."""
    async with place.open() as other:
        yield other
