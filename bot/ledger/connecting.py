"""Connections to the ledger's file: private, in WAL mode, each with a thread to wait in."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from bot.ledger.errors import LedgerUnavailable, Taken

T = TypeVar("T")
# Seconds: nobody waits for an answer yet, and another process may bring the file forward.
START_WITHIN: Final = 5.0


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
