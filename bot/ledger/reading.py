"""The ledger's answers: nothing here changes a row."""

import time
from collections.abc import Iterable
from typing import Any, Final

from bot.ledger.database import Database
from bot.ledger.entry import Backlog, Entry, State

# A POST that began this much earlier than ours can still have made a conversation after it.
_OVERLAP: Final = 300.0


class Reading:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, id_: int) -> Entry | None:
        return await self._one("get", id=id_)

    async def by_conversation(self, conversation_id: str) -> Entry | None:
        """Find the submission that opened it; the id as Weav spelled it."""
        return await self._one("by_conversation", conversation_id=conversation_id)

    async def by_key(self, key: str) -> Entry | None:
        return await self._one("by_key", key=key)

    async def about(self, source: str) -> Entry | None:
        """Find what was opened, or may have been, from this message in Slack."""
        return await self._one("by_source", source=source)

    async def latest(self, team_id: str, slack_user_id: str, limit: int = 10) -> list[Entry]:
        """Read what somebody asked for last, the newest first."""
        return await self._many("latest", team_id=team_id, slack_user_id=slack_user_id, limit=limit)

    async def rivals(self, entry: Entry) -> list[Entry]:
        """Other rows a conversation like this one's may belong to. Ask after looking in Weav."""
        since = entry.begun_at - _OVERLAP
        values = {"id": entry.id, "fingerprint": entry.fingerprint, "since": since}
        return await self._many("rivals", **values)

    async def claimed(self, entry: Entry, conversation_ids: Iterable[str]) -> frozenset[str]:
        """Those that another row has already."""
        found = set()
        for id_ in conversation_ids:
            if await self._database.query("claimed", {"id": entry.id, "conversation_id": id_}):
                found.add(id_)
        return frozenset(found)

    async def next_due(self) -> float | None:
        """Seconds until something is due, negative when it is overdue; None: nothing is open."""
        [row] = await self._database.query("next_due", {})
        seconds: float | None = row["seconds"]
        return seconds

    async def backlog(self) -> Backlog:
        rows = await self._database.query("backlog", {})
        counts = {State(row["state"]): row["entries"] for row in rows}
        return Backlog(counts, max((row["oldest"] for row in rows), default=0.0))

    async def _one(self, name: str, **values: Any) -> Entry | None:  # noqa: ANN401 - columns
        rows = await self._many(name, **values)
        return rows[0] if rows else None

    async def _many(self, name: str, **values: Any) -> list[Entry]:  # noqa: ANN401 - columns
        asked_at = time.monotonic()
        return [Entry.read(row, asked_at) for row in await self._database.query(name, values)]
