"""Databases that carry out a statement, but whose answer comes too late or never."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import asyncpg
import pytest

from bot.ledger import sqlite as connecting
from bot.ledger.sqlite import connect
from tests.ledger.places import Place, PostgresPlace, SQLitePlace
from tests.ledger.tunnel import Tunnel, tunnel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

# Seconds: longer than the bot waits for a statement.
TOO_LATE = 1.8

_SQLITE_TRAP = """
CREATE TABLE trap AS SELECT 1 AS armed;
CREATE TRIGGER trap_insert AFTER INSERT ON {table}
  WHEN {when} AND EXISTS (SELECT 1 FROM trap) BEGIN DELETE FROM trap; SELECT spring(); END;
CREATE TRIGGER trap_update AFTER UPDATE ON {table}
  WHEN {when} AND EXISTS (SELECT 1 FROM trap) BEGIN DELETE FROM trap; SELECT spring(); END;
"""
_SQLITE_END = """
DROP TRIGGER trap_insert; DROP TRIGGER trap_update; DROP TABLE trap;
"""
# Slow enough that the test can hold back the answer meanwhile.
_POSTGRES_TRAP = """
CREATE TABLE trap AS SELECT 1 AS armed;
CREATE FUNCTION spring() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT 1 FROM trap) THEN DELETE FROM trap; PERFORM pg_sleep(0.5); END IF;
    RETURN NEW;
  END $$;
CREATE TRIGGER trap AFTER INSERT OR UPDATE ON {table}
  FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION spring();
"""
_POSTGRES_END = "DROP FUNCTION spring CASCADE; DROP TABLE trap"
_ASLEEP = (
    "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
)


class Losing(Protocol):
    @property
    def place(self) -> Place: ...

    @property
    def url(self) -> str:
        """The URL of the database whose answers can be lost."""

    def lost(
        self, table: str, when: str, seconds: float = TOO_LATE
    ) -> AbstractAsyncContextManager[None]:
        """Let the next matching row be written, but hold back the answer for `seconds`.

        `when` is an SQL condition on `new`. The block ends when such a row was written.
        """


class LosingFile:
    """An SQLite file whose disk hangs when the row that sprang the trap is committed."""

    def __init__(self, path: Path) -> None:
        self.place = SQLitePlace(path)
        self.url = self.place.url
        self._seconds = 0.0
        self._sprung = False
        self.stands_still = threading.Event()

    def connect(self, path: Path, busy: float, clock: Callable[[], float]) -> sqlite3.Connection:
        connection = connect(path, busy, clock)
        connection.create_function("spring", 0, self._spring)
        connection.set_trace_callback(self._before)
        return connection

    def _spring(self) -> None:
        self._sprung = True

    def _before(self, sql: str) -> None:
        if sql == "COMMIT" and self._sprung:
            self._sprung = False
            self.stands_still.set()
            time.sleep(self._seconds)

    @asynccontextmanager
    async def lost(self, table: str, when: str, seconds: float = TOO_LATE) -> AsyncIterator[None]:
        self._seconds = seconds
        with contextlib.closing(sqlite3.connect(self.place.path, isolation_level=None)) as program:
            program.executescript(_SQLITE_TRAP.format(table=table, when=when))
            yield
            while program.execute("SELECT 1 FROM trap").fetchone():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            program.executescript(_SQLITE_END)


def losing_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> LosingFile:
    """Make every ledger that is opened from now on connect through the returned file."""
    file = LosingFile(path)
    monkeypatch.setattr(connecting, "connect", file.connect)
    return file


class HoldingFile:
    """An SQLite file whose reads of a table wait until `go_on` is set."""

    def __init__(self, table: str) -> None:
        self._from = f"FROM {table}"
        self.go_on = threading.Event()
        self.go_on.set()

    def connect(self, path: Path, busy: float, clock: Callable[[], float]) -> sqlite3.Connection:
        connection = connect(path, busy, clock)
        connection.set_trace_callback(self._before)
        return connection

    def _before(self, sql: str) -> None:
        if self._from in sql:
            self.go_on.wait(TOO_LATE)


def holding_file(table: str, monkeypatch: pytest.MonkeyPatch) -> HoldingFile:
    """Make every ledger that is opened from now on connect through the returned file."""
    file = HoldingFile(table)
    monkeypatch.setattr(connecting, "connect", file.connect)
    return file


class LosingServer:
    def __init__(self, url: str, opened: Tunnel) -> None:
        self.place = PostgresPlace(url)
        self.url = opened.url
        self._tunnel = opened

    @asynccontextmanager
    async def lost(self, table: str, when: str, seconds: float = TOO_LATE) -> AsyncIterator[None]:
        await self.place.execute(_POSTGRES_TRAP.format(table=table, when=when))
        holding = asyncio.create_task(self._lose(seconds))
        try:
            yield
            await holding
        finally:
            holding.cancel()
        await self.place.execute(_POSTGRES_END)

    async def _lose(self, seconds: float) -> None:
        connection = await asyncpg.connect(self.place.url)
        while not await connection.fetchval(_ASLEEP):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self._tunnel.hold_back_answers()
        await asyncio.sleep(seconds)
        assert await connection.fetchval("SELECT count(*) FROM trap") == 0
        await connection.close()
        self._tunnel.pass_on()


@pytest.fixture(params=["sqlite", "postgresql"])
async def losing(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Losing]:
    if request.param == "sqlite":
        yield losing_file(tmp_path / "losing.db", monkeypatch)
        return
    url = request.getfixturevalue("postgres_url")
    async with tunnel(url) as opened:
        yield LosingServer(url, opened)
