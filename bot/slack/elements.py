"""The few Block Kit pieces that modals and messages are made of, as the SDK's models."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, ParamSpec, cast

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.slack.text import shorten

# https://docs.slack.dev/reference/block-kit/blocks/section-block
SECTION_LIMIT: Final = 3000
_URL_LIMIT: Final = SECTION_LIMIT // 2


def sentence(text: str) -> Block:
    """Show plain text as it is: it can neither format nor mention, and :codes: become emoji."""
    shortened = shorten(text, SECTION_LIMIT) or "…"
    return SectionBlock(text=PlainTextObject(text=shortened, emoji=True))


def button(
    label: str,
    action_id: str,
    value: str,
    style: str | None = None,
    confirm: ConfirmObject | None = None,
) -> ButtonElement:
    """Label it in words alone, without emoji codes."""
    text = PlainTextObject(text=label)
    return ButtonElement(text=text, action_id=action_id, value=value, style=style, confirm=confirm)


def footnote(text: str) -> Block:
    """Show plain text, small and grey."""
    shortened = shorten(text, SECTION_LIMIT) or "…"
    return ContextBlock(elements=[PlainTextObject(text=shortened, emoji=True)])


def mrkdwn(text: str) -> MarkdownTextObject:
    """Show mrkdwn of our own; `verbatim` keeps Slack from linking what looks like a name."""
    return MarkdownTextObject(text=text, verbatim=True)


def link(url: str, label: str) -> str:
    """Write a link in mrkdwn, the label escaped by the caller; no URL, no link."""
    return f"<{web_address(url)}|{label}>" if web_address(url) else label


def channel_name(slack_channel_id: str) -> str:
    """Name a channel in mrkdwn; empty for a direct message (D…) and a person, which Slack cannot.

    https://docs.slack.dev/messaging/formatting-message-text#linking-channels
    """
    return f"<#{slack_channel_id}>" if slack_channel_id.startswith(("C", "G")) else ""


def web_address(url: str) -> str:
    """Give back an http(s) URL with nothing in it that ends a link, empty for all others."""
    if not url.startswith(("https://", "http://")) or len(url) > _URL_LIMIT:
        return ""
    written = "".join(_CODES.get(character, character) for character in url)
    return written if len(written) <= _URL_LIMIT else ""


_CODES: Final = {character: f"%{ord(character):02X}" for character in '<>|"\\^`{} \t\r\n'}
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
