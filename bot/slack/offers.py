"""What a select offers, and what a chosen value means.

https://docs.slack.dev/reference/block-kit/composition-objects/option-object
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from slack_sdk.models.blocks import Option

from bot.slack import ids
from bot.slack.text import fold, shorten
from bot.slack.uuids import uuid_in
from bot.weav.people import NewCustomer

# A value like any other for Slack, and no customer and nobody for us.
NOTHING: Final = "nothing"
NOBODY: Final = "nobody"
CREATE: Final = "create:"

_TEXT_LIMIT: Final = 75
_VALUE_LIMIT: Final = 150
MOST_OFFERS: Final = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """Plain texts; the reason says why it is offered."""

    value: str
    label: str
    reason: str = ""


# An empty list hides what stands below the field: Slack says no more than "No results".
_INSTEAD: Final = "Paste an ID or link, or type a whole e-mail address"
NO_CUSTOMER: Final = Offer(NOTHING, "Nobody seen here by that name", _INSTEAD)
NO_CUSTOMER_YET: Final = Offer(NOTHING, "Nobody seen here yet", _INSTEAD)
NO_PERSON: Final = Offer(
    NOTHING,
    "Nobody like that has told the bot who they are",
    f"Paste an ID, or let them type {ids.COMMAND} me UUID",
)
NO_AGENT: Final = Offer(NOTHING, "No active agent by that name", "Type less of it, or paste an ID")


def option(offer: Offer) -> Option:
    return Option(
        value=offer.value,
        text=shorten(fold(offer.label), _TEXT_LIMIT) or offer.value,
        description=shorten(offer.reason, _TEXT_LIMIT) or None,
    )


def options(offers: Iterable[Offer]) -> list[dict[str, Any]]:
    """Draw each value once, the first that names it; at most as many as Slack takes."""
    once: dict[str, Offer] = {}
    for offer in offers:
        if len(offer.value) <= _VALUE_LIMIT:
            once.setdefault(offer.value, offer)
    return [option(offer).to_dict() for offer in list(once.values())[:MOST_OFFERS]]


def customer_label(customer_id: str, name: str, email: str) -> str:
    """Name somebody as far as they are known."""
    if name and email:
        room = _TEXT_LIMIT - len(email) - 3
        return f"{shorten(name, room)} · {email}" if room > 0 else email
    return name or email or customer_id


def create_offer(new: NewCustomer) -> Offer | None:
    """Offer to create a customer; None for an address that no option can carry."""
    value = f"{CREATE}{new.email}"
    if len(value) > _VALUE_LIMIT:
        return None
    return Offer(value, f"Create customer {new.email}", "Weav gets a new customer when you submit")


def unchecked_offer(pasted: str, reason: str) -> Offer:
    """Take an ID that nobody could look up; Weav checks it when the form is submitted."""
    return Offer(pasted, f"Use this ID unchecked: {pasted}", reason)


def unknown_offer(pasted: str) -> Offer:
    """Take an ID that Weav does not know, or not yet."""
    label = f"Weav does not know {pasted}: use it anyway"
    return Offer(pasted, label, "Weav checks it again when you submit")


def nothing_offer(label: str, reason: str) -> Offer:
    """Say something as the one option of a select, which has no other way to say it."""
    return Offer(NOTHING, label, reason)


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
