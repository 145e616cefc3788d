"""The lock on a conversation and its card, with the history of changes that the card shows.

Weav's PUT replaces the whole conversation, so two at the same time could undo each other's change.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bot.ledger.database import Database, forget


@dataclass(frozen=True, slots=True)
class CardLock:
    """The right to change a conversation and its card; `taken_at` is the database's time.

    `changes` is the history so far, anything JSON can hold, newest last. `shown` has hashes of what
    the card shows: None if never recorded, empty if unknown.
    """

    conversation_id: str
    owner: str
    changes: Sequence[Any]
    shown: str | None
    taken_at: float


class CardRows:
    """Every method raises LedgerUnavailable; a lost lock changes nothing any more."""

    def __init__(self, database: Database, lease: float) -> None:
        """`lease`: seconds until the lock of a dead process expires."""
        self._database = database
        self.lease = lease

    async def acquire(self, conversation_id: str) -> CardLock | None:
        """None: somebody else holds the lock, in this replica or another."""
        owner = uuid4().hex
        held = {"conversation_id": conversation_id, "owner": owner, "lease": self.lease}
        rows = await self._database.query("take_turn", **held)
        if not rows:
            return None
        row = rows[0]
        return CardLock(
            conversation_id, owner, json.loads(row["changes"]), row["shown"], row["read_at"]
        )

    async def renew(self, lock: CardLock) -> bool:
        """False: the lock is lost, and another owner has it or may take it."""
        return await self._query("keep_turn", lock, lease=self.lease)

    async def record_changes(
        self, lock: CardLock, changes: Sequence[Any], shown: str | None = None
    ) -> bool:
        """False: the lock is lost, and nothing was recorded."""
        recorded = json.dumps(changes, separators=(",", ":"))
        return await self._query("note_changes", lock, changes=recorded, shown=shown)

    async def release(self, lock: CardLock, shown: str | None = None) -> bool:
        """False: the lock was already lost."""
        return await self._query("end_turn", lock, shown=shown)

    async def forget(self, keep_days: float) -> int:
        """Remove the rows of cards that nobody has locked for `keep_days`; return how many."""
        return await forget(self._database, "forget_cards", keep_days)

    async def _query(self, name: str, lock: CardLock, **values: object) -> bool:
        held = {"conversation_id": lock.conversation_id, "owner": lock.owner}
        return bool(await self._database.query(name, **held, **values))
