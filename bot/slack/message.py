"""A message to Slack: its blocks, and the text that carries their content."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.models.blocks import Block, ContextBlock

from bot.slack.blocks import Json
from bot.slack.elements import SECTION_LIMIT, link, mrkdwn, sentence
from bot.slack.text import escape, shorten

# https://docs.slack.dev/reference/methods/chat.postMessage#truncating
TEXT_LIMIT: Final = 4000
# Slack answers `msg_blocks_too_long` from about 13,200 on, with the ids that it adds.
BLOCKS_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `text` carries the content for notifications and screen readers."""

    text: str
    blocks: list[dict[str, Any]]


def first_that_fits(drawn: Iterable[Message]) -> Message:
    """Draw it ever shorter until it fits; the last one counts as it is."""
    for card in drawn:
        if fits(card):
            break
    return card


def fits(card: Message) -> bool:
    written = json.dumps(card.blocks, ensure_ascii=False, separators=(",", ":"))
    return len(card.text) <= TEXT_LIMIT and len(written) <= BLOCKS_LIMIT


def card(text: str, *drawn: Block | Json | None) -> Message:
    """Put a message together, of what there is."""
    written = [block.to_dict() if isinstance(block, Block) else block for block in drawn if block]
    return Message(text, written)


def plain_message(text: str, url: str = "") -> Message:
    """Say a plain sentence; `url` leads to the conversation in Weav."""
    leads = link(url, "Open in Weav")
    where = ContextBlock(elements=[mrkdwn(leads)]) if leads.startswith("<") else None
    return card(escaped_text(text), sentence(text), where)


def escaped_text(text: str) -> str:
    """Write as much of a plain text as the top-level text takes: escaping makes it longer."""
    whole = escape(shorten(text, SECTION_LIMIT))
    return whole if len(whole) <= TEXT_LIMIT else escape(shorten(text, TEXT_LIMIT // 5))
