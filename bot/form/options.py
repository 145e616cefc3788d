"""What the selects of the form offer, and what a chosen value means."""

from typing import Final
from uuid import UUID

from pydantic import ValidationError

from bot.slack import ids
from bot.slack.blocks import Json
from bot.slack.options import NOTHING, TEXT_LIMIT, VALUE_LIMIT, Suggestion, option
from bot.slack.text import shorten, uuid_in
from bot.weav.directory import NewCustomer

NOBODY: Final = "nobody"
CREATE: Final = "create:"
# An empty list hides what stands below the field: Slack says no more than "No results".
_INSTEAD: Final = "Paste an ID or link, or type a whole email address"
NO_CUSTOMER: Final = Suggestion(NOTHING, "Nobody seen here by that name", _INSTEAD)
NO_CUSTOMER_YET: Final = Suggestion(NOTHING, "Nobody seen here yet", _INSTEAD)
NO_PERSON: Final = Suggestion(
    NOTHING,
    "Nobody like that has told the bot who they are",
    f"Paste an ID, or let them type {ids.COMMAND} me UUID",
)
NO_AGENT: Final = Suggestion(
    NOTHING, "No active agent by that name", "Type less of it, or paste an ID"
)


def customer_label(customer_id: str, name: str, email: str) -> str:
    """Name somebody as far as they are known."""
    if name and email:
        room = TEXT_LIMIT - len(email) - 3
        return f"{shorten(name, room)} · {email}" if room > 0 else email
    return name or email or customer_id


def create_offer(new: NewCustomer) -> Suggestion | None:
    """Offer to create a customer; None for an address that no option can carry."""
    value = f"{CREATE}{new.email}"
    if len(value) > VALUE_LIMIT:
        return None
    return Suggestion(
        value, f"Create customer {new.email}", "Weav gets a new customer when you submit"
    )


def unchecked_offer(pasted: str, reason: str) -> Suggestion:
    """Take an ID that nobody could look up; Weav checks it when the form is submitted."""
    return Suggestion(pasted, f"Use this ID unchecked: {pasted}", reason)


def unknown_offer(pasted: str) -> Suggestion:
    """Take an ID that Weav does not know, or not yet."""
    label = f"Weav does not know {pasted}: use it anyway"
    return Suggestion(pasted, label, "Weav checks it again when you submit")


def customer_in(value: str) -> UUID | NewCustomer | None:
    """Read a chosen or typed customer; None: it is neither."""
    if value.startswith(CREATE):
        return new_customer_in(value.removeprefix(CREATE))
    return uuid_in(value, "customer")


def new_customer_in(text: str) -> NewCustomer | None:
    try:
        return NewCustomer(email=text.strip().removeprefix("mailto:"))
    except ValidationError:
        return None


def customer_option(value: str, label: str | None = None) -> Json | None:
    """Draw a chosen customer; None: no option can stand for this value."""
    customer = customer_in(value)
    if isinstance(customer, NewCustomer):
        offer = create_offer(customer)
        return option(offer) if offer else None
    return option(Suggestion(str(customer), label or str(customer))) if customer else None


def assignee_option(value: str, label: str | None = None) -> Json | None:
    """Draw a chosen assignee; None: no option can stand for this value."""
    assignee_id = uuid_in(value, "assignee")
    return option(Suggestion(str(assignee_id), label or str(assignee_id))) if assignee_id else None
