"""Which conversations with a card are to be looked at in Weav, and when."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from uuid import uuid4

from bot.ledger.database import Database, forget
from bot.ledger.entry import as_json


class Look(StrEnum):
    """`REFRESH` looks like `CARD`, because nobody has looked for a while."""

    CARD = "card"
    REPLIES = "replies"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class DueRow:
    """A look that somebody has to take, as it was at `read_at`; times are the database's.

    `marks` grows with each reason to look; `marked_at` is the time of the first of them. `missing`:
    there is a sign that Weav has deleted the conversation. `memo`: what former looks have left.
    """

    conversation_id: str
    look: Look
    owner: str
    marks: int
    marked_at: float
    tried_for: float
    missing: bool
    memo: Mapping[str, Any]
    read_at: float
    asked_at: float = field(compare=False)  # this process's monotonic clock, just before

    @property
    def id(self) -> str:
        return self.conversation_id

    @property
    def now(self) -> float:
        """The database's time, as far as this process knows it."""
        return self.read_at + time.monotonic() - self.asked_at

    @classmethod
    def read(cls, row: Mapping[str, Any], asked_at: float) -> Self:
        return cls(
            row["conversation_id"],
            Look(row["look"]),
            row["owner"],
            row["marks"],
            row["marked_at"],
            row["tried_for"],
            bool(row["missing"]),
            json.loads(row["memo"] or "{}"),
            row["read_at"],
            asked_at,
        )


class DueRows:
    """Everything raises LedgerUnavailable; whoever has lost a row can neither note nor end it."""

    def __init__(self, database: Database, lease: float) -> None:
        """`lease`: seconds until a dead process's looks are taken by others."""
        self._database = database
        self.lease = lease

    async def with_cards(self, conversation_ids: Iterable[str]) -> list[str]:
        """Find those that were announced or are about to be, of UUIDs as Weav spells them."""
        ids = "".join(f"{each}," for each in conversation_ids)
        if not ids:
            return []
        rows = await self._database.query("conversations_with_cards", {"ids": ids})
        return [row["conversation_id"] for row in rows]

    async def mark(
        self, conversation_id: str, look: Look, delay: float, *, missing: bool = False
    ) -> None:
        """Have it looked at `delay` seconds from now, if that is not due already."""
        await self._database.query(
            "mark_due",
            {
                "conversation_id": conversation_id,
                "look": look.value,
                "delay": delay,
                "missing": int(missing),
            },
        )

    async def first_within(self, within: float, first: int = 0) -> int:
        """Find the first submission of so many seconds, from `first` on; `first` if there is none.

        The first time it takes as long as there are submissions, and holds nobody up.
        """
        values = {"within": within, "first": first}
        rows = await self._database.query("first_submission", values)
        return rows[0]["id"] if rows else first

    async def mark_open(self, first: int, within: float, every: float) -> int:
        """Have all open conversations refreshed that were not for so long; how many.

        `first`: their first submission. `within`: seconds for which one counts.
        """
        values = {"first": first, "within": within, "every": every}
        return len(await self._database.query("mark_open_conversations", values))

    async def take(self, limit: int, *, refresh: bool = False) -> list[DueRow]:
        """Overdue looks, each given to one replica; either those that refresh or all others."""
        values = {"owner": uuid4().hex, "lease": self.lease, "limit": limit}
        asked_at = time.monotonic()
        rows = await self._database.query("take_due", {**values, "refresh": int(refresh)})
        return [DueRow.read(row, asked_at) for row in rows]

    async def renew(self, rows: Iterable[DueRow]) -> None:
        """Keep what is held; what somebody else has taken is lost."""
        await self._database.query("renew_due", {"owners": _owners(rows), "lease": self.lease})

    async def release(self, rows: Iterable[DueRow]) -> None:
        """Before leaving: others need not wait for the leases to end."""
        await self._database.query("release_due", {"owners": _owners(rows)})

    async def note(self, row: DueRow, memo: Mapping[str, Any]) -> bool:
        """False: the row is somebody else's now, and nothing is noted."""
        return await self._change("note_memo", row, memo=as_json(memo))

    async def looked(
        self, row: DueRow, delay: float, memo: Mapping[str, Any] | None = None
    ) -> bool:
        """Nothing remains to be done; what was marked meanwhile is looked at after `delay`."""
        written = None if memo is None else as_json(memo)
        return await self._change("looked", row, marks=row.marks, delay=delay, memo=written)

    async def later(
        self,
        row: DueRow,
        delay: float,
        *,
        counted: float = 0.0,
        missing: bool = False,
        memo: Mapping[str, Any] | None = None,
    ) -> bool:
        """Leave it for whoever takes it `delay` seconds from now; `counted` as trying."""
        values = {"delay": delay, "counted": counted, "missing": int(missing)}
        written = None if memo is None else as_json(memo)
        return await self._change("look_later", row, marks=row.marks, memo=written, **values)

    async def end(self, row: DueRow) -> bool:
        """Look no more at the conversation: its card cannot be drawn. False: the row is lost."""
        return await self._change("end_looks", row)

    async def resume(self, conversation_id: str) -> bool:
        """Undo `end`, since the card was drawn all the same; False: there is nothing to undo."""
        values = {"conversation_id": conversation_id}
        return bool(await self._database.query("resume_looks", values))

    async def oldest(self) -> float:
        """Seconds that the look has waited for that is due for the longest time."""
        [row] = await self._database.query("oldest_due", {})
        return row["seconds"] or 0.0

    async def reserve(self, name: str, every: float) -> float:
        """Take the next place of a row in which one comes each so many seconds; seconds until it.

        All replicas share the row.
        """
        rows = await self._database.query("reserve", {"name": name, "every": every})
        return max(float(rows[0]["seconds"]), 0.0)

    async def note_moment(self, name: str) -> None:
        """Remember that it was now."""
        await self._database.query("note_moment", {"name": name})

    async def forget(self, keep_days: float) -> int:
        """Remove what is due no more for so long; how many rows it were."""
        return await forget(self._database, "forget_due", keep_days)

    async def _change(self, name: str, row: DueRow, **values: object) -> bool:
        held = {"conversation_id": row.conversation_id, "look": row.look.value, "owner": row.owner}
        return bool(await self._database.query(name, {**held, **values}))


def _owners(rows: Iterable[DueRow]) -> str:
    """Rows taken at once have the same owner, which is no other's."""
    return "," + "".join(f"{owner}," for owner in {row.owner for row in rows})
