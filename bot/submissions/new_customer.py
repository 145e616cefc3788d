"""Creates a new customer before the conversation: once, however many submissions ask for it.

Weav documents no idempotency key, does not say what a known email address leads to, and cannot
search by address. So a create whose answer was lost is repeated only when its author asks.
"""

import asyncio
import time
from typing import Final, assert_never

from bot.directory import known_customer
from bot.ledger import CUSTOMER_EMAIL, Entry, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.retry import retry_until_written
from bot.slack import ids
from bot.weav.client import WeavClient
from bot.weav.directory import CustomerCreated, NewCustomer, create_customer
from bot.weav.outcomes import NotSent, Refused, Unconfirmed

log = get_logger("weav_slack.new_customer")
# Seconds between polls while another submission creates the same customer.
POLL_EVERY: Final = 0.2
NOT_CONFIRMED: Final = (
    "Weav did not confirm that it created this customer. Look there: if they exist, paste their ID"
    " here. If they do not, submit again, and the bot asks Weav once more."
)


class CustomerCreation:
    def __init__(self, ledger: Ledger, weav: WeavClient, wait_for: float) -> None:
        """`wait_for`: seconds until another submission's POST of a customer counts as lost."""
        self._ledger = ledger
        self._rows = ledger.new_customers
        self._weav = weav
        self._wait_for = wait_for

    async def assign(self, entry: Entry) -> Entry | Refused | NotSent | None:
        """Write the new customer's id into the row; None: another worker has the row.

        Raise LedgerUnavailable: the customer may exist now, but no conversation was created.
        """
        request = dict(entry.request or {})
        email = request.pop(CUSTOMER_EMAIL)
        found = await self._find_or_create(email, entry)
        if not isinstance(found, str):
            return found
        return await self._ledger.name_customer(entry, {**request, ids.CUSTOMER_ID: found})

    async def _find_or_create(self, email: str, entry: Entry) -> str | Refused | NotSent | None:
        if seen := await self._ledger.customers.customer_by_email(email):
            return seen.id
        asked_at = time.monotonic()
        if await self._begin(email, entry):
            if time.monotonic() - asked_at >= self._ledger.lease:
                # This process stalled. The row's new owner assumes that this POST was sent.
                return None
            return await self._create(email, entry)
        return await self._wait_for_other(email, entry)

    async def _begin(self, email: str, entry: Entry) -> bool:
        try:
            return await self._rows.begin(email, entry)
        except LedgerUnavailable:
            # The row may still be written later; the next attempt would take it for a POST.
            await retry_until_written(lambda: self._rows.withdraw(email, entry), entry)
            raise

    async def _create(self, email: str, entry: Entry) -> str | Refused | NotSent:
        outcome = await create_customer(self._weav, NewCustomer(email=email))
        log.info("customer_asked_for", entry=entry.id, outcome=type(outcome).__name__)
        match outcome:
            case CustomerCreated(customer):
                created = str(customer.id)
                await retry_until_written(lambda: self._rows.created(email, entry, created), entry)
                await retry_until_written(
                    lambda: self._ledger.customers.learn(known_customer(customer)), entry
                )
                return created
            case Refused(message=message, status=status):
                await retry_until_written(lambda: self._rows.not_created(email, entry), entry)
                return _refused(message, status)
            case NotSent():
                await retry_until_written(lambda: self._rows.not_created(email, entry), entry)
                return outcome
            case Unconfirmed():
                return await self._not_confirmed(email, entry)
            case _:
                assert_never(outcome)

    async def _wait_for_other(self, email: str, entry: Entry) -> str | Refused | NotSent | None:
        """Wait for another POST of this customer; if it is our own, a crash cut it off."""
        while True:
            row = await self._rows.get(email)
            if row is None:  # that POST certainly created nothing
                return await self._find_or_create(email, entry)
            if row.state == "created":
                return row.customer_id
            our_own = (row.entry_id, row.attempt) == (entry.id, entry.attempts)
            if row.state == "unconfirmed" or our_own or row.age > self._wait_for:
                return await self._not_confirmed(email, entry)
            await asyncio.sleep(POLL_EVERY)

    async def _not_confirmed(self, email: str, entry: Entry) -> Refused:
        log.warning("customer_not_confirmed", entry=entry.id)
        await retry_until_written(lambda: self._rows.unconfirmed(email, entry.slack_user_id), entry)
        return _refused(NOT_CONFIRMED, 0)


def _refused(why: str, status: int) -> Refused:
    return Refused("", {ids.CUSTOMER_ID: why}, status)
