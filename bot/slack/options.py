"""Options of a select: what is offered, and how it is drawn.

https://docs.slack.dev/reference/block-kit/composition-objects/option-object
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.models.blocks import Option

from bot.slack.text import fold, shorten

# A value like any other for Slack, and no customer and nobody for us.
NOTHING: Final = "nothing"
TEXT_LIMIT: Final = 75
VALUE_LIMIT: Final = 150
MOST_OFFERS: Final = 100


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Plain texts; the reason says why it is offered."""

    value: str
    label: str
    reason: str = ""


def option(offer: Suggestion) -> Option:
    return Option(
        value=offer.value,
        text=shorten(fold(offer.label), TEXT_LIMIT) or offer.value,
        description=shorten(offer.reason, TEXT_LIMIT) or None,
    )


def options(offers: Iterable[Suggestion]) -> list[dict[str, Any]]:
    """Draw each value once, the first that names it; at most as many as Slack takes."""
    once: dict[str, Suggestion] = {}
    for offer in offers:
        if len(offer.value) <= VALUE_LIMIT:
            once.setdefault(offer.value, offer)
    return [option(offer).to_dict() for offer in list(once.values())[:MOST_OFFERS]]


def nothing_offer(label: str, reason: str) -> Suggestion:
    """Say something as the one option of a select, which has no other way to say it."""
    return Suggestion(NOTHING, label, reason)
