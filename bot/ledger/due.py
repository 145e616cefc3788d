"""Which conversations with a card the bot has to look at in Weav, and when."""

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
    """`REFRESH` does the same as `CARD`, but because nobody has looked for a while."""

    CARD = "card"
    REPLIES = "replies"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class DueRow:
    """A look that is due, as it was at `read_at`; times are the database's.

    `marks` counts the reasons to look; `marked_at` is the time of the first one, or of the end of
    the look during which it came. `missing`: there is a sign that Weav has deleted the
    conversation. `tried_for`: seconds of retries so far. `memo`: what earlier looks have left.
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
    asked_at: float = field(compare=False)  # time.monotonic() just before the read

    @property
    def id(self) -> str:
        return self.conversation_id

    @property
    def now(self) -> float:
        """The database's time, estimated from this process's clock."""
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
    """Every method raises LedgerUnavailable; a former owner of a row can no longer change it."""

    def __init__(self, database: Database, lease: float) -> None:
        """`lease`: seconds until others take the looks of a dead process."""
        self._database = database
        self.lease = lease

    async def with_cards(self, conversation_ids: Iterable[str]) -> list[str]:
        """Keep those that have a card or will have one soon; UUIDs as Weav spells them."""
        ids = "".join(f"{each}," for each in conversation_ids)
        if not ids:
            return []
        rows = await self._database.query("conversations_with_cards", ids=ids)
        return [row["conversation_id"] for row in rows]

    async def mark(
        self, conversation_id: str, look: Look, delay: float, *, missing: bool = False
    ) -> None:
        """Make a look due in `delay` seconds, unless one is due already."""
        await self._database.query(
            "mark_due",
            conversation_id=conversation_id,
            look=look.value,
            delay=delay,
            missing=int(missing),
        )

    async def first_submission(self, within: float, first: int = 0) -> int:
        """Return the id of the first submission that is at most `within` seconds old.

        It searches from id `first` on, and returns `first` if there is none. From 0 on it reads
        through all submissions, without holding up other statements.
        """
        rows = await self._database.query("first_submission", within=within, first=first)
        return rows[0]["id"] if rows else first

    async def mark_open_conversations(self, first: int, within: float, every: float) -> int:
        """Make a refresh due for open conversations without a look for `every` seconds; how many.

        Only submissions from id `first` on, at most `within` seconds old, count.
        """
        values = {"first": first, "within": within, "every": every}
        return len(await self._database.query("mark_open_conversations", **values))

    async def take(self, limit: int, *, refresh: bool = False) -> list[DueRow]:
        """Take overdue looks, each by exactly one replica: refreshes only, or all others."""
        values = {"owner": uuid4().hex, "lease": self.lease, "limit": limit}
        asked_at = time.monotonic()
        rows = await self._database.query("take_due", **values, refresh=int(refresh))
        return [DueRow.read(row, asked_at) for row in rows]

    async def renew(self, rows: Iterable[DueRow]) -> None:
        """Renew the leases; rows that another owner has taken are left alone."""
        await self._database.query("renew_due", owners=_owners(rows), lease=self.lease)

    async def release(self, rows: Iterable[DueRow]) -> None:
        """Give the rows back at shutdown, so that others need not wait for the leases to expire."""
        await self._database.query("release_due", owners=_owners(rows))

    async def save_memo(self, row: DueRow, memo: Mapping[str, Any]) -> bool:
        """Save the memo; False: another owner has the row now, and nothing was saved."""
        return await self._change("note_memo", row, memo=as_json(memo))

    async def finish(
        self, row: DueRow, delay: float, memo: Mapping[str, Any] | None = None
    ) -> bool:
        """Finish the look; if the row was marked meanwhile, it is due again after `delay`."""
        return await self._change("looked", row, marks=row.marks, delay=delay, memo=as_json(memo))

    async def put_off(
        self,
        row: DueRow,
        delay: float,
        *,
        counted: float = 0.0,
        missing: bool = False,
        memo: Mapping[str, Any] | None = None,
    ) -> bool:
        """Put it off for `delay` seconds; `counted` seconds are added to `tried_for`."""
        values = {"delay": delay, "counted": counted, "missing": int(missing)}
        return await self._change("look_later", row, marks=row.marks, memo=as_json(memo), **values)

    async def end_looks(self, row: DueRow) -> bool:
        """Stop following the conversation, since its card cannot be drawn; False: row lost."""
        return await self._change("end_looks", row)

    async def resume_looks(self, conversation_id: str) -> bool:
        """Undo `end_looks`, since the card could be drawn after all; False: it was not ended."""
        return bool(await self._database.query("resume_looks", conversation_id=conversation_id))

    async def oldest(self) -> float:
        """Seconds since the oldest pending look was marked, refreshes aside; 0 if none is."""
        [row] = await self._database.query("oldest_due")
        return row["seconds"] or 0.0

    async def reserve(self, name: str, every: float) -> float:
        """Take the next free slot, one each `every` seconds for all replicas; seconds until it."""
        [row] = await self._database.query("reserve", name=name, every=every)
        return max(float(row["seconds"]), 0.0)

    async def record_moment(self, name: str) -> None:
        """Record the current time under this name."""
        await self._database.query("note_moment", name=name)

    async def forget(self, keep_days: float) -> int:
        """Remove rows that have had nothing due for `keep_days`; return how many."""
        return await forget(self._database, "forget_due", keep_days)

    async def _change(self, name: str, row: DueRow, **values: object) -> bool:
        held = {"conversation_id": row.conversation_id, "look": row.look.value, "owner": row.owner}
        return bool(await self._database.query(name, **held, **values))


def _owners(rows: Iterable[DueRow]) -> str:
    """Rows taken in one statement share an owner, which no other rows have."""
    return "," + "".join(f"{owner}," for owner in {row.owner for row in rows})
