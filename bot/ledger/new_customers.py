"""Customers that submissions want created: each POST is written down before it is sent.

Weav documents neither an idempotency key nor a search by e-mail address, so a create whose answer
was lost can be neither repeated by itself nor looked up: its author is told, and decides.
"""

from dataclasses import dataclass
from typing import Any, Literal

from bot.ledger.database import Database
from bot.ledger.entry import Entry
from bot.ledger.memory import email_key


@dataclass(frozen=True, slots=True)
class NewCustomerRow:
    """`entry_id` and `attempt` say whose POST it is; `age` is in seconds since it changed."""

    state: Literal["sending", "created", "unconfirmed"]
    entry_id: int
    attempt: int
    customer_id: str
    age: float


class NewCustomers:
    """Everything raises LedgerUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, email: str, entry: Entry) -> bool:
        """Take the one POST for this address; False: it is somebody's, or was."""
        asked = {"slack_user_id": entry.slack_user_id, "asked_at": entry.received_at}
        return await self._change("begin_customer", email, **_attempt(entry), **asked)

    async def get(self, email: str) -> NewCustomerRow | None:
        rows = await self._database.query("new_customer", {"email_key": email_key(email)})
        if not rows:
            return None
        row = rows[0]
        age = row["read_at"] - row["changed_at"]
        return NewCustomerRow(
            row["state"], row["entry_id"], row["attempt"], row["customer_id"] or "", age
        )

    async def created(self, email: str, entry: Entry, customer_id: str) -> None:
        """Record the answer to this attempt: it counts also when it comes late."""
        await self._change("customer_created", email, **_attempt(entry), customer_id=customer_id)

    async def unconfirmed(self, email: str, slack_user_id: str) -> None:
        """Note that somebody is told so, and may ask for it again."""
        await self._change("customer_unconfirmed", email, slack_user_id=slack_user_id)

    async def not_created(self, email: str, entry: Entry) -> None:
        """Certainly: the next attempt may send it."""
        await self._change("customer_not_created", email, **_attempt(entry))

    async def withdraw(self, email: str, entry: Entry) -> None:
        """Undo a `begin` of this very owner's whose answer was lost: no POST followed it."""
        held = {"since": entry.read_at, "fence": entry.fence, "owner": entry.owner}
        await self._change("withdraw_customer", email, **_attempt(entry), **held)

    async def _change(self, name: str, email: str, **values: Any) -> bool:  # noqa: ANN401 - columns
        return bool(await self._database.query(name, {"email_key": email_key(email), **values}))


def _attempt(entry: Entry) -> dict[str, int]:
    return {"entry_id": entry.id, "attempt": entry.attempts}
