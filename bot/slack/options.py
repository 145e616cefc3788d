"""Options of a select: what is offered, and how it is drawn.

https://docs.slack.dev/reference/block-kit/composition-objects/option-object
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.slack.blocks import Json, plain
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


def option(offer: Suggestion) -> Json:
    text = shorten(fold(offer.label), TEXT_LIMIT) or offer.value
    drawn = {"text": plain(text), "value": offer.value}
    if reason := shorten(offer.reason, TEXT_LIMIT):
        drawn["description"] = plain(reason)
    return drawn


def options(offers: Iterable[Suggestion]) -> list[Json]:
    """Draw each value once, the first that names it; at most as many as Slack takes."""
    once: dict[str, Suggestion] = {}
    for offer in offers:
        if len(offer.value) <= VALUE_LIMIT:
            once.setdefault(offer.value, offer)
    return [option(offer) for offer in list(once.values())[:MOST_OFFERS]]


def nothing_offer(label: str, reason: str) -> Suggestion:
    """Say something as the one option of a select, which has no other way to say it."""
    return Suggestion(NOTHING, label, reason)
