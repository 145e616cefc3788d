"""What the ledger needs of a database: named statements, the same for both."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import aiosql
from aiosql.queries import Queries

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Run: TypeAlias = Callable[[str], Awaitable[Rows]]
_HERE: Final = Path(__file__).parent
_DAY: Final = 86400.0
# Rows changed by one statement: nobody waits long behind it.
_BATCH: Final = 500


class Database(Protocol):
    """Raises LedgerUnavailable for whatever the database, or the way to it, does."""

    dialect: str

    async def query(self, name: str, values: Mapping[str, Any]) -> Rows:
        """Run one statement of our SQL files, durable on return; Taken: a unique index said no."""

    def exclusive(self) -> AbstractAsyncContextManager[Run]:
        """Open a transaction that no other replica is in at the same time."""


@cache
def load_queries(dialect: str, adapter: Callable[..., Any]) -> Queries:
    """`/*postgresql …*/` is a comment for SQLite, which locks the whole file and needs no more."""
    files = (_HERE / f"{name}.sql" for name in ("queries", "customers", "due", "home"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    if dialect == "postgresql":
        text = text.replace("/*postgresql", "").replace("*/", "")
    queries: Queries = aiosql.from_str(text, adapter)
    return queries


async def forget(database: Database, name: str, keep_days: float) -> int:
    """Repeat a statement until it finds nothing that old; how many rows it were."""
    values = {"keep": keep_days * _DAY, "limit": _BATCH}
    forgotten = 0
    while rows := await database.query(name, values):
        forgotten += len(rows)
    return forgotten
