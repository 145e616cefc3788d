"""A row of the ledger: what was asked, and what became of it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Self
from uuid import uuid4

# In a request, in place of the customer's ID until there is one.
CUSTOMER_EMAIL: Final = "customer_email"
# Made once, since json.dumps makes one for every call that wants no spaces.
_JSON: Final = json.JSONEncoder(separators=(",", ":"))


class State(StrEnum):
    """How far a submission is; `TRANSITIONS` in transitions.py says what leads where.

    A new one goes on into the SQL, a migration (the column has a CHECK), the replies and `status`:
    "How to add" in bot/README.md names the places.
    """

    RECEIVED = "received"
    SENDING = "sending"
    OPENED = "opened"
    ANNOUNCED = "announced"
    REFUSED = "refused"
    QUEUED = "queued"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"  # certainly not created, and not tried any more
    LEFT = "left"  # not confirmed, and its author does not want to know more


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A submission to be written; `form` is anything JSON can hold, and comes back as it was."""

    team_id: str
    slack_user_id: str
    view_id: str
    request: Mapping[str, str]
    form: Mapping[str, Any]
    post_to: str = ""
    source: str = ""  # the message in Slack that it is about
    instead_of: int = 0  # the row whose form was given back, and is sent again with this one
    # Tells what this very submission wrote from what the same form wrote at another time.
    receipt: str = field(default_factory=lambda: uuid4().hex, compare=False)

    @property
    def key(self) -> str:
        """The same form from the same view has the same key, whoever receives it."""
        request = sorted(self.request.items())
        return _digest(self.team_id, self.view_id, request, self.post_to)

    @property
    def fingerprint(self) -> str:
        """What a conversation found in Weav is recognised by."""
        return fingerprint_of(self.request)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it was at `read_at`; every time is the database's, in seconds since 1970.

    `due_at` is the heart: the end of its owner's lease, or a queued row's next attempt; None when
    nothing remains to be done. `request`, `form`, `fingerprint`, `conversation` and `reason` are
    None once the ledger has forgotten them.
    """

    id: int
    key: str
    team_id: str
    slack_user_id: str
    view_id: str
    request_json: str | None
    form_json: str | None
    fingerprint: str | None
    state: State
    reason: str | None  # a sentence for the author
    reason_code: str | None  # what the program decides by, where it does; None in old rows as well
    attempts: int  # POSTs begun; each is one worker's alone
    doubtful: bool  # a POST before the last one may have made a conversation, too
    patient: bool  # Weav said when to come back
    owner: str | None
    fence: int  # changes with the owner; who holds an older one has lost the row
    due_at: float | None
    sent_at: float | None  # when the last POST began
    conversation_id: str | None
    conversation_json: str | None
    assignee: str | None  # the person in Weav, in lower case; None: nobody, or an agent
    recovered: bool  # found by looking, not by an answer
    route: str | None  # of the card; before it is announced, the way on which it may have arrived
    slack_channel_id: str | None
    message_ts: str | None
    told: bool
    created_at: float
    received_at: float  # when it was last asked for: first, again after a refusal, or by a click
    finished_at: float | None
    tried_for: float  # seconds of pauses since Slack, or a mistake of ours, first held it up
    card_json: str | None  # what its card says that nothing else tells, see bot/card/post.py
    receipt: str | None  # of the submission that wrote it; None once it was taken up by another
    read_at: float = field(compare=False)
    asked_at: float = field(compare=False)  # this process's monotonic clock, just before

    @classmethod
    def read(cls, row: Mapping[str, Any], asked_at: float) -> Self:
        values: list[Any] = list(_in_order(tuple(row.keys()))(row))
        values[_STATE] = State(values[_STATE])
        for flag in _FLAGS:
            values[flag] = bool(values[flag])
        values.append(asked_at)
        return cls(*values)

    @property
    def request(self) -> Mapping[str, str] | None:
        return _from_json(self.request_json)

    @property
    def form(self) -> Mapping[str, Any] | None:
        return _from_json(self.form_json)

    @property
    def conversation(self) -> Mapping[str, Any] | None:
        return _from_json(self.conversation_json)

    @property
    def card(self) -> Mapping[str, Any] | None:
        return _from_json(self.card_json)

    @property
    def subject(self) -> str:
        return (self.request or {}).get("subject", "")

    @property
    def new_customer(self) -> str:
        """The address of a customer who is to be created first; empty: there is one."""
        return (self.request or {}).get(CUSTOMER_EMAIL, "")

    @property
    def begun_at(self) -> float:
        """No POST that may have made its conversation began before."""
        return self.created_at if self.doubtful or not self.sent_at else self.sent_at

    @property
    def waited(self) -> float:
        """Seconds since it was asked for."""
        return self.read_at - self.received_at


@dataclass(frozen=True, slots=True)
class Received:
    """`new` is False for a repetition: the row is somebody's already, and says how far it is."""

    entry: Entry
    new: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows that something remains to be done for; `oldest` is the longest wait in seconds."""

    counts: Mapping[State, int]
    oldest: float


def fingerprint_of(request: Mapping[str, str]) -> str:
    return _digest(*(request.get(name) for name in ("customer_id", "channel", "subject")))


def as_json(value: Mapping[str, Any]) -> str:
    return _JSON.encode(value)


def _from_json(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@lru_cache(maxsize=2)  # one, and another once a newer release has added columns
def _in_order(columns: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Read a row's columns by position, as sqlite3.Row and asyncpg.Record also allow.

    By name sqlite3.Row searches all its columns each time.
    Columns of a newer release are passed over: replicas are updated one by one.
    """
    return itemgetter(*(columns.index(name) for name in _COLUMNS))


# JSON is read when it is asked for: most steps only pass a row on.
_COLUMNS: Final = tuple(
    each.name.removesuffix("_json") for each in fields(Entry) if each.name != "asked_at"
)
_STATE: Final = _COLUMNS.index("state")
_FLAGS: Final = tuple(_COLUMNS.index(name) for name in ("doubtful", "patient", "recovered", "told"))
