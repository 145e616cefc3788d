"""Lists that Slack takes whole, however long their parts are."""

import json
from collections.abc import Iterable
from typing import Final

from bot.slack.cards import Card

# https://docs.slack.dev/reference/methods/chat.postMessage#truncating
TEXT_LIMIT: Final = 4000
# Slack answers `msg_blocks_too_long` from about 13,200 on, with the ids that it adds.
BLOCKS_LIMIT: Final = 10_000


def first_that_fits(drawn: Iterable[Card]) -> Card:
    """Draw it ever shorter until it fits; the last one counts as it is."""
    for card in drawn:
        if fits(card):
            break
    return card


def fits(card: Card) -> bool:
    written = json.dumps(card.blocks, ensure_ascii=False, separators=(",", ":"))
    return len(card.text) <= TEXT_LIMIT and len(written) <= BLOCKS_LIMIT
