"""The ledger: each submission is recorded here before Slack is answered or Weav is called."""

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
from bot.ledger.schema import migrate, open_database, sqlite_file

# Seconds. A POST that began this long before ours may create its conversation after ours began.
_OVERLAP: Final = 300.0


class Ledger:
    """One replica's access to the database; every method raises LedgerUnavailable.

    A method that changes a row takes the entry that the caller holds and returns the changed entry.
    It returns None if another owner has the row now, or if the row's state does not allow the step.
    On None, stop: the rest is the other owner's work. Only `opened` counts for any owner.
    """

    def __init__(self, database: Database, owner: str, lease: float, lock: str = "") -> None:
        """`lock`: name of the process lock that this process holds; empty without one."""
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
        """Open and migrate the database, or raise LedgerTooNew.

        `lease` and `statement_timeout` are in seconds. `clock` is for SQLite alone.
        """
        opening = open_database(database_url, statement_timeout, connections, clock)
        with _process_lock(database_url) as lock:
            async with opening as database:
                await migrate(database)
                # The host name is for people who read the table; the rest makes the owner unique.
                owner = f"{socket.gethostname()}/{uuid.uuid4().hex[:12]}"
                yield cls(database, owner, lease, lock)

    async def receive(self, new: NewEntry, *, sending: bool) -> Received:
        """Record a submission before anything else is done; `sending`: its POST follows at once."""
        entry = await self._change(
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
        """Begin an attempt, before its POST; the returned attempt is this caller's alone."""
        return await self._step("start_sending", entry)

    async def name_customer(self, entry: Entry, request: Mapping[str, str]) -> Entry | None:
        """Put the customer that was just created into the request, before it is POSTed."""
        named = {"request": as_json(request), "fingerprint": fingerprint_of(request)}
        return await self._step("name_customer", entry, **named)

    async def opened(
        self, entry: Entry, conversation_id: str, conversation: Mapping[str, Any]
    ) -> Entry | None:
        """Record Weav's answer to this attempt, even if the lease was lost meanwhile."""
        found = _columns(conversation_id, conversation)
        return await self._step("opened", entry, attempts=entry.attempts, **found)

    async def claim(
        self, entry: Entry, conversation_id: str, conversation: Mapping[str, Any]
    ) -> Entry | None:
        """Give the row a conversation that was found in Weav; None also if another row has it."""
        try:
            return await self._step("claim", entry, **_columns(conversation_id, conversation))
        except Taken:
            return None

    async def set_conversation(self, conversation_id: str, conversation: Mapping[str, Any]) -> None:
        """Update the stored conversation, unless the ledger has already forgotten it."""
        before = await self.by_conversation(conversation_id)
        after = await self._many("saw_conversation", **_columns(conversation_id, conversation))
        for entry in [before, *after] if before else after:
            # `before` adds the previous assignee.
            self._concerned |= {entry.slack_user_id, entry.assignee or ""}

    def take_concerned(self) -> set[str]:
        """Return whose rows this process has changed since the last call: Slack and Weav users."""
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
        """Record that the card was posted; `card` is what it takes to draw the card again."""
        place = {"slack_channel_id": slack_channel_id, "message_ts": message_ts}
        return await self._step("announced", entry, route=route, card=as_json(card), **place)

    async def queued(
        self,
        entry: Entry,
        delay: float,
        reason: str,
        *,
        reason_code: str | None = None,
        patient: bool = False,
    ) -> Entry | None:
        """Release a row that was certainly not created, for a retry in `delay` seconds."""
        why = {"reason": reason, "reason_code": reason_code, "patient": int(patient)}
        return await self._step("queued", entry, delay=delay, **why)

    async def refused(self, entry: Entry, reason: str) -> Entry | None:
        """The caller keeps the row until the author is told."""
        why = {"reason": reason, "reason_code": None}
        return await self._step("ended", entry, state=State.REFUSED.value, **why)

    async def expired(
        self, entry: Entry, reason: str, *, reason_code: str | None = None
    ) -> Entry | None:
        """Certainly not created, not retried; the caller keeps the row until the author is told."""
        why = {"reason": reason, "reason_code": reason_code}
        return await self._step("ended", entry, state=State.EXPIRED.value, **why)

    async def unconfirmed(self, entry: Entry, reason: str) -> Entry | None:
        """The caller keeps the row until the author is told."""
        return await self._step("unconfirmed", entry, reason=reason)

    async def told(self, entry: Entry) -> Entry | None:
        """Finish a row whose author was told that it is refused, expired or not confirmed."""
        return await self._step("told", entry)

    async def put_off(
        self, entry: Entry, delay: float, route: str = "", *, counted: float = 0.0, reason: str = ""
    ) -> Entry | None:
        """Release the row in its present state, to be taken again in `delay` seconds.

        `route`: how its card may have been posted already. `counted`: seconds to add to
        `tried_for`. `reason`: why the result of its request is not known.
        """
        why = {"route": route or None, "reason": reason or None}
        return await self._step("later", entry, delay=delay, counted=counted, **why)

    async def create_again(self, id_: int, slack_user_id: str) -> Entry | None:
        """Carry out "Create again"; only one of several clicks gets the row, not sent yet."""
        return await self._change("again", id=id_, slack_user_id=slack_user_id)

    async def look_again(self, id_: int, slack_user_id: str) -> Entry | None:
        """Carry out "Look again"; end the look with `claim`, or with `unconfirmed` and `told`."""
        return await self._change("look", id=id_, slack_user_id=slack_user_id)

    async def leave(self, id_: int, slack_user_id: str) -> Entry | None:
        """Carry out "Leave it"."""
        return await self._change("leave", id=id_, slack_user_id=slack_user_id)

    async def take(self, limit: int) -> list[Entry]:
        """Take overdue rows, each by exactly one replica; the state says what is left to do."""
        return await self._many("take", limit=limit)

    def still_holds(self, entry: Entry) -> bool:
        """False: the lease of `entry` may have expired, for example while this process paused."""
        return time.monotonic() - entry.asked_at < self.lease

    async def hold(self, entry: Entry) -> Entry | None:
        """Renew the lease, even an expired one, unless another owner has taken the row."""
        return await self._step("hold", entry)

    async def take_over(self) -> int:
        """Make the rows of a dead process due at once; return how many.

        Only the rows of an earlier holder of our process lock: it is certainly dead. An owner
        without a lock (PostgreSQL, an older release) may be alive, so its leases have to expire.
        """
        if not self._locked:
            return 0
        rows = await self._database.query("take_over", owner=self.owner, locked=self._locked)
        return len(rows)

    async def renew(self, ids: Iterable[int]) -> frozenset[int]:
        """Renew the leases of rows that this replica works on; an id not returned is lost."""
        listed = "".join(f",{id_}" for id_ in ids) + ","
        rows = await self._database.query("renew", ids=listed, owner=self.owner, lease=self.lease)
        return frozenset(row["id"] for row in rows)

    async def release(self) -> int:
        """Give all rows back at shutdown, so that others need not wait for the leases to expire."""
        return len(await self._database.query("release", owner=self.owner))

    async def hurry(self, spread: float) -> int:
        """Weav is back: retry queued rows within `spread` seconds, unless Weav said when."""
        return len(await self._database.query("hurry", spread=spread))

    async def forget(self, keep_days: float) -> int:
        """Remove the personal data of rows finished `keep_days` ago; return how many rows."""
        return await forget(self._database, "forget", keep_days)

    async def check_writable(self) -> None:
        """Write something, or raise LedgerUnavailable."""
        await self._database.query("write")

    async def get(self, id_: int) -> Entry | None:
        return await self._one("get", id=id_)

    async def by_conversation(self, conversation_id: str) -> Entry | None:
        """Find the submission that opened a conversation; its id is spelled as by Weav."""
        return await self._one("by_conversation", conversation_id=conversation_id)

    async def by_key(self, key: str) -> Entry | None:
        return await self._one("by_key", key=key)

    async def by_source(self, source: str) -> Entry | None:
        """Find a submission about this Slack message that has, or may have, a conversation."""
        return await self._one("by_source", source=source)

    async def latest(self, team_id: str, slack_user_id: str, limit: int = 10) -> list[Entry]:
        """Read somebody's latest submissions, newest first."""
        return await self._many("latest", team_id=team_id, slack_user_id=slack_user_id, limit=limit)

    async def waiting(self, team_id: str, slack_user_id: str, limit: int) -> list[Entry]:
        """Read what somebody still has to send again or decide about, newest first."""
        whose = {"team_id": team_id, "slack_user_id": slack_user_id}
        return await self._many("waiting", **whose, limit=limit)

    async def open_conversations(
        self, team_id: str, slack_user_id: str, weav_user_id: str, limit: int
    ) -> list[Entry]:
        """Read what somebody opened, or is assigned to, if it was open at the last look."""
        whose = {"team_id": team_id, "slack_user_id": slack_user_id}
        return await self._many(
            "open_conversations", **whose, assignee=weav_user_id or None, limit=limit
        )

    async def rivals(self, entry: Entry) -> list[Entry]:
        """Find other rows that may own a conversation like this one's; call it after the look."""
        values = {"fingerprint": entry.fingerprint, "since": entry.begun_at - _OVERLAP}
        return await self._many("rivals", id=entry.id, **values)

    async def claimed(self, entry: Entry, conversation_ids: Iterable[str]) -> frozenset[str]:
        """Return those that another row already has."""
        found = set()
        for id_ in conversation_ids:
            if await self._database.query("claimed", id=entry.id, conversation_id=id_):
                found.add(id_)
        return frozenset(found)

    async def backlog(self) -> Backlog:
        rows = await self._database.query("backlog")
        counts = {State(row["state"]): row["entries"] for row in rows}
        return Backlog(counts, max((row["oldest"] for row in rows), default=0.0))

    async def _step(self, name: str, entry: Entry, **values: object) -> Entry | None:
        """Run a statement of the holder of `entry`; the SQL of `opened` allows any owner."""
        return await self._change(name, id=entry.id, fence=entry.fence, **values)

    async def _change(self, name: str, **values: object) -> Entry | None:
        entry = await self._one(name, **values)
        if entry is not None:
            self._concerned |= {entry.slack_user_id, entry.assignee or ""}
        return entry

    async def _one(self, name: str, **values: object) -> Entry | None:
        rows = await self._many(name, **values)
        return rows[0] if rows else None

    async def _many(self, name: str, **values: object) -> list[Entry]:
        asked_at = time.monotonic()
        rows = await self._database.query(name, owner=self.owner, lease=self.lease, **values)
        return [Entry.read(row, asked_at) for row in rows]


def _columns(conversation_id: str, conversation: Mapping[str, Any]) -> dict[str, str | None]:
    person = conversation.get("assignee_type") == "user"
    assignee = str(conversation.get("assignee_id") or "").lower() if person else ""
    found = {"conversation_id": conversation_id, "conversation": as_json(conversation)}
    return {**found, "assignee": assignee or None}


def _process_lock(url: str) -> AbstractContextManager[str]:
    """SQLite only: a server's lost connection would not prove that its client died."""
    path = sqlite_file(url)
    return locked(path) if path else nullcontext("")
