"""The ledger in a file, for one process: https://www.sqlite.org/wal.html."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from aiosql.adapters.sqlite3 import SQLite3Adapter

from bot.ledger.database import Rows, Run, load_queries
from bot.ledger.errors import LedgerUnavailable, Taken

T = TypeVar("T")
# Seconds: nobody waits for an answer yet, and another process may bring the file forward.
START_WITHIN: Final = 5.0
_RETURNING: Final = (3, 35)
# The straight way: statements of a few ten microseconds each, however many rows there are.
_SHORT: Final = frozenset({"receive", "opened", "customer_by_id", "announced"})
# Statements in one transaction: nobody waits long behind the others.
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Statement:
    """`short`: it touches one row, found by a key, whatever else the table holds."""

    sql: str
    values: Mapping[str, Any]
    rows: asyncio.Future[Rows]
    short: bool

    def end(self, result: Rows | Exception) -> None:
        if self.rows.done():
            return  # its time was over meanwhile
        if isinstance(result, Exception):
            self.rows.set_exception(result)
        else:
            self.rows.set_result(result)


def run_together(
    connection: sqlite3.Connection, batch: Sequence[Statement], busy: float
) -> Sequence[Rows | Exception]:
    """Wait `busy` seconds at most for other processes that have the file.

    Nothing is durable before this returns, and then everything is. Who has given up while others
    had the file was told that nothing is written, and so it is.
    """
    begin(connection, busy)
    return commit(connection, execute(connection, batch))


def begin(connection: sqlite3.Connection, busy: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {int(busy * 1000)}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute("PRAGMA busy_timeout = 0")


def begin_at_once(connection: sqlite3.Connection) -> bool:
    """False: others have the file, or it is in trouble; who can wait for it finds out."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error:
        return False
    return True


def execute(
    connection: sqlite3.Connection, batch: Sequence[Statement]
) -> Sequence[Rows | Exception]:
    """What a statement is refused for is its own; what ended the transaction is raised."""
    results: list[Rows | Exception] = []
    for each in batch:
        try:
            results.append([] if each.rows.done() else fetch(connection, each.sql, each.values))
        except Exception as error:
            if not connection.in_transaction:
                raise
            results.append(error)
    return results


def commit(connection: sqlite3.Connection, results: T) -> T:
    """Give the results once they are durable; raise what kept them from it, all of them."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def fetch(connection: sqlite3.Connection, sql: str, values: Mapping[str, Any]) -> Rows:
    # All rows at once: SQLite commits when a statement has given its last row.
    rows: Rows = connection.execute(sql, values).fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection and a thread to wait in; at no time do two threads use it."""

    connection: sqlite3.Connection
    thread: Executor

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, work, self.connection, *arguments)


@asynccontextmanager
async def connected(
    path: Path, busy: float, clock: Callable[[], float]
) -> AsyncIterator[Connected]:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "ledger") as thread:
        with errors():
            connection = await loop.run_in_executor(thread, connect, path, busy, clock)
        try:
            yield Connected(connection, thread)
        finally:
            await loop.run_in_executor(thread, connection.close)


def connect(path: Path, busy: float, clock: Callable[[], float]) -> sqlite3.Connection:
    _create_private(path)
    # isolation_level=None: a transaction begins where it is said, else a statement is one.
    connection = sqlite3.connect(
        path, isolation_level=None, timeout=START_WITHIN, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.create_function("ledger_clock", 0, clock)
        _change_to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        # Pages of 4 KB in the -wal file until they are moved, which waits for the disk as well: the
        # more rows there are, the more pages a submission changes.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute(f"PRAGMA busy_timeout = {int(busy * 1000)}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _change_to_wal(connection: sqlite3.Connection) -> None:
    """Wait for others that do it, which SQLite does not: its own waiting does not cover this."""
    latest = time.monotonic() + START_WITHIN
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # The lowest byte: an extended code says what they do.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > latest:
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
def errors() -> Iterator[None]:
    """Say what SQLite raises in the ledger's own words."""
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


@dataclass(eq=False, repr=False)
class SQLite:
    """Statements that come while others are being written are then written together.

    Each commit waits for the disk: under load one does for many. Who only reads does not wait for
    it. What is short and waits for nobody is run without a hop to a thread, and reads by a
    connection that no search has in use.
    """

    dialect = "sqlite"

    _writer: Connected
    _reader: Connected
    _at_hand: Connected
    _timeout: float
    _busy: float
    _waiting: list[Statement] = field(default_factory=list, init=False)
    _writing: asyncio.Task[None] | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._queries = load_queries(self.dialect, SQLite3Adapter)

    async def query(self, name: str, values: Mapping[str, Any]) -> Rows:
        """One that still waits when its time is over is withdrawn; one being written cannot be."""
        sql, short = getattr(self._queries, name).sql, name in _SHORT
        with errors():
            if self._closed:
                raise sqlite3.ProgrammingError("it is closed")
            async with asyncio.timeout(self._timeout):
                if sql.startswith("SELECT"):
                    return await self._read(sql, values, short=short)
                return await self._written(sql, values, short=short)

    async def _read(self, sql: str, values: Mapping[str, Any], *, short: bool) -> Rows:
        if short:
            with suppress(sqlite3.OperationalError):  # who may wait for others finds out why
                return fetch(self._at_hand.connection, sql, values)
        return await self._reader.run(fetch, sql, values)

    async def _written(self, sql: str, values: Mapping[str, Any], *, short: bool) -> Rows:
        loop = asyncio.get_running_loop()
        statement = Statement(sql, values, loop.create_future(), short)
        self._waiting.append(statement)
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        return await statement.rows

    async def close(self) -> None:
        """Write what waits, and then nothing: the event loop uses no connection any more."""
        self._closed = True
        if self._writing is not None:
            await asyncio.wait({self._writing})

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Run]:
        """Before the first `query`: nobody else may use the connection meanwhile."""
        with errors():
            await self._writer.run(begin, START_WITHIN)
            try:
                yield self._run
            except BaseException:
                await self._run("ROLLBACK")
                raise
            await self._run("COMMIT")

    async def _run(self, sql: str) -> Rows:
        return [dict(row) for row in await self._writer.run(fetch, sql, {})]

    async def _write(self) -> None:
        try:
            while self._waiting:
                # Whoever is ready now goes before: they write in the same commit, or post a card.
                await asyncio.sleep(0)
                wanted = [each for each in self._waiting if not each.rows.done()]
                batch, self._waiting = wanted[:_MOST], wanted[_MOST:]
                if batch:
                    for statement, result in zip(batch, await self._results(batch), strict=True):
                        statement.end(result)
        finally:
            self._writing = None

    async def _results(self, batch: list[Statement]) -> Sequence[Rows | Exception]:
        writer = self._writer
        try:
            # A thread that works in Python while the event loop does gets the interpreter every
            # 5 ms only, and SQLite gives it away twice a statement: the thread is for waiting.
            if all(each.short for each in batch) and begin_at_once(writer.connection):
                return await writer.run(commit, execute(writer.connection, batch))
            return await writer.run(run_together, batch, self._busy)
        except sqlite3.Error as error:
            return [error] * len(batch)


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
        connected(path, 0, clock) as writer,
        connected(path, busy, clock) as reader,
        connected(path, 0, clock) as at_hand,
    ):
        database = SQLite(writer, reader, at_hand, statement_timeout, busy)
        try:
            yield database
        finally:
            await database.close()
