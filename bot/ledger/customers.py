"""Known customers, customers to be created, people's Weav users, and Slack channels' defaults.

Weav documents neither an idempotency key nor a search by e-mail address. So when the answer to a
create is lost, the bot can neither retry it nor look it up: its author is told, and decides.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.ledger.database import Database, forget
from bot.ledger.entry import Entry
from bot.ledger.folding import containing, fold, searchable

# Words of a query that are searched for; the rest are ignored.
_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """`name` and `email` are empty if only the ID is known.

    `in_channel`, `by_author`: chosen before in the Slack channel, or by the author, asked about.
    """

    id: str
    name: str = ""
    email: str = ""
    in_channel: bool = False
    by_author: bool = False


@dataclass(frozen=True, slots=True)
class WeavUser:
    """The Weav user that somebody in Slack says they are; `name` is their Slack name then."""

    slack_user_id: str
    weav_user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Defaults:
    """A Slack channel's defaults by field, and who set them; empty if nobody did."""

    chosen: Mapping[str, str]
    slack_user_id: str = ""


class KnownCustomers:
    """Every method raises LedgerUnavailable. `forget` keeps what people set themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(
        self, query: str, slack_channel_id: str, slack_user_id: str, limit: int
    ) -> list[KnownCustomer]:
        """Find customers whose name or e-mail address contains all words of the query.

        First those used in this channel, then those used by this author, then all others.
        """
        words = fold(query).split()[:_WORDS]
        like = [containing(word) for word in words] + ["%"] * (_WORDS - len(words))
        patterns = dict(zip(("first", "second", "third", "fourth"), like, strict=True))
        scopes = _scopes(slack_channel_id, slack_user_id)
        rows = list(await self._database.query("used_customers", **patterns, **scopes, limit=limit))
        rows += await self._all_customers(words, patterns, limit)
        found: dict[str, KnownCustomer] = {}
        for row in rows:
            found.setdefault(row["id"], _customer(row))
        return list(found.values())[:limit]

    async def _all_customers(
        self, words: Sequence[str], patterns: Mapping[str, str], limit: int
    ) -> Sequence[Mapping[str, Any]]:
        if not words:
            return await self._database.query("recent_customers", limit=limit)
        first = patterns["first"]
        start = f"% {first.removeprefix('%')}"
        if len(words) == 1:
            return await self._database.query(
                "matching_customers_by_one", first=first, start=start, limit=limit
            )
        return await self._database.query(
            "matching_customers", **patterns, start=start, limit=limit
        )

    async def customer(
        self, customer_id: str, slack_channel_id: str = "", slack_user_id: str = ""
    ) -> KnownCustomer | None:
        scopes = _scopes(slack_channel_id, slack_user_id)
        rows = await self._database.query("customer_by_id", id=customer_id, **scopes)
        return _customer(rows[0]) if rows else None

    async def customer_by_email(self, email: str) -> KnownCustomer | None:
        rows = await self._database.query("customer_by_email", email_key=email_key(email))
        return _customer(rows[0]) if rows else None

    async def learn(self, customer: KnownCustomer) -> None:
        await self._database.query(
            "learn_customer",
            id=customer.id,
            name=customer.name,
            email=customer.email,
            email_key=email_key(customer.email),
            search=searchable(customer.name, customer.email),
        )

    async def record_use(self, customer_id: str, slack_channel_id: str, slack_user_id: str) -> None:
        """Remember that somebody chose this customer in this channel."""
        await self._database.query("meet_customer", id=customer_id, search=f" {customer_id}")
        scopes = _scopes(slack_channel_id, slack_user_id)
        await self._database.query("use_customer", customer_id=customer_id, **scopes)

    async def save_user(self, user: WeavUser) -> None:
        await self._database.query(
            "tell_weav_user",
            slack_user_id=user.slack_user_id,
            weav_user_id=user.weav_user_id,
            name=user.name,
            search=searchable(user.name),
        )

    async def user(self, slack_user_id: str) -> WeavUser | None:
        rows = await self._database.query("weav_user", slack_user_id=slack_user_id)
        return _user(rows[0]) if rows else None

    async def user_by_weav_id(self, weav_user_id: str) -> WeavUser | None:
        rows = await self._database.query("weav_user_by_id", weav_user_id=weav_user_id)
        return _user(rows[0]) if rows else None

    async def users(self, query: str, slack_user_id: str, limit: int) -> list[WeavUser]:
        """Find Weav users by a part of their name; `slack_user_id`'s own comes first."""
        pattern = containing(fold(query))
        rows = await self._database.query(
            "weav_users", slack_user_id=slack_user_id, first=pattern, limit=limit
        )
        return [_user(row) for row in rows]

    async def save_defaults(
        self, slack_channel_id: str, chosen: Mapping[str, str], slack_user_id: str
    ) -> None:
        await self._database.query(
            "choose_defaults",
            slack_channel_id=slack_channel_id,
            chosen=json.dumps(dict(chosen), separators=(",", ":")),
            slack_user_id=slack_user_id,
        )

    async def defaults(self, slack_channel_id: str) -> Defaults:
        rows = await self._database.query("channel_defaults", slack_channel_id=slack_channel_id)
        if not rows:
            return Defaults({})
        return Defaults(json.loads(rows[0]["chosen"]), rows[0]["slack_user_id"])

    async def all_defaults(self) -> dict[str, dict[str, str]]:
        """By Slack channel, then by field."""
        rows = await self._database.query("all_defaults")
        return {row["slack_channel_id"]: json.loads(row["chosen"]) for row in rows}

    async def forget(self, keep_days: float) -> int:
        """Remove customers that nobody used or looked up for `keep_days`; return how many rows."""
        names = ("forget_customers", "forget_uses", "forget_new_customers")
        return sum([await forget(self._database, name, keep_days) for name in names])


def email_key(email: str) -> str:
    """Make addresses comparable, as mail servers do in practice: ignore case, keep accents."""
    return email.strip().casefold()


def _scopes(slack_channel_id: str, slack_user_id: str) -> dict[str, str]:
    return {"channel": f"channel:{slack_channel_id}", "author": f"author:{slack_user_id}"}


def _customer(row: Mapping[str, Any]) -> KnownCustomer:
    used = row["in_channel"] is not None, row["by_author"] is not None
    return KnownCustomer(row["id"], row["name"], row["email"], *used)


def _user(row: Mapping[str, Any]) -> WeavUser:
    return WeavUser(row["slack_user_id"], row["weav_user_id"], row["name"])


@dataclass(frozen=True, slots=True)
class NewCustomerRow:
    """`entry_id` and `attempt` identify the POST; `age` is seconds since the row last changed."""

    state: Literal["sending", "created", "unconfirmed"]
    entry_id: int
    attempt: int
    customer_id: str
    age: float


class NewCustomers:
    """Every method raises LedgerUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, email: str, entry: Entry) -> bool:
        """Reserve the only POST for this address; False: another attempt has reserved it."""
        asked = {"slack_user_id": entry.slack_user_id, "asked_at": entry.received_at}
        return await self._change("begin_customer", email, **_attempt(entry), **asked)

    async def get(self, email: str) -> NewCustomerRow | None:
        rows = await self._database.query("new_customer", email_key=email_key(email))
        if not rows:
            return None
        row = rows[0]
        age = row["read_at"] - row["changed_at"]
        return NewCustomerRow(
            row["state"], row["entry_id"], row["attempt"], row["customer_id"] or "", age
        )

    async def created(self, email: str, entry: Entry, customer_id: str) -> None:
        """Record the answer to this attempt, even if it comes late."""
        await self._change("customer_created", email, **_attempt(entry), customer_id=customer_id)

    async def unconfirmed(self, email: str, slack_user_id: str) -> None:
        """Record that this person is told so; from now on they may ask again."""
        await self._change("customer_unconfirmed", email, slack_user_id=slack_user_id)

    async def not_created(self, email: str, entry: Entry) -> None:
        """Record that it was certainly not created, so that the next attempt may send it."""
        await self._change("customer_not_created", email, **_attempt(entry))

    async def withdraw(self, email: str, entry: Entry) -> None:
        """Undo this owner's own `begin` whose answer was lost: no POST followed it."""
        held = {"since": entry.read_at, "fence": entry.fence, "owner": entry.owner}
        await self._change("withdraw_customer", email, **_attempt(entry), **held)

    async def _change(self, name: str, email: str, **values: object) -> bool:
        return bool(await self._database.query(name, email_key=email_key(email), **values))


def _attempt(entry: Entry) -> dict[str, int]:
    return {"entry_id": entry.id, "attempt": entry.attempts}
