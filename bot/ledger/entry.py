"""A submission as the ledger keeps it: what was asked, and what became of it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Self
from uuid import uuid4

# The field of a request that stands in for the customer's ID until the customer exists.
CUSTOMER_EMAIL: Final = "customer_email"
# json.dumps(separators=…) would create an encoder for each call.
_JSON: Final = json.JSONEncoder(separators=(",", ":"))


class State(StrEnum):
    """How far a submission is; `TRANSITIONS` in transitions.py has the steps between states.

    "How to add" in bot/README.md names the other places that a new state has to change.
    """

    RECEIVED = "received"
    SENDING = "sending"
    OPENED = "opened"
    ANNOUNCED = "announced"
    REFUSED = "refused"
    QUEUED = "queued"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"  # certainly not created, and not retried any more
    LEFT = "left"  # not confirmed, and its author chose to leave it


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A submission to be recorded; `form` is anything JSON can hold, and comes back unchanged."""

    team_id: str
    slack_user_id: str
    view_id: str
    request: Mapping[str, str]
    form: Mapping[str, Any]
    post_to: str = ""
    source: str = ""  # the Slack message that it is about
    instead_of: int = 0  # the earlier row whose form was given back, and now comes again
    # Tells a row written by this submission from one written by an earlier one of the same form.
    receipt: str = field(default_factory=lambda: uuid4().hex, compare=False)

    @property
    def key(self) -> str:
        """The same for the same form from the same view, whichever replica receives it."""
        request = sorted(self.request.items())
        return _digest(self.team_id, self.view_id, request, self.post_to)

    @property
    def fingerprint(self) -> str:
        """What a conversation found in Weav is matched by."""
        return fingerprint_of(self.request)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it was at `read_at`; every time is the database's, in seconds since 1970.

    `due_at` is the end of the owner's lease, or the time of the next attempt; None if nothing
    remains to be done. `request`, `form`, `fingerprint`, `conversation` and `reason` are None once
    `Ledger.forget` has removed them.
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
    reason_code: str | None  # what the program decides by, if it has to; None in old rows
    attempts: int  # POSTs begun; each is one worker's alone
    doubtful: bool  # a POST before the last one may have made a conversation, too
    patient: bool  # Weav said when to retry
    owner: str | None
    fence: int  # grows with each change of owner; whoever has a lower number has lost the row
    due_at: float | None
    sent_at: float | None  # when the last POST began
    conversation_id: str | None
    conversation_json: str | None
    assignee: str | None  # ID of the Weav user, in lower case; None: nobody, or an agent
    recovered: bool  # the conversation was found by looking in Weav, not named by an answer
    route: str | None  # how the card was posted; before `announced`, how it may have been
    slack_channel_id: str | None
    message_ts: str | None
    told: bool
    created_at: float
    received_at: float  # when its author last submitted it or clicked "Create again"
    finished_at: float | None
    tried_for: float  # seconds of backoff since Slack, or a bug of ours, first held it up
    card_json: str | None  # what it takes to draw the card again, see bot/card/facts.py
    receipt: str | None  # of the submission that wrote it; None once another process took it over
    read_at: float = field(compare=False)
    asked_at: float = field(compare=False)  # time.monotonic() just before the read

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
        """The email address of a customer to create first; empty if the customer exists."""
        return (self.request or {}).get(CUSTOMER_EMAIL, "")

    @property
    def begun_at(self) -> float:
        """The earliest time at which a POST that may have made the conversation began."""
        return self.created_at if self.doubtful or not self.sent_at else self.sent_at

    @property
    def waited(self) -> float:
        """Seconds since its author asked for it."""
        return self.read_at - self.received_at


@dataclass(frozen=True, slots=True)
class Received:
    """`new` is False for a repetition: `entry` is the row that an earlier submission wrote."""

    entry: Entry
    new: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """Unfinished rows by state; `oldest` is the longest wait in seconds."""

    counts: Mapping[State, int]
    oldest: float


def fingerprint_of(request: Mapping[str, str]) -> str:
    return _digest(*(request.get(name) for name in ("customer_id", "channel", "subject")))


def as_json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else _JSON.encode(value)


def _from_json(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@lru_cache(maxsize=2)  # a second one once a newer release has added columns
def _in_order(columns: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Read a row's columns by position, since sqlite3.Row searches all columns for each name.

    Columns of a newer release are ignored: replicas are updated one by one.
    """
    return itemgetter(*(columns.index(name) for name in _COLUMNS))


# `request` is read into `request_json` and so on: most steps never parse it.
_COLUMNS: Final = tuple(
    each.name.removesuffix("_json") for each in fields(Entry) if each.name != "asked_at"
)
_STATE: Final = _COLUMNS.index("state")
_FLAGS: Final = tuple(_COLUMNS.index(name) for name in ("doubtful", "patient", "recovered", "told"))
