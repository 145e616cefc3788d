"""What was asked and what became of it, written down before anything is done about it."""

import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
)
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from bot.ledger.database import Database, bring_forward
from bot.ledger.entry import Entry, NewEntry, Received, State, as_json, fingerprint_of
from bot.ledger.errors import Taken
from bot.ledger.process_lock import locked
from bot.ledger.sqlite import open_sqlite
from bot.ledger.upkeep import Upkeep


class Ledger(Upkeep):
    """One replica's way to the ledger; everything raises LedgerUnavailable.

    What changes a row takes the entry that its caller holds and returns the entry as it is now, or
    None: the row was lost to somebody else, or is no longer where this step begins. Whoever gets
    None stops, and leaves the rest to the new owner.
    """

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database_url: str,
        *,
        lease: float = 15.0,
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
        entry = await self._one(
            "receive",
            key=new.key,
            team_id=new.team_id,
            slack_user_id=new.slack_user_id,
            view_id=new.view_id,
            request=as_json(new.request),
            form=as_json(new.form),
            fingerprint=new.fingerprint,
            source=new.source or None,
            receipt=new.receipt,
            state=(State.SENDING if sending else State.RECEIVED).value,
            attempts=int(sending),
            **self._lease,
        )
        if entry is not None:
            return Received(entry, new=True)
        [there] = await self._many("by_key", key=new.key)
        return Received(there, new=False)

    async def start_sending(self, entry: Entry) -> Entry | None:
        """From received or queued, before the POST; the attempt is the caller's alone."""
        return await self._one("start_sending", **self._held(entry), **self._lease)

    async def name_customer(self, entry: Entry, request: Mapping[str, str]) -> Entry | None:
        """Put the customer that was created first into the request, before the POST of it."""
        named = {"request": as_json(request), "fingerprint": fingerprint_of(request)}
        return await self._one("name_customer", **named, **self._held(entry), owner=self.owner)

    async def opened(
        self, entry: Entry, conversation_id: str, conversation: Mapping[str, Any]
    ) -> Entry | None:
        """Weav's answer to this attempt: it counts even when the lease was lost meanwhile."""
        return await self._one(
            "opened",
            id=entry.id,
            attempts=entry.attempts,
            conversation_id=conversation_id,
            conversation=as_json(conversation),
            **self._lease,
        )

    async def claim(
        self, entry: Entry, conversation_id: str, conversation: Mapping[str, Any]
    ) -> Entry | None:
        """Take a conversation found by looking; None also when another row has it."""
        try:
            return await self._one(
                "claim",
                conversation_id=conversation_id,
                conversation=as_json(conversation),
                **self._held(entry),
                **self._lease,
            )
        except Taken:
            return None

    async def announced(
        self, entry: Entry, route: str, slack_channel_id: str, message_ts: str
    ) -> Entry | None:
        return await self._one(
            "announced",
            route=route,
            slack_channel_id=slack_channel_id,
            message_ts=message_ts,
            **self._mine(entry),
        )

    async def queued(
        self, entry: Entry, delay: float, reason: str, *, patient: bool = False
    ) -> Entry | None:
        """Certainly not created: for whoever takes it `delay` seconds from now."""
        return await self._one(
            "queued", delay=delay, reason=reason, patient=int(patient), **self._mine(entry)
        )

    async def refused(self, entry: Entry, reason: str) -> Entry | None:
        """Keep holding it until the author is told."""
        return await self._end(entry, State.REFUSED, reason)

    async def expired(self, entry: Entry, reason: str) -> Entry | None:
        """Certainly not created, and not tried any more; held until the author is told."""
        return await self._end(entry, State.EXPIRED, reason)

    async def unconfirmed(self, entry: Entry, reason: str) -> Entry | None:
        """Keep holding it until the author is told."""
        return await self._one("unconfirmed", reason=reason, **self._held(entry), **self._lease)

    async def told(self, entry: Entry) -> Entry | None:
        """Let it rest: its author knows that it is refused, expired or not confirmed."""
        return await self._one("told", **self._mine(entry))

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
        values = {
            "delay": delay,
            "route": route or None,
            "counted": counted,
            "reason": reason or None,
        }
        return await self._one("later", **values, **self._mine(entry))

    async def again(self, id_: int, slack_user_id: str) -> Entry | None:
        """Do what "Create again" asks for; of any number of clicks one gets the row, unsent."""
        return await self._one("again", id=id_, slack_user_id=slack_user_id, **self._lease)

    async def look(self, id_: int, slack_user_id: str) -> Entry | None:
        """Do what "Look again" asks for; end it with `claim`, or `unconfirmed` and `told`."""
        return await self._one("look", id=id_, slack_user_id=slack_user_id, **self._lease)

    async def leave(self, id_: int, slack_user_id: str) -> Entry | None:
        """Do what "Leave it" asks for."""
        return await self._one("leave", id=id_, slack_user_id=slack_user_id)

    async def _end(self, entry: Entry, state: State, reason: str) -> Entry | None:
        values = {"state": state.value, "reason": reason}
        return await self._one("ended", **values, **self._held(entry), **self._lease)

    def _held(self, entry: Entry) -> dict[str, Any]:
        return {"id": entry.id, "fence": entry.fence}

    def _mine(self, entry: Entry) -> dict[str, Any]:
        return {**self._held(entry), "owner": self.owner}


def open_database(
    url: str,
    statement_timeout: float,
    connections: int,
    clock: Callable[[], float],
) -> AbstractAsyncContextManager[Database]:
    if url.startswith(("postgresql://", "postgres://")):
        # Its driver takes 3 MB, which a bot with a file can do without.
        from bot.ledger.postgresql import open_postgresql  # noqa: PLC0415

        return open_postgresql(url, statement_timeout, connections)
    path = _file_of(url)
    if path is None:
        # The address is not shown: it may hold a password.
        raise ValueError("DATABASE_URL begins with sqlite:/// or postgresql://")
    return open_sqlite(path, statement_timeout, clock)


def _file_of(url: str) -> Path | None:
    scheme, _, path = url.partition(":///")
    return Path(unquote(path)).absolute() if scheme == "sqlite" and path else None


def _process_lock(url: str) -> AbstractContextManager[str]:
    """Only SQLite has one: with a server, a lost connection does not prove that its client died."""
    path = _file_of(url)
    return locked(path) if path else nullcontext("")
