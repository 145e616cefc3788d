"""The options that the form's external selects offer."""

from typing import Final

from bot.form.values import CREATE, parse_customer
from bot.ledger import KnownCustomer
from bot.slack import ids
from bot.slack.blocks import Json
from bot.slack.options import NOTHING, TEXT_LIMIT, Suggestion, option
from bot.slack.text import shorten, uuid_in
from bot.weav.directory import NewCustomer

NOBODY: Final = "nobody"
# Never offer an empty list: Slack then says only "No results" and hides the field's hint.
_WHAT_TO_DO_INSTEAD: Final = "Paste an ID or link, or type a whole email address"
NO_CUSTOMER: Final = Suggestion(NOTHING, "Nobody seen here by that name", _WHAT_TO_DO_INSTEAD)
NO_CUSTOMER_YET: Final = Suggestion(NOTHING, "Nobody seen here yet", _WHAT_TO_DO_INSTEAD)
NO_PERSON: Final = Suggestion(
    NOTHING,
    "The bot knows nobody by that name yet",
    f"Paste an ID, or ask them to type {ids.COMMAND} me UUID",
)
NO_AGENT: Final = Suggestion(
    NOTHING, "No active agent by that name", "Type fewer letters, or paste an ID"
)


def customer_label(customer: KnownCustomer) -> str:
    """Return the name and the email address, or whichever is known, else the ID."""
    name, email = customer.name, customer.email
    if name and email:
        room = TEXT_LIMIT - len(email) - 3
        return f"{shorten(name, room)} · {email}" if room > 0 else email
    return name or email or customer.id


def create_offer(new: NewCustomer) -> Suggestion:
    return Suggestion(
        f"{CREATE}{new.email}",
        f"Create customer {new.email}",
        "Weav gets a new customer when you submit",
    )


def unchecked_offer(pasted: str, reason: str) -> Suggestion:
    """Offer an ID that could not be looked up; Weav checks it when the form is submitted."""
    return Suggestion(pasted, f"Use this ID unchecked: {pasted}", reason)


def unknown_offer(pasted: str) -> Suggestion:
    """Offer an ID that Weav does not know, or not yet."""
    label = f"Weav does not know {pasted}: use it anyway"
    return Suggestion(pasted, label, "Weav checks it again when you submit")


def customer_option(value: str, label: str | None = None) -> Json | None:
    """Draw the option of a chosen customer; None if the value is no customer."""
    customer = parse_customer(value)
    if isinstance(customer, NewCustomer):
        return option(create_offer(customer))
    return option(Suggestion(str(customer), label or str(customer))) if customer else None


def assignee_option(value: str, label: str | None = None) -> Json | None:
    """Draw the option of a chosen assignee; None if the value is no ID."""
    assignee_id = uuid_in(value, "assignee")
    return option(Suggestion(str(assignee_id), label or str(assignee_id))) if assignee_id else None
