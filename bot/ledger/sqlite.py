"""The ledger in a file, for one process: https://www.sqlite.org/wal.html."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import aiosqlite
from aiosql.adapters.aiosqlite import AioSQLiteAdapter

from bot.ledger.database import load_queries
from bot.ledger.errors import LedgerUnavailable, Taken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from pathlib import Path

    from bot.ledger.database import Rows, Run

_RETURNING: Final = (3, 35)


class _Adapter(AioSQLiteAdapter):
    """One hop to the connection's thread a statement; aiosql's own makes three.

    All rows are fetched in it: SQLite commits when a statement has given its last row.
    """

    async def select(
        self,
        conn: aiosqlite.Connection,
        _query_name: str,
        sql: str,
        parameters: Mapping[str, Any],
        _record_class: None = None,
    ) -> AsyncIterator[sqlite3.Row]:
        for row in await conn.execute_fetchall(sql, parameters):
            yield row


class SQLite:
    dialect = "sqlite"

    def __init__(self, connection: aiosqlite.Connection, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._queries = load_queries(self.dialect, _Adapter)
        # A statement that waits here is withdrawn when its time is over; one that the thread has
        # cannot be. Two keep the thread busy.
        self._turn = asyncio.Semaphore(2)

    async def query(self, name: str, values: Mapping[str, Any]) -> Rows:
        statement = getattr(self._queries, name)
        with _errors():
            async with asyncio.timeout(self._timeout), self._turn:
                return [row async for row in statement(self._connection, **values)]

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Run]:
        with _errors():
            await self._run("BEGIN IMMEDIATE")
            try:
                yield self._run
            except BaseException:
                await self._connection.rollback()
                raise
            await self._connection.commit()

    async def _run(self, sql: str) -> Rows:
        return [dict(row) for row in await self._connection.execute_fetchall(sql)]


@asynccontextmanager
async def open_sqlite(
    path: Path, statement_timeout: float, clock: Callable[[], float]
) -> AsyncIterator[SQLite]:
    if sqlite3.sqlite_version_info < _RETURNING:
        raise LedgerUnavailable(f"SQLite 3.35 is needed, and this is {sqlite3.sqlite_version}.")
    with _errors():
        _create_private(path)
        # isolation_level=None: a statement is a transaction, committed when it returns.
        connection = await aiosqlite.connect(path, isolation_level=None, timeout=statement_timeout)
    try:
        with _errors():
            connection.row_factory = sqlite3.Row
            await connection.create_function("ledger_clock", 0, clock)
            for pragma in ("journal_mode = WAL", "synchronous = FULL"):
                await connection.execute_fetchall(f"PRAGMA {pragma}")
        yield SQLite(connection, statement_timeout)
    finally:
        await connection.close()


def _create_private(path: Path) -> None:
    # The files beside it (-wal, -shm) get the same permissions from SQLite.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise Taken from error
        raise LedgerUnavailable(f"The ledger's database refuses the row: {error}.") from error
    except TimeoutError as error:
        raise LedgerUnavailable("The ledger's file does not answer in time.") from error
    except (sqlite3.Error, OSError, ValueError) as error:  # ValueError: aiosqlite, when closed
        raise LedgerUnavailable(f"The ledger's file cannot be used: {error}.") from error
