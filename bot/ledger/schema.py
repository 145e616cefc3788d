"""Opens the ledger's database, migrates it, and inspects it without changing it."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from bot.ledger.database import SQL_FOLDER, Database, Run
from bot.ledger.errors import LedgerTooNew, LedgerUnavailable
from bot.ledger.sqlite import open_sqlite

_PRESENT: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'ledger_version'",
    "postgresql": "SELECT 1 WHERE to_regclass('ledger_version') IS NOT NULL",
}
_MIGRATIONS: Final = SQL_FOLDER / "migrations"
# Name of the moment at which Weav's last webhook was accepted, to half a minute.
WEBHOOK: Final = "webhook"
_LAST_WEBHOOK: Final = (
    f"SELECT ledger_clock() - moment AS seconds FROM moments WHERE name = '{WEBHOOK}'"  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Inspection:
    """`version` is 0 if there are no tables yet; `newest_version` is the one of this release.

    `last_webhook`: seconds since a webhook of Weav's was accepted; None: none was, or the schema is
    too old to know.
    """

    kind: str
    version: int
    newest_version: int
    last_webhook: float | None = None


async def inspect(database_url: str) -> Inspection:
    """Prove that the database is writable, and leave no trace.

    Raises LedgerUnavailable or LedgerTooNew.
    """
    newest = newest_version()
    file = sqlite_file(database_url)
    if file and not _is_there(file):
        _check_folder(file.parent)
        return Inspection("SQLite", 0, newest)
    async with open_database(database_url, 2.0, 1, time.time) as database:
        async with database.exclusive() as run:
            found = await _version_found(run, _PRESENT[database.dialect])
            rows = await run(_LAST_WEBHOOK) if found == newest else []
        _refuse_newer(found, newest)
        kind = "SQLite" if database.dialect == "sqlite" else "PostgreSQL"
        return Inspection(kind, found, newest, rows[0]["seconds"] if rows else None)


async def _version_found(run: Run, present: str) -> int:
    if not await run(present):
        await run("CREATE TABLE weav_slack_check (version INTEGER)")
        await run("DROP TABLE weav_slack_check")
        return 0
    await run("UPDATE ledger_version SET version = version")
    rows = await run("SELECT version FROM ledger_version")
    return int(rows[0]["version"]) if rows else 0


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError as error:  # the name is too long, or the folder may not be read
        raise LedgerUnavailable(f"The ledger's file cannot be used: {error.strerror}.") from error


def _check_folder(folder: Path) -> None:
    probe = folder / ".weav-slack-check"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise LedgerUnavailable(
            f"The ledger's file cannot be created in {folder}: {error.strerror}."
        ) from error


async def migrate(database: Database) -> None:
    """Apply the missing migrations in one transaction."""
    newest = newest_version()
    async with database.exclusive() as run:
        await run("CREATE TABLE IF NOT EXISTS ledger_version (version INTEGER NOT NULL)")
        rows = await run("SELECT version FROM ledger_version")
        found = rows[0]["version"] if rows else 0
        _refuse_newer(found, newest)
        for statement in _statements(database.dialect, found):
            await run(statement)
        if found < newest:
            await run("DELETE FROM ledger_version")
            await run(f"INSERT INTO ledger_version (version) VALUES ({newest})")  # noqa: S608 - an int


def _refuse_newer(found: int, newest: int) -> None:
    if found > newest:
        raise LedgerTooNew(
            f"The ledger's database has version {found}, and this release knows {newest}. "
            "Run the release that migrated it, or restore a backup from before."
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


def open_database(
    url: str, statement_timeout: float, connections: int, clock: Callable[[], float]
) -> AbstractAsyncContextManager[Database]:
    if url.startswith(("postgresql://", "postgres://")):
        # Its driver takes 3 MB of memory, which SQLite users are spared.
        from bot.ledger.postgresql import open_postgresql  # noqa: PLC0415

        return open_postgresql(url, statement_timeout, connections)
    path = sqlite_file(url)
    if path is None:
        # The URL is not shown: it may contain a password.
        raise ValueError("DATABASE_URL begins with sqlite:/// or postgresql://")
    return open_sqlite(path, statement_timeout, clock)


def sqlite_file(url: str) -> Path | None:
    scheme, _, path = url.partition(":///")
    return Path(unquote(path)).absolute() if scheme == "sqlite" and path else None
