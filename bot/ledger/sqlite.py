"""The ledger in a file, for one process: https://www.sqlite.org/wal.html."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from aiosql.adapters.sqlite3 import SQLite3Adapter

from bot.ledger.batch import Statement, fetch, run_together
from bot.ledger.database import Rows, Run, load_queries
from bot.ledger.errors import LedgerUnavailable, Taken

T = TypeVar("T")
_RETURNING: Final = (3, 35)
# Seconds: nobody waits for an answer yet, and another process may bring the file forward.
_START_WITHIN: Final = 5.0
# Statements in one transaction: nobody waits long behind the others.
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection and the one thread that uses it."""

    connection: sqlite3.Connection
    thread: Executor

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, work, self.connection, *arguments)


class SQLite:
    """Statements that come while others are being written are then written together.

    Each hop to the connection's thread takes the interpreter from the event loop, and each commit
    waits for the disk: under load one of each does for many. Who only reads waits for neither.
    """

    dialect = "sqlite"

    def __init__(self, writer: Connected, reader: Connected, timeout: float, busy: float) -> None:
        self._writer = writer
        self._reader = reader
        self._timeout = timeout
        self._busy = busy
        self._queries = load_queries(self.dialect, SQLite3Adapter)
        self._waiting: list[Statement] = []
        self._writing: asyncio.Task[None] | None = None

    async def query(self, name: str, values: Mapping[str, Any]) -> Rows:
        """One that still waits when its time is over is withdrawn; one being written cannot be."""
        sql = getattr(self._queries, name).sql
        with _errors():
            async with asyncio.timeout(self._timeout):
                if sql.startswith("SELECT"):
                    return await self._reader.run(fetch, sql, values)
                return await self._written(sql, values)

    async def _written(self, sql: str, values: Mapping[str, Any]) -> Rows:
        loop = asyncio.get_running_loop()
        statement = Statement(sql, values, loop.create_future())
        self._waiting.append(statement)
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        return await statement.rows

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Run]:
        with _errors():
            await self._wait_for_others(_START_WITHIN)
            try:
                await self._run("BEGIN IMMEDIATE")
            finally:
                await self._wait_for_others(self._busy)
            try:
                yield self._run
            except BaseException:
                await self._run("ROLLBACK")
                raise
            await self._run("COMMIT")

    async def _wait_for_others(self, seconds: float) -> None:
        await self._run(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    async def _run(self, sql: str) -> Rows:
        return [dict(row) for row in await self._writer.run(fetch, sql, {})]

    async def _write(self) -> None:
        try:
            while batch := self._next_batch():
                for statement, result in zip(batch, await self._results(batch), strict=True):
                    statement.end(result)
        finally:
            self._writing = None

    async def _results(self, batch: list[Statement]) -> Sequence[Rows | sqlite3.Error]:
        try:
            return await self._writer.run(run_together, batch)
        except RuntimeError:  # the thread has ended
            return [sqlite3.ProgrammingError("it is closed")] * len(batch)

    def _next_batch(self) -> list[Statement]:
        wanted = [each for each in self._waiting if not each.rows.done()]
        self._waiting = wanted[_MOST:]
        return wanted[:_MOST]


@asynccontextmanager
async def open_sqlite(
    path: Path, statement_timeout: float, clock: Callable[[], float]
) -> AsyncIterator[SQLite]:
    if sqlite3.sqlite_version_info < _RETURNING:
        raise LedgerUnavailable(f"SQLite 3.35 is needed, and this is {sqlite3.sqlite_version}.")
    # So short that what is being written and what comes next end before their callers give up: one
    # that was written later would be a surprise.
    busy = statement_timeout * 0.4
    async with (
        _connected(path, busy, clock) as writer,
        _connected(path, busy, clock) as reader,
    ):
        yield SQLite(writer, reader, statement_timeout, busy)


@asynccontextmanager
async def _connected(
    path: Path, busy: float, clock: Callable[[], float]
) -> AsyncIterator[Connected]:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "ledger") as thread:
        with _errors():
            connection = await loop.run_in_executor(thread, _connect, path, busy, clock)
        try:
            yield Connected(connection, thread)
        finally:
            await loop.run_in_executor(thread, connection.close)


def _connect(path: Path, busy: float, clock: Callable[[], float]) -> sqlite3.Connection:
    _create_private(path)
    # isolation_level=None: a transaction begins where it is said, else a statement is one.
    connection = sqlite3.connect(path, isolation_level=None, timeout=busy)
    try:
        connection.row_factory = sqlite3.Row
        connection.create_function("ledger_clock", 0, clock)
        _change_to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _change_to_wal(connection: sqlite3.Connection) -> None:
    """Wait for others that do it, which SQLite does not: its own waiting does not cover this."""
    latest = time.monotonic() + _START_WITHIN
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > latest:
                raise
            time.sleep(0.01)
        else:
            return


def _create_private(path: Path) -> None:
    # A file that is there is left alone: closing it here would take the locks of this process's
    # other connections (https://www.sqlite.org/howtocorrupt.html, 2.2), and the next program that
    # looks into it would throw away the -wal with what they wrote. The files beside it (-wal, -shm)
    # get the same permissions from SQLite.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


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
    except (sqlite3.Error, OSError) as error:
        raise LedgerUnavailable(f"The ledger's file cannot be used: {error}.") from error
