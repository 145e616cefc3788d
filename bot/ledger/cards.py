"""Whose turn it is to change a conversation, and who changed what on its card last.

Weav's PUT takes the whole conversation: two at the same time would undo each other's change.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bot.ledger.database import Database, forget


@dataclass(frozen=True, slots=True)
class CardLock:
    """One's right to change a conversation and its card; `taken_at` is the database's time.

    `changes` is what was noted before, anything JSON can hold, the newest last. `shown` is what the
    card says; None: it was never noted, empty: nobody knows.
    """

    conversation_id: str
    owner: str
    changes: Sequence[Any]
    shown: str | None
    taken_at: float


class CardRows:
    """Everything raises LedgerUnavailable; a turn that is lost can neither note nor end."""

    def __init__(self, database: Database, lease: float) -> None:
        """`lease`: seconds until a dead process's turn is over."""
        self._database = database
        self.lease = lease

    async def take_turn(self, conversation_id: str) -> CardLock | None:
        """None: it is somebody else's turn, here or in another replica."""
        owner = uuid4().hex
        values = {"conversation_id": conversation_id, "owner": owner, "lease": self.lease}
        rows = await self._database.query("take_turn", values)
        if not rows:
            return None
        row = rows[0]
        return CardLock(
            conversation_id, owner, json.loads(row["changes"]), row["shown"], row["read_at"]
        )

    async def keep_turn(self, turn: CardLock) -> bool:
        """False: it is lost, and somebody else's by now or soon."""
        return await self._query("keep_turn", turn, lease=self.lease)

    async def note_changes(
        self, turn: CardLock, changes: Sequence[Any], shown: str | None = None
    ) -> bool:
        """False: nothing is noted, since the turn is lost."""
        noted = json.dumps(changes, separators=(",", ":"))
        return await self._query("note_changes", turn, changes=noted, shown=shown)

    async def end_turn(self, turn: CardLock, shown: str | None = None) -> bool:
        """False: it was lost before."""
        return await self._query("end_turn", turn, shown=shown)

    async def forget(self, keep_days: float) -> int:
        """Remove what is noted of cards that nobody clicked for so long; how many it were."""
        return await forget(self._database, "forget_cards", keep_days)

    async def _query(self, name: str, turn: CardLock, **values: object) -> bool:
        held = {"conversation_id": turn.conversation_id, "owner": turn.owner}
        return bool(await self._database.query(name, {**held, **values}))
