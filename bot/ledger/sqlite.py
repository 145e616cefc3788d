"""The ledger in an SQLite file, for one process: https://www.sqlite.org/wal.html."""

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
# Seconds. At start nobody waits for an answer yet, and another process may be migrating the file.
START_WITHIN: Final = 5.0
_RETURNING: Final = (3, 35)
# The statements of a plain submission: some ten microseconds each, however many rows there are.
_SHORT: Final = frozenset({"receive", "opened", "customer_by_id", "announced"})
# Statements in one transaction: few enough that none waits long for the others.
_MOST_TOGETHER: Final = 100


@dataclass(frozen=True, slots=True)
class Statement:
    """`short`: it touches one row, found by a key, however large the table is."""

    sql: str
    values: Mapping[str, Any]
    rows: asyncio.Future[Rows]
    short: bool

    def resolve(self, result: Rows | Exception) -> None:
        if self.rows.done():
            return  # timed out meanwhile
        if isinstance(result, Exception):
            self.rows.set_exception(result)
        else:
            self.rows.set_result(result)


def run_batch(
    connection: sqlite3.Connection, batch: Sequence[Statement], busy_timeout: float
) -> Sequence[Rows | Exception]:
    """Run a batch in one transaction; `busy_timeout` is the longest wait for another process.

    Nothing is durable before this returns, and then everything is. A statement that timed out
    during the wait is dropped, because its caller was already told that nothing was written.
    """
    begin(connection, busy_timeout)
    return commit(connection, execute(connection, batch))


def begin(connection: sqlite3.Connection, busy_timeout: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        # No other statement may wait: some run on the event loop.
        connection.execute("PRAGMA busy_timeout = 0")


def begin_if_free(connection: sqlite3.Connection) -> bool:
    """False: another process has the file, or it failed; `run_batch` waits and finds out."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error:
        return False
    return True


def execute(
    connection: sqlite3.Connection, batch: Sequence[Statement]
) -> Sequence[Rows | Exception]:
    """Return each statement's rows or its own error; raise an error that ended the transaction."""
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
    """Return the results once they are durable; raise if none of them is."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def fetch(connection: sqlite3.Connection, sql: str, values: Mapping[str, Any]) -> Rows:
    # Fetch all rows: SQLite commits a statement only when its last row was read.
    rows: Rows = connection.execute(sql, values).fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection and a thread for blocking calls; two threads never use it at the same time."""

    connection: sqlite3.Connection
    thread: Executor

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, work, self.connection, *arguments)


@asynccontextmanager
async def open_connection(
    path: Path, busy_timeout: float, clock: Callable[[], float]
) -> AsyncIterator[Connection]:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "ledger") as thread:
        with translated_errors():
            connection = await loop.run_in_executor(thread, connect, path, busy_timeout, clock)
        try:
            yield Connection(connection, thread)
        finally:
            await loop.run_in_executor(thread, connection.close)


def connect(path: Path, busy_timeout: float, clock: Callable[[], float]) -> sqlite3.Connection:
    _create_private(path)
    # isolation_level=None: autocommit, unless we BEGIN a transaction.
    connection = sqlite3.connect(
        path, isolation_level=None, timeout=START_WITHIN, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.create_function("ledger_clock", 0, clock)
        _change_to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        # Pages of 4 KB in the -wal file before a checkpoint, which waits for the disk, too. Larger
        # than the default, because a submission changes more pages the more rows there are.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _change_to_wal(connection: sqlite3.Connection) -> None:
    """Wait for other processes that do the same: SQLite's busy timeout does not cover this."""
    latest = time.monotonic() + START_WITHIN
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # The lowest byte is the primary code; the others make it an extended one.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > latest:
                raise
            time.sleep(0.01)
        else:
            return


def _create_private(path: Path) -> None:
    # Do not open an existing file: closing it would drop the locks of this process's other
    # connections (https://www.sqlite.org/howtocorrupt.html, 2.2), and the next program that opens
    # the database would discard the -wal file with their writes. SQLite gives the -wal and -shm
    # files the same permissions.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise SQLite's errors as the ledger's own."""
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
    """Groups writes: statements that arrive during a commit share the next one.

    Each commit waits for the disk, so under load one serves many statements. Reads do not wait for
    it. Short statements run on the event loop, without a hop to a thread, as long as they need not
    wait for a lock; short reads have a connection of their own, which no long search occupies.
    """

    dialect = "sqlite"

    _writer: Connection
    _reader: Connection
    _short_reader: Connection
    _timeout: float
    _busy_timeout: float
    _waiting: list[Statement] = field(default_factory=list, init=False)
    _writing: asyncio.Task[None] | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._queries = load_queries(self.dialect, SQLite3Adapter)

    async def query(self, name: str, /, **values: object) -> Rows:
        """Run a statement; at its timeout it is dropped, unless it is just being written."""
        sql, short = getattr(self._queries, name).sql, name in _SHORT
        with translated_errors():
            if self._closed:
                raise sqlite3.ProgrammingError("it is closed")
            async with asyncio.timeout(self._timeout):
                if sql.startswith("SELECT"):
                    return await self._read(sql, values, short=short)
                return await self._write(sql, values, short=short)

    async def _read(self, sql: str, values: Mapping[str, Any], *, short: bool) -> Rows:
        if short:
            with suppress(sqlite3.OperationalError):  # locked, for example: the reader can wait
                return fetch(self._short_reader.connection, sql, values)
        return await self._reader.run(fetch, sql, values)

    async def _write(self, sql: str, values: Mapping[str, Any], *, short: bool) -> Rows:
        loop = asyncio.get_running_loop()
        statement = Statement(sql, values, loop.create_future(), short)
        self._waiting.append(statement)
        if self._writing is None:
            self._writing = loop.create_task(self._write_waiting())
        return await statement.rows

    async def close(self) -> None:
        """Write what is waiting, and accept nothing more."""
        self._closed = True
        if self._writing is not None:
            await asyncio.wait({self._writing})

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Run]:
        """Only before the first `query`, because nothing else may use the connection meanwhile."""
        with translated_errors():
            await self._writer.run(begin, START_WITHIN)
            try:
                yield self._run
            except BaseException:
                await self._run("ROLLBACK")
                raise
            await self._run("COMMIT")

    async def _run(self, sql: str) -> Rows:
        return await self._writer.run(fetch, sql, {})

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                # Let ready tasks run first: they may add to this commit, or post a card.
                await asyncio.sleep(0)
                wanted = [each for each in self._waiting if not each.rows.done()]
                batch, self._waiting = wanted[:_MOST_TOGETHER], wanted[_MOST_TOGETHER:]
                if batch:
                    for statement, result in zip(batch, await self._results(batch), strict=True):
                        statement.resolve(result)
        finally:
            self._writing = None

    async def _results(self, batch: list[Statement]) -> Sequence[Rows | Exception]:
        writer = self._writer
        try:
            # SQLite releases the GIL twice a statement, and while the event loop is busy, a thread
            # waits up to 5 ms to get it back. So the thread is only for waiting for the disk.
            if all(each.short for each in batch) and begin_if_free(writer.connection):
                return await writer.run(commit, execute(writer.connection, batch))
            return await writer.run(run_batch, batch, self._busy_timeout)
        except sqlite3.Error as error:
            return [error] * len(batch)


@asynccontextmanager
async def open_sqlite(
    path: Path, statement_timeout: float, clock: Callable[[], float]
) -> AsyncIterator[SQLite]:
    if sqlite3.sqlite_version_info < _RETURNING:
        raise LedgerUnavailable(f"SQLite 3.35 is needed, and this is {sqlite3.sqlite_version}.")
    # Short enough that the batch under way and the next one usually end before their callers time
    # out. What is written later all the same is withdrawn: see `withdraw`.
    busy_timeout = statement_timeout * 0.4
    async with (
        open_connection(path, 0, clock) as writer,
        open_connection(path, busy_timeout, clock) as reader,
        open_connection(path, 0, clock) as short_reader,
    ):
        database = SQLite(writer, reader, short_reader, statement_timeout, busy_timeout)
        try:
            yield database
        finally:
            await database.close()
