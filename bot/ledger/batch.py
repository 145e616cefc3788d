"""Statements of SQLite that are written together, each with an end of its own."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.ledger.database import Rows


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    values: Mapping[str, Any]
    rows: asyncio.Future[Rows]

    def end(self, result: Rows | sqlite3.Error) -> None:
        if self.rows.done():
            return  # its time was over meanwhile
        if isinstance(result, sqlite3.Error):
            self.rows.set_exception(result)
        else:
            self.rows.set_result(result)


def run_together(
    connection: sqlite3.Connection, batch: Sequence[Statement]
) -> Sequence[Rows | sqlite3.Error]:
    """What a statement is refused for is its own; what ends the transaction is everybody's.

    Nothing is durable before this returns, and then everything is. Who has given up while others
    had the file was told that nothing is written, and so it is.
    """
    results = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for statement in batch:
            result = _result(connection, statement)
            if isinstance(result, sqlite3.Error) and not connection.in_transaction:
                return [result] * len(batch)
            results.append(result)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return [error] * len(batch)
    return results


def fetch(connection: sqlite3.Connection, sql: str, values: Mapping[str, Any]) -> Rows:
    # All rows at once: SQLite commits when a statement has given its last row.
    rows: Rows = connection.execute(sql, values).fetchall()
    return rows


def _result(connection: sqlite3.Connection, statement: Statement) -> Rows | sqlite3.Error:
    if statement.rows.done():
        return []
    try:
        return fetch(connection, statement.sql, statement.values)
    except sqlite3.Error as error:
        return error
