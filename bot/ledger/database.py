"""What the ledger needs of a database: named statements, and a schema brought forward."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import aiosql
from aiosql.queries import Queries

from bot.ledger.errors import LedgerTooNew

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Run: TypeAlias = Callable[[str], Awaitable[Rows]]

_HERE: Final = Path(__file__).parent
_MIGRATIONS: Final = _HERE / "migrations"


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
    files = (_HERE / name for name in ("queries.sql", "memory.sql"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    if dialect == "postgresql":
        text = text.replace("/*postgresql", "").replace("*/", "")
    queries: Queries = aiosql.from_str(text, adapter)
    return queries


async def bring_forward(database: Database) -> None:
    """Apply the migrations that this database has not seen, all or none."""
    newest = newest_version()
    async with database.exclusive() as run:
        await run("CREATE TABLE IF NOT EXISTS ledger_version (version INTEGER NOT NULL)")
        rows = await run("SELECT version FROM ledger_version")
        found = rows[0]["version"] if rows else 0
        if found > newest:
            raise too_new(found, newest)
        for statement in _statements(database.dialect, found):
            await run(statement)
        if found < newest:
            await run("DELETE FROM ledger_version")
            await run(f"INSERT INTO ledger_version (version) VALUES ({newest})")  # noqa: S608 - an int


def too_new(found: int, newest: int) -> LedgerTooNew:
    return LedgerTooNew(
        f"The ledger's database has version {found}, and this release knows {newest}. "
        "Run the release that brought it forward, or restore a backup made before."
    )


def newest_version() -> int:
    return max(_version(path) for path in _MIGRATIONS.glob("*.sql"))


def _version(path: Path) -> int:
    return int(path.name.partition("_")[0])


def _statements(dialect: str, found: int) -> Iterator[str]:
    for path in sorted(
        _MIGRATIONS.glob("*.sql"), key=lambda path: (_version(path), len(path.suffixes))
    ):
        if _version(path) > found and path.suffixes in ([".sql"], [f".{dialect}", ".sql"]):
            for statement in path.read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    yield statement
