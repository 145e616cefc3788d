"""What keeps the ledger going: leases, rows that nobody works on any more, personal data."""

from collections.abc import Iterable

from bot.ledger.cards import Cards
from bot.ledger.database import Database
from bot.ledger.entry import Entry
from bot.ledger.forgetting import forget
from bot.ledger.memory import Memory
from bot.ledger.new_customers import NewCustomers
from bot.ledger.reading import Reading


class Upkeep(Reading):
    def __init__(self, database: Database, owner: str, lease: float, lock: str = "") -> None:
        """`lock`: what only one process at a time holds, from its start to its end, if anything."""
        super().__init__(database)
        self._locked = f"/lock {lock}" if lock else ""
        self.owner = f"{owner}{self._locked}"
        self.lease = lease
        self._lease = {"owner": self.owner, "lease": lease}
        self.cards = Cards(database, lease)
        self.memory = Memory(database)
        self.new_customers = NewCustomers(database)

    async def take(self, limit: int) -> list[Entry]:
        """Overdue rows, each given to one replica; their state says what remains to be done."""
        return await self._many("take", limit=limit, **self._lease)

    async def take_over(self) -> int:
        """Let what a dead process held be due at once; how many rows it were.

        Who held the lock before it was ours is certainly dead. Of all others nobody knows, so that
        their leases have to end: those without the lock, of a release without one, in PostgreSQL.
        """
        if not self._locked:
            return 0
        values = {"owner": self.owner, "locked": self._locked}
        return len(await self._database.query("take_over", values))

    async def renew(self, ids: Iterable[int]) -> frozenset[int]:
        """Lengthen the leases of what this replica works on; those missing are lost."""
        listed = "".join(f",{id_}" for id_ in ids) + ","
        rows = await self._database.query("renew", {"ids": listed, **self._lease})
        return frozenset(row["id"] for row in rows)

    async def release(self) -> int:
        """Before leaving: others need not wait for the leases to end."""
        return len(await self._database.query("release", {"owner": self.owner}))

    async def hurry(self, spread: float) -> int:
        """Weav is back: bring queued rows forward, over `spread` seconds, unless patient."""
        return len(await self._database.query("hurry", {"spread": spread}))

    async def forget(self, keep_days: float) -> int:
        """Remove the personal data of rows at rest for so long; how many rows it were."""
        return await forget(self._database, "forget", keep_days)

    async def check_writable(self) -> None:
        """Write something, or raise LedgerUnavailable."""
        await self._database.query("write", {})
