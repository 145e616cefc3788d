"""An SQLite file with a thread of its own, so the event loop does not wait for the disk."""

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

Rows = list[tuple[str, ...]]
Statement = tuple[str, tuple[str, ...]]


def connect(schema: str) -> sqlite3.Connection:
    path = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(schema)
    return connection


class Disk:
    """Each statement has a commit of its own, and is durable when `execute` returns."""

    def __init__(self, schema: str) -> None:
        self._connection = connect(schema)
        self._thread = ThreadPoolExecutor(1)

    async def execute(self, sql: str, *values: str) -> Rows:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._execute, sql, values)

    def _execute(self, sql: str, values: tuple[str, ...]) -> Rows:
        return self._connection.execute(sql, values).fetchall()


class SharedCommits:
    """Like `Disk`, but statements that arrive during a commit share the next one."""

    def __init__(self, schema: str) -> None:
        self._connection = connect(schema)
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[tuple[Statement, asyncio.Future[Rows]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def execute(self, sql: str, *values: str) -> Rows:
        done: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        self._waiting.append(((sql, values), done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await done

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            statements = [statement for statement, _ in batch]
            found = await loop.run_in_executor(self._thread, self._commit, statements)
            for (_, done), rows in zip(batch, found, strict=True):
                done.set_result(rows)
        self._writing = None

    def _commit(self, statements: Sequence[Statement]) -> list[Rows]:
        self._connection.execute("BEGIN IMMEDIATE")
        found = [self._connection.execute(*each).fetchall() for each in statements]
        self._connection.execute("COMMIT")
        return found
