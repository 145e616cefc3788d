"""The ledger in a file, for one process: https://www.sqlite.org/wal.html."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from aiosql.adapters.sqlite3 import SQLite3Adapter

from bot.ledger.batch import (
    Statement,
    begin,
    begin_at_once,
    commit,
    execute,
    fetch,
    run_together,
)
from bot.ledger.connecting import START_WITHIN, Connected, connected, errors
from bot.ledger.database import Rows, Run, load_queries
from bot.ledger.errors import LedgerUnavailable

_RETURNING: Final = (3, 35)
# The straight way: statements of a few ten microseconds each, however many rows there are.
_SHORT: Final = frozenset({"receive", "opened", "customer_by_id", "announced"})
# Statements in one transaction: nobody waits long behind the others.
_MOST: Final = 100


class SQLite:
    """Statements that come while others are being written are then written together.

    Each commit waits for the disk: under load one does for many. Who only reads does not wait for
    it. What is short and waits for nobody is run without a hop to a thread, and reads by a
    connection that no search has in use.
    """

    dialect = "sqlite"

    def __init__(
        self,
        writer: Connected,
        reader: Connected,
        at_hand: Connected,
        timeout: float,
        busy: float,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._at_hand = at_hand
        self._timeout = timeout
        self._busy = busy
        self._queries = load_queries(self.dialect, SQLite3Adapter)
        self._waiting: list[Statement] = []
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

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
                if batch := self._next_batch():
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
        connected(path, 0, clock) as writer,
        connected(path, busy, clock) as reader,
        connected(path, 0, clock) as at_hand,
    ):
        database = SQLite(writer, reader, at_hand, statement_timeout, busy)
        try:
            yield database
        finally:
            await database.close()
