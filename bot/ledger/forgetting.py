"""What is kept for its time only."""

from typing import Final

from bot.ledger.database import Database

_DAY: Final = 86400.0
# Rows changed by one statement: nobody waits long behind it.
_BATCH: Final = 500


async def forget(database: Database, name: str, keep_days: float) -> int:
    """Repeat a statement until it finds nothing that old; how many rows it were."""
    values = {"keep": keep_days * _DAY, "limit": _BATCH}
    forgotten = 0
    while rows := await database.query(name, values):
        forgotten += len(rows)
    return forgotten
