"""What was asked and what became of it, written down before anything is done about it."""

import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any, Final, Self

from bot.ledger.cards import CardRows
from bot.ledger.customers import KnownCustomers, NewCustomers
from bot.ledger.database import Database, forget
from bot.ledger.due import DueRows
from bot.ledger.entry import Backlog, Entry, NewEntry, Received, State, as_json, fingerprint_of
from bot.ledger.errors import Taken
from bot.ledger.home import HomeTabs
from bot.ledger.process_lock import locked
from bot.ledger.schema import _file_of, bring_forward, open_database

# A POST that began this much earlier than ours can still have made a conversation after it.
_OVERLAP: Final = 300.0


class Ledger:
    """One replica's way to the ledger; everything raises LedgerUnavailable.

    What changes a row takes the entry that its caller holds and returns the entry as it is now, or
    None: the row was lost to somebody else, or is no longer where this step begins. Whoever gets
    None stops, and leaves the rest to the new owner.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        lease: float,
        lock: str = "",
    ) -> None:
        """`lock`: what only one process at a time holds, from its start to its end, if anything."""
        self._database = database
        self._concerned: set[str] = set()
        self._locked = f"/lock {lock}" if lock else ""
        self.owner = f"{owner}{self._locked}"
        self.lease = lease
        self.cards = CardRows(database, lease)
        self.due = DueRows(database, lease)
        self.customers = KnownCustomers(database)
        self.new_customers = NewCustomers(database)
        self.home_tabs = HomeTabs(database)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database_url: str,
        *,
        lease: float = 10.0,
        statement_timeout: float = 2.0,
        connections: int = 10,
        clock: Callable[[], float] = time.time,
    ) -> AsyncIterator[Self]:
        """Bring the database forward, or raise LedgerTooNew; seconds, and SQLite's clock."""
        opening = open_database(database_url, statement_timeout, connections, clock)
        with _process_lock(database_url) as lock:
            async with opening as database:
                await bring_forward(database)
                # The name is for people who look at the table; the rest makes it this process's.
                owner = f"{socket.gethostname()}/{uuid.uuid4().hex[:12]}"
                yield cls(database, owner, lease, lock)

    async def receive(self, new: NewEntry, *, sending: bool) -> Received:
        """Write it down before anything else; `sending`: the caller POSTs it at once."""
        entry = await self._changed(
            "receive",
            key=new.key,
            team_id=new.team_id,
            slack_user_id=new.slack_user_id,
            view_id=new.view_id,
            request=as_json(new.request),
            form=as_json(new.form),
            fingerprint=new.fingerprint,
            source=new.source or None,
            instead_of=new.instead_of or None,
            receipt=new.receipt,
            state=(State.SENDING if sending else State.RECEIVED).value,
            attempts=int(sending),
        )
        if entry is not None:
            return Received(entry, new=True)
        [there] = await self._many("by_key", key=new.key)
        return Received(there, new=False)

    async def start_sending(self, entry: Entry) -> Entry | None:
        """From received or queued, before the POST; the attempt is the caller's alone."""
        return await self._change("start_sending", entry)

    async def name_customer(self, entry: Entry, request: Mapping[str, str]) -> Entry | None:
        """Put the customer that was created first into the request, before the POST of it."""
        named = {"request": as_json(request), "fingerprint": fingerprint_of(request)}
        return await self._change("name_customer", entry, **named)

    async def opened(
        self, entry: Entry, conversation_id: str, conversation: Mapping[str, Any]
    ) -> Entry | None:
        """Weav's answer to this attempt: it counts even when the lease was lost meanwhile."""
        found = {"conversation_id": conversation_id, **_facts(conversation)}
        return await self._change("opened", entry, attempts=entry.attempts, **found)

    async def claim(
        self, entry: Entry, conversation_id: str, conversation: Mapping[str, Any]
    ) -> Entry | None:
        """Take a conversation found by looking; None also when another row has it."""
        found = {"conversation_id": conversation_id, **_facts(conversation)}
        try:
            return await self._change("claim", entry, **found)
        except Taken:
            return None

    async def saw_conversation(self, conversation_id: str, conversation: Mapping[str, Any]) -> None:
        """Keep what Weav says of it now, until it is removed with the rest."""
        seen = {"conversation_id": conversation_id, **_facts(conversation)}
        before = await self.by_conversation(conversation_id)
        after = await self._many("saw_conversation", **seen)
        for entry in [before, *after] if before else after:
            # Also whom it was assigned to until now.
            self._concerned |= {entry.slack_user_id, entry.assignee or ""}

    def take_concerned(self) -> set[str]:
        """Whose rows this process has changed since: people in Slack, and assignees in Weav."""
        concerned, self._concerned = self._concerned, set()
        return concerned - {""}

    async def announced(
        self,
        entry: Entry,
        route: str,
        slack_channel_id: str,
        message_ts: str,
        card: Mapping[str, Any] | None = None,
    ) -> Entry | None:
        """`card`: what it takes to draw it again, besides the conversation."""
        place = {"slack_channel_id": slack_channel_id, "message_ts": message_ts}
        facts = {"card": None if card is None else as_json(card)}
        return await self._change("announced", entry, route=route, **place, **facts)

    async def queued(
        self,
        entry: Entry,
        delay: float,
        reason: str,
        *,
        reason_code: str | None = None,
        patient: bool = False,
    ) -> Entry | None:
        """Certainly not created: for whoever takes it `delay` seconds from now."""
        why = {"reason": reason, "reason_code": reason_code, "patient": int(patient)}
        return await self._change("queued", entry, delay=delay, **why)

    async def refused(self, entry: Entry, reason: str) -> Entry | None:
        """Keep holding it until the author is told."""
        why = {"reason": reason, "reason_code": None}
        return await self._change("ended", entry, state=State.REFUSED.value, **why)

    async def expired(
        self, entry: Entry, reason: str, *, reason_code: str | None = None
    ) -> Entry | None:
        """Certainly not created, and not tried any more; held until the author is told."""
        why = {"reason": reason, "reason_code": reason_code}
        return await self._change("ended", entry, state=State.EXPIRED.value, **why)

    async def unconfirmed(self, entry: Entry, reason: str) -> Entry | None:
        """Keep holding it until the author is told."""
        return await self._change("unconfirmed", entry, reason=reason)

    async def told(self, entry: Entry) -> Entry | None:
        """Let it rest: its author knows that it is refused, expired or not confirmed."""
        return await self._change("told", entry)

    async def later(
        self,
        entry: Entry,
        delay: float,
        route: str = "",
        *,
        counted: float = 0.0,
        reason: str = "",
    ) -> Entry | None:
        """Leave it in its state for whoever takes it `delay` seconds from now.

        `route`: the way on which its card may have arrived already. `counted`: seconds to be added
        to what it was tried for. `reason`: why nobody knows what became of its request.
        """
        why = {"route": route or None, "reason": reason or None}
        return await self._change("later", entry, delay=delay, counted=counted, **why)

    async def again(self, id_: int, slack_user_id: str) -> Entry | None:
        """Do what "Create again" asks for; of any number of clicks one gets the row, unsent."""
        return await self._changed("again", id=id_, slack_user_id=slack_user_id)

    async def look(self, id_: int, slack_user_id: str) -> Entry | None:
        """Do what "Look again" asks for; end it with `claim`, or `unconfirmed` and `told`."""
        return await self._changed("look", id=id_, slack_user_id=slack_user_id)

    async def leave(self, id_: int, slack_user_id: str) -> Entry | None:
        """Do what "Leave it" asks for."""
        return await self._changed("leave", id=id_, slack_user_id=slack_user_id)

    async def take(self, limit: int) -> list[Entry]:
        """Overdue rows, each given to one replica; their state says what remains to be done."""
        return await self._many("take", limit=limit)

    def surely_holds(self, entry: Entry) -> bool:
        """False: its lease may be over, or was renewed; this process may have stood still."""
        return time.monotonic() - entry.asked_at < self.lease

    async def hold(self, entry: Entry) -> Entry | None:
        """Lengthen its lease, also one that is overdue, and so be sure to hold it."""
        return await self._change("hold", entry)

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
        values = {"ids": listed, "owner": self.owner, "lease": self.lease}
        return frozenset(row["id"] for row in await self._database.query("renew", values))

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

    async def waiting(self, team_id: str, slack_user_id: str, limit: int) -> list[Entry]:
        """Read what somebody still has to send again or to decide about, the newest first."""
        whose = {"team_id": team_id, "slack_user_id": slack_user_id}
        return await self._many("waiting", **whose, limit=limit)

    async def open_conversations(
        self, team_id: str, slack_user_id: str, weav_user_id: str, limit: int
    ) -> list[Entry]:
        """Read what somebody opened, or is assigned to, and was open when it was last looked at."""
        whose = {"team_id": team_id, "slack_user_id": slack_user_id}
        return await self._many(
            "open_conversations", **whose, assignee=weav_user_id or None, limit=limit
        )

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

    async def backlog(self) -> Backlog:
        rows = await self._database.query("backlog", {})
        counts = {State(row["state"]): row["entries"] for row in rows}
        return Backlog(counts, max((row["oldest"] for row in rows), default=0.0))

    async def _change(self, name: str, entry: Entry, **values: Any) -> Entry | None:  # noqa: ANN401 - columns
        """Run a step of whoever holds the row as this entry says."""
        return await self._changed(name, id=entry.id, fence=entry.fence, **values)

    async def _changed(self, name: str, **values: Any) -> Entry | None:  # noqa: ANN401 - columns
        entry = await self._one(name, **values)
        if entry is not None:
            self._concerned |= {entry.slack_user_id, entry.assignee or ""}
        return entry

    async def _one(self, name: str, **values: Any) -> Entry | None:  # noqa: ANN401 - columns
        rows = await self._many(name, **values)
        return rows[0] if rows else None

    async def _many(self, name: str, **values: Any) -> list[Entry]:  # noqa: ANN401 - columns
        asked_at = time.monotonic()
        values = {"owner": self.owner, "lease": self.lease, **values}
        return [Entry.read(row, asked_at) for row in await self._database.query(name, values)]


def _facts(conversation: Mapping[str, Any]) -> dict[str, str | None]:
    person = conversation.get("assignee_type") == "user"
    assignee = str(conversation.get("assignee_id") or "").lower() if person else ""
    return {"conversation": as_json(conversation), "assignee": assignee or None}


def _process_lock(url: str) -> AbstractContextManager[str]:
    """Only SQLite has one: with a server, a lost connection does not prove that its client died."""
    path = _file_of(url)
    return locked(path) if path else nullcontext("")
