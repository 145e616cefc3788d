"""A message to Slack: its blocks, and the text that carries their content."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from bot.slack.blocks import SECTION_LIMIT, Json, context, mrkdwn, sentence
from bot.slack.text import escape, link, shorten, web_address

# https://docs.slack.dev/reference/methods/chat.postMessage#truncating
TEXT_LIMIT: Final = 4000
# Slack answers `msg_blocks_too_long` from about 13,200 on, with the ids that it adds.
BLOCKS_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is what notifications show and screen readers say."""

    text: str
    blocks: list[Json]

    @classmethod
    def of(cls, text: str, *blocks: Json | None) -> Self:
        """Put a message together, of the blocks that there are."""
        return cls(text, [block for block in blocks if block])

    @property
    def fits(self) -> bool:
        """Whether Slack takes it, text and blocks in total."""
        written = json.dumps(self.blocks, ensure_ascii=False, separators=(",", ":"))
        return len(self.text) <= TEXT_LIMIT and len(written) <= BLOCKS_LIMIT


def first_that_fits(drawn: Iterable[Message]) -> Message:
    """Draw it ever shorter until it fits; the last one counts as it is."""
    for message in drawn:
        if message.fits:
            break
    return message


def plain_message(text: str, url: str = "") -> Message:
    """Say a plain sentence; `url` leads to the conversation in Weav."""
    leads = context(mrkdwn(link(url, "Open in Weav"))) if web_address(url) else None
    return Message.of(escaped_text(text), sentence(text), leads)


def escaped_text(text: str) -> str:
    """Write as much of a plain text as the top-level text takes: escaping makes it longer."""
    whole = escape(shorten(text, SECTION_LIMIT))
    return whole if len(whole) <= TEXT_LIMIT else escape(shorten(text, TEXT_LIMIT // 5))
