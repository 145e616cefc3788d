"""Databases for the tests, with a clock that the test can move."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from typing import TYPE_CHECKING, Protocol

import asyncpg

from bot.ledger import Ledger, NewEntry

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from bot.ledger import Entry

LEASE = 15.0

_MOVED_CLOCK = """
CREATE OR REPLACE FUNCTION ledger_clock() RETURNS DOUBLE PRECISION LANGUAGE sql STABLE
AS 'SELECT CAST(extract(epoch FROM statement_timestamp()) AS DOUBLE PRECISION) + {offset}'
"""


class Place(Protocol):
    url: str

    def open(self) -> AbstractAsyncContextManager[Ledger]:
        """Open the ledger as another replica."""

    async def pass_time(self, seconds: float) -> None:
        """Move the database's clock forward."""

    async def execute(self, sql: str) -> None:
        """Run a statement as another program would."""


class SQLitePlace:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        self._offset = 0.0

    def open(self) -> AbstractAsyncContextManager[Ledger]:
        return Ledger.open(self.url, lease=LEASE, clock=lambda: time.time() + self._offset)

    async def pass_time(self, seconds: float) -> None:
        self._offset += seconds

    async def execute(self, sql: str) -> None:
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as program:
            program.execute(sql)


class PostgresPlace:
    def __init__(self, url: str) -> None:
        self.url = url
        self._offset = 0.0

    def open(self) -> AbstractAsyncContextManager[Ledger]:
        # This clock is wrong on purpose: PostgreSQL's own has to decide.
        return Ledger.open(self.url, lease=LEASE, clock=lambda: 0.0)

    async def pass_time(self, seconds: float) -> None:
        self._offset += seconds
        await self.execute(_MOVED_CLOCK.format(offset=self._offset))

    async def execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


def due_in(entry: Entry) -> float:
    """Seconds from when the row was read until it is due; it must be."""
    assert entry.due_at is not None
    return entry.due_at - entry.read_at


def new_entry(view_id: str = "V1", subject: str = "Invoice 12", post_to: str = "C1") -> NewEntry:
    return NewEntry(
        team_id="T1",
        slack_user_id="U1",
        view_id=view_id,
        request={"channel": "email", "customer_id": "9f3b", "subject": subject},
        form={"values": {"subject": subject}, "origin": {"via": "command"}},
        post_to=post_to,
    )
