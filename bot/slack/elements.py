"""The Block Kit pieces that the form is still made of, as the SDK's models."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, ParamSpec, cast

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.slack.text import channel_name, link, shorten, web_address

__all__ = [
    "Drawn",
    "channel_name",
    "drawn_once",
    "footnote",
    "link",
    "mrkdwn",
    "sentence",
    "web_address",
]
# https://docs.slack.dev/reference/block-kit/blocks/section-block
SECTION_LIMIT: Final = 3000
_URL_LIMIT: Final = SECTION_LIMIT // 2


def sentence(text: str) -> Block:
    """Show plain text as it is: it can neither format nor mention, and :codes: become emoji."""
    shortened = shorten(text, SECTION_LIMIT) or "…"
    return SectionBlock(text=PlainTextObject(text=shortened, emoji=True))


def footnote(text: str) -> Block:
    """Show plain text, small and grey."""
    shortened = shorten(text, SECTION_LIMIT) or "…"
    return ContextBlock(elements=[PlainTextObject(text=shortened, emoji=True)])


def mrkdwn(text: str) -> MarkdownTextObject:
    """Show mrkdwn of our own; `verbatim` keeps Slack from linking what looks like a name."""
    return MarkdownTextObject(text=text, verbatim=True)


P = ParamSpec("P")
LOOKS = 256


class Drawn(Block):
    """A block as it goes to Slack; checked when it was drawn."""

    def __init__(self, written: dict[str, Any]) -> None:
        super().__init__(type=written["type"], block_id=written.get("block_id"))
        self._written = written

    def to_dict(self) -> dict[str, Any]:
        return dict(self._written)


def drawn_once(draw: Callable[P, Block]) -> Callable[P, Block]:
    """Remember what is drawn for the same arguments, which must be few and hashable."""

    def write(*args: P.args, **named: P.kwargs) -> Block:
        return Drawn(draw(*args, **named).to_dict())

    return cast("Callable[P, Block]", lru_cache(maxsize=LOOKS)(write))
