"""A ledger that writes nothing: the baseline for the real ledger."""

from __future__ import annotations

import math
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Self

from bot import app
from bot.ledger import Entry, Ledger, NewEntry, Received, State
from bot.ledger.entry import as_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from bot.ledger.database import Rows, Run

_NOTHING: Final[dict[str, Any]] = {each.name: None for each in fields(Entry)}
_EMPTY: Final = Entry(
    **_NOTHING
    | {"attempts": 1, "fence": 1, "received_at": 0.0, "read_at": 0.0, "asked_at": math.inf}
)


class NoDatabase:
    dialect = "none"

    async def query(self, _name: str, /, **_values: object) -> Rows:
        return []

    def exclusive(self) -> AbstractAsyncContextManager[Run]:
        raise NotImplementedError


class NoOpLedger(Ledger):
    """Supports a submission without trouble, with only the fields that the services need."""

    _ids = count(1)

    @classmethod
    @asynccontextmanager
    async def open(cls, *_: object, lease: float = 10.0, **__: object) -> AsyncIterator[Self]:
        yield cls(NoDatabase(), "nobody", lease)

    async def receive(self, new: NewEntry, *, sending: bool) -> Received:
        entry = replace(
            _EMPTY,
            id=next(self._ids),
            team_id=new.team_id,
            slack_user_id=new.slack_user_id,
            view_id=new.view_id,
            request_json=as_json(new.request),
            form_json=as_json(new.form),
            state=State.SENDING if sending else State.RECEIVED,
        )
        return Received(entry, new=True)

    async def start_sending(self, entry: Entry) -> Entry:
        return replace(entry, state=State.SENDING)

    async def opened(
        self, entry: Entry, _conversation_id: str, _conversation: Mapping[str, Any]
    ) -> Entry:
        return replace(entry, state=State.OPENED)

    async def announced(
        self,
        entry: Entry,
        _route: str,
        _slack_channel_id: str,
        _message_ts: str,
        _card: Mapping[str, Any] | None = None,
    ) -> Entry:
        return entry


def use_no_op_ledger() -> None:
    """Make the bot of this process use the no-op ledger."""
    vars(app)["Ledger"] = NoOpLedger
