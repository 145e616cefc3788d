"""Options of a select menu.

https://docs.slack.dev/reference/block-kit/composition-objects/option-object
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.slack.blocks import Json, plain
from bot.slack.text import one_line, shorten

# The value of an option that is only a notice. Slack treats it like any other value.
NOTHING: Final = "nothing"
TEXT_LIMIT: Final = 75
VALUE_LIMIT: Final = 150
MAX_OPTIONS: Final = 100


@dataclass(frozen=True, slots=True)
class Suggestion:
    """All in plain text; `reason`: why the bot offers it."""

    value: str
    label: str
    reason: str = ""


def option(offer: Suggestion) -> Json:
    text = shorten(one_line(offer.label), TEXT_LIMIT) or offer.value
    drawn = {"text": plain(text), "value": offer.value}
    if reason := shorten(offer.reason, TEXT_LIMIT):
        drawn["description"] = plain(reason)
    return drawn


def options(offers: Iterable[Suggestion]) -> list[Json]:
    """Build the options, without repeated values; at most as many as Slack accepts."""
    once: dict[str, Suggestion] = {}
    for offer in offers:
        if len(offer.value) <= VALUE_LIMIT:
            once.setdefault(offer.value, offer)
    return [option(offer) for offer in list(once.values())[:MAX_OPTIONS]]


def nothing_offer(label: str, reason: str) -> Suggestion:
    """Show a notice as the only option of a select, which cannot show one otherwise."""
    return Suggestion(NOTHING, label, reason)
