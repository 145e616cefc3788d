"""Fills in the form, and names the sandbox's customers and look-ups."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from bot.ledger import KnownCustomer, Ledger
from bot.sandbox.slack import Person
from bot.sandbox.weav import WeavFault
from tests.harness import Harness

ZOE: Final = "3c90c3cc-0d44-4b50-8888-000000000002"
RAVI: Final = "3c90c3cc-0d44-4b50-8888-000000000004"
NORTHWIND: Final = "c0a80101-0000-4000-8000-000000000001"
TAILSPIN: Final = "c0a80101-0000-4000-8000-000000000002"
NOBODY_KNOWN: Final = "3c90c3cc-0d44-4b50-8888-999999999999"

CUSTOMER: Final[dict[str, Any]] = {"method": "GET", "path": "/customers/*"}
COMPANY: Final[dict[str, Any]] = {"method": "GET", "path": "/companies/*/customers"}
AGENTS: Final[dict[str, Any]] = {"method": "GET", "path": "/agents"}
NEW_CUSTOMER: Final[dict[str, Any]] = {"method": "POST", "path": "/customers"}

# Ways for a look-up in Weav to fail.
FAILURES: Final = {
    "status": WeavFault(status=500),
    "limit": WeavFault.rate_limit("30"),
    "token": WeavFault(status=401),
    "right": WeavFault(status=403),
    "page": WeavFault.html_page(200),
    "drop": WeavFault.lost_answer(),
    "hang": WeavFault(hold=3.0),
}


async def open_form(harness: Harness, person: Person | None = None, words: str = "") -> None:
    person = person or harness.ann
    await person.command(words)
    await harness.slack.until(lambda slack: slack.top_view(person.slack_user_id))


async def suggestions(person: Person, field: str, query: str) -> list[tuple[str, str, str]]:
    """Type into a select, and return value, label and reason of each suggestion."""
    answer = await person.suggest(field, query)
    assert answer.trouble == ""
    assert answer.seconds < 1.2
    return [
        (each["value"], each["text"]["text"], each.get("description", {}).get("text", ""))
        for each in answer.options
    ]


async def open_conversation_for(
    harness: Harness, customer_id: str, person: Person | None = None
) -> None:
    """Open a conversation for a customer, found by ID, and wait until the bot remembers them."""
    person = person or harness.ann
    cards = len(harness.weav.conversations)
    await open_form(harness, person)
    await person.submit({"channel": "email", "customer_id": customer_id})
    await harness.weav.until(lambda: len(harness.weav.conversations) > cards)
    await until_customer_used(harness, customer_id, person)


async def until_customer_used(harness: Harness, customer_id: str, person: Person) -> None:
    await _until_recorded(harness, customer_id, person, lambda known: known.by_author)


async def until_customer_known(harness: Harness, customer_id: str) -> KnownCustomer:
    return await _until_recorded(harness, customer_id, harness.ann, lambda known: known.name != "")


async def _until_recorded(
    harness: Harness, customer_id: str, person: Person, there: Callable[[KnownCustomer], bool]
) -> KnownCustomer:
    """The bot records customers in the background, and the database does not notify."""
    async with Ledger.open(harness.database) as ledger, asyncio.timeout(5):
        while True:
            known = await ledger.customers.customer(customer_id, "", person.slack_user_id)
            if known is not None and there(known):
                return known
            await asyncio.sleep(0.01)
