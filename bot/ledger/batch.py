"""Statements of SQLite that are written together, each with an end of its own."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.ledger.database import Rows

T = TypeVar("T")


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
    results = []
    for statement in batch:
        result = _result(connection, statement)
        if isinstance(result, Exception) and not connection.in_transaction:
            raise result
        results.append(result)
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


def _result(connection: sqlite3.Connection, statement: Statement) -> Rows | Exception:
    if statement.rows.done():
        return []
    try:
        return fetch(connection, statement.sql, statement.values)
    except Exception as error:  # noqa: BLE001 - a value that SQLite cannot hold, or no memory
        return error
