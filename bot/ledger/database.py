"""The interface of a ledger database: named SQL statements, the same on both kinds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import aiosql
from aiosql.queries import Queries

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Run: TypeAlias = Callable[[str], Awaitable[Rows]]
SQL_FOLDER: Final = Path(__file__).parent
_DAY: Final = 86400.0
# Rows that one statement removes: few enough that other statements do not wait long for it.
_BATCH: Final = 500


class Database(Protocol):
    """Raises LedgerUnavailable for every failure of the database or of the connection."""

    dialect: str

    async def query(self, name: str, /, **values: object) -> Rows:
        """Run a statement of our SQL files, durable on return; Taken: a unique index refused it."""

    def exclusive(self) -> AbstractAsyncContextManager[Run]:
        """Open a transaction that one replica at a time can be in."""


@cache
def load_queries(dialect: str, adapter: Callable[..., Any]) -> Queries:
    """Load the SQL files; `/*postgresql …*/` runs on PostgreSQL only.

    It holds row locks, which SQLite does not need: it locks the whole file.
    """
    files = (SQL_FOLDER / f"{name}.sql" for name in ("queries", "customers", "due", "home"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    if dialect == "postgresql":
        text = text.replace("/*postgresql", "").replace("*/", "")
    queries: Queries = aiosql.from_str(text, adapter)
    return queries


async def forget(database: Database, name: str, keep_days: float) -> int:
    """Repeat a statement until it finds no row that old; return the number of rows."""
    forgotten = 0
    while rows := await database.query(name, keep=keep_days * _DAY, limit=_BATCH):
        forgotten += len(rows)
    return forgotten
