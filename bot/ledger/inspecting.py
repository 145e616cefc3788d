"""Is the database there, writable and of a usable version: found out without changing it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from bot.ledger.database import Run, newest_version, too_new
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.ledger import open_database

_SQLITE: Final = "sqlite:///"
_PRESENT: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'ledger_version'",
    "postgresql": "SELECT 1 WHERE to_regclass('ledger_version') IS NOT NULL",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """`found` is 0 for a database that the first start will fill."""

    kind: str
    found: int
    newest: int


async def inspect(database_url: str) -> Condition:
    """Write without changing anything; raise LedgerUnavailable or LedgerTooNew."""
    newest = newest_version()
    if database_url.startswith(_SQLITE) and not _is_there(_file(database_url)):
        _check_folder(_file(database_url).parent)
        return Condition("SQLite", 0, newest)
    async with open_database(database_url, 2.0, 1, time.time) as database:
        async with database.exclusive() as run:
            found = await _version(run, _PRESENT[database.dialect])
        if found > newest:
            raise too_new(found, newest)
        return Condition("SQLite" if database.dialect == "sqlite" else "PostgreSQL", found, newest)


async def _version(run: Run, present: str) -> int:
    if not await run(present):
        await run("CREATE TABLE weav_slack_check (version INTEGER)")
        await run("DROP TABLE weav_slack_check")
        return 0
    await run("UPDATE ledger_version SET version = version")
    rows = await run("SELECT version FROM ledger_version")
    return int(rows[0]["version"]) if rows else 0


def _file(database_url: str) -> Path:
    return Path(unquote(database_url.removeprefix(_SQLITE))).absolute()


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise LedgerUnavailable(f"The ledger's file cannot be used: {error.strerror}.") from error


def _check_folder(folder: Path) -> None:
    probe = folder / ".weav-slack-check"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise LedgerUnavailable(
            f"The ledger's file cannot be made in {folder}: {error.strerror}."
        ) from error
