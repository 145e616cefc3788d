"""Messages and Block Kit as plain dicts.

https://docs.slack.dev/reference/block-kit/blocks

The SDK's models validate every part each time they are serialised: 0.3 ms an input, 0.8 ms a card.
Callers keep to the limits of the texts.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from bot.slack.text import escape, link, shorten, web_address

Json = dict[str, Any]
Style = Literal["", "primary", "danger"]
Level = Literal["default", "info", "warning", "error", "success"]
# https://docs.slack.dev/reference/block-kit/blocks/section-block
SECTION_LIMIT: Final = 3000
# https://docs.slack.dev/reference/methods/chat.postMessage#truncating
MESSAGE_LIMIT: Final = 4000
# Slack answers `msg_blocks_too_long` from about 13,200 characters on, counting the ids it adds.
BLOCKS_LIMIT: Final = 10_000


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    """`verbatim` keeps Slack from linking text that looks like a name or an address."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: Json) -> Json:
    return {"type": "section", "text": text}


def header(text: str) -> Json:
    """Build a heading of at most 150 characters."""
    return {"type": "header", "text": plain(text)}


def sentence(text: str) -> Json:
    """Build a paragraph of plain text: no formatting or mentions, but :codes: become emoji."""
    return section(_plain_text(text))


def fields(*texts: Json) -> Json:
    return {"type": "section", "fields": list(texts)}


def context(*texts: Json, block_id: str = "") -> Json:
    return _with_block_id(block_id, {"type": "context", "elements": list(texts)})


def footnote(text: str) -> Json:
    """Build a small grey line of plain text."""
    return context(_plain_text(text))


def title(text: str, url: str) -> Json:
    """Build a bold line that Slack never parses; with a `url` the whole line is a link."""
    leads = {"type": "link", "url": url} if url else {"type": "text"}
    element = {**leads, "text": text, "style": {"bold": True}}
    line = {"type": "rich_text_section", "elements": [element]}
    return {"type": "rich_text", "elements": [line]}


def alert(text: str, level: Level = "default", block_id: str = "") -> Json:
    """Build a box of plain text, for modals only: Slack refuses it in messages.

    https://docs.slack.dev/reference/block-kit/blocks/alert-block
    """
    return _with_block_id(block_id, {"type": "alert", "text": _plain_text(text), "level": level})


def actions(*elements: Json, block_id: str = "") -> Json:
    return _with_block_id(block_id, {"type": "actions", "elements": list(elements)})


def button(
    label: str,
    action_id: str,
    value: str = "",
    *,
    style: Style = "",
    confirm: Json | None = None,
    spoken: str = "",
) -> Json:
    """`spoken`: the label for screen readers; both labels have at most 75 characters."""
    drawn: Json = {"type": "button", "text": _label(label), "action_id": action_id}
    more = {"value": value, "style": style, "confirm": confirm, "accessibility_label": spoken}
    return drawn | {name: given for name, given in more.items() if given}


def confirmation(title: str, text: str, *, confirm: str, deny: str, style: Style = "") -> Json:
    """Build the question that Slack asks before a button's action; labels: 30 characters."""
    drawn = {
        "title": _label(title),
        "text": _label(text),
        "confirm": _label(confirm),
        "deny": _label(deny),
    }
    return drawn | ({"style": style} if style else {})


def overflow(action_id: str, labels: Mapping[str, str]) -> Json:
    """`labels`: the label of each value."""
    options = [{"text": plain(label), "value": value} for value, label in labels.items()]
    return {"type": "overflow", "action_id": action_id, "options": options}


def modal(title: str, drawn: Iterable[Json], **more: Any) -> Json:  # noqa: ANN401 - of any type
    """`title`: at most 24 characters: https://docs.slack.dev/reference/views."""
    return {"type": "modal", "title": plain(title), "blocks": list(drawn), **more}


def home_tab(drawn: Iterable[Json]) -> Json:
    """At most 100 blocks: https://docs.slack.dev/reference/views/home-tab-views."""
    return {"type": "home", "blocks": list(drawn)}


def _plain_text(text: str) -> Json:
    return plain(shorten(text, SECTION_LIMIT) or "…")


def _label(text: str) -> Json:
    """Leave out `emoji`: ten rows of buttons would be too long with it."""
    return {"type": "plain_text", "text": text}


def _with_block_id(block_id: str, block: Json) -> Json:
    return {**block, "block_id": block_id} if block_id else block


@dataclass(frozen=True, slots=True)
class Message:
    """Notifications show `text`, and screen readers say it."""

    text: str
    blocks: list[Json]

    @classmethod
    def of(cls, text: str, *blocks: Json | None) -> Self:
        """Build a message, leaving out blocks that are None."""
        return cls(text, [block for block in blocks if block])

    @property
    def fits(self) -> bool:
        """Whether text and blocks are within Slack's limits."""
        written = json.dumps(self.blocks, ensure_ascii=False, separators=(",", ":"))
        return len(self.text) <= MESSAGE_LIMIT and len(written) <= BLOCKS_LIMIT


def first_that_fits(drawn: Iterable[Message]) -> Message:
    """Return the first message within Slack's limits, else the last one."""
    for message in drawn:
        if message.fits:
            break
    return message


def plain_message(text: str, url: str = "") -> Message:
    """Build a message of plain text; `url` links to the conversation in Weav."""
    leads = context(mrkdwn(link(url, "Open in Weav"))) if web_address(url) else None
    return Message.of(escaped_text(text), sentence(text), leads)


def escaped_text(text: str) -> str:
    """Escape a plain text, cut to fit the top-level text: escaping makes it longer."""
    whole = escape(shorten(text, SECTION_LIMIT))
    return whole if len(whole) <= MESSAGE_LIMIT else escape(shorten(text, MESSAGE_LIMIT // 5))
