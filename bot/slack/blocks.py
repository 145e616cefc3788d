"""Messages and their Block Kit, as they go over the wire.

https://docs.slack.dev/reference/block-kit/blocks

Plain dicts: the SDK's models check each of their parts whenever they are written out, which takes
0.3 ms an input and 0.8 ms a card. Whoever gives the texts keeps to the limits.
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
# Slack answers `msg_blocks_too_long` from about 13,200 on, with the ids that it adds.
BLOCKS_LIMIT: Final = 10_000


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    """`verbatim` keeps Slack from linking what looks like a name or an address."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: Json) -> Json:
    return {"type": "section", "text": text}


def header(text: str) -> Json:
    """Show a heading of at most 150 characters."""
    return {"type": "header", "text": plain(text)}


def sentence(text: str) -> Json:
    """Show plain text as it is: it can neither format nor mention, and :codes: become emoji."""
    return section(_shown(text))


def fields(*texts: Json) -> Json:
    return {"type": "section", "fields": list(texts)}


def context(*texts: Json, block_id: str = "") -> Json:
    return _known_as(block_id, {"type": "context", "elements": list(texts)})


def footnote(text: str) -> Json:
    """Show plain text, small and grey."""
    return context(_shown(text))


def title(text: str, url: str) -> Json:
    """In bold and never parsed: its URLs and names are dead; with a URL all of it leads there."""
    leads = {"type": "link", "url": url} if url else {"type": "text"}
    element = {**leads, "text": text, "style": {"bold": True}}
    line = {"type": "rich_text_section", "elements": [element]}
    return {"type": "rich_text", "elements": [line]}


def alert(text: str, level: Level = "default", block_id: str = "") -> Json:
    """Show plain text in a box, in modals only: Slack refuses it in messages.

    https://docs.slack.dev/reference/block-kit/blocks/alert-block
    """
    return _known_as(block_id, {"type": "alert", "text": _shown(text), "level": level})


def actions(*elements: Json, block_id: str = "") -> Json:
    return _known_as(block_id, {"type": "actions", "elements": list(elements)})


def button(
    label: str,
    action_id: str,
    value: str = "",
    *,
    style: Style = "",
    confirm: Json | None = None,
    said: str = "",
) -> Json:
    """`said` is the label for screen readers, at most 75 characters like the one that is seen."""
    drawn: Json = {"type": "button", "text": _words(label), "action_id": action_id}
    more = {"value": value, "style": style, "confirm": confirm, "accessibility_label": said}
    return drawn | {name: given for name, given in more.items() if given}


def confirmation(title: str, text: str, *, confirm: str, deny: str, style: Style = "") -> Json:
    """The question before a button's action; each label has at most 30 characters."""
    drawn = {
        "title": _words(title),
        "text": _words(text),
        "confirm": _words(confirm),
        "deny": _words(deny),
    }
    return drawn | ({"style": style} if style else {})


def overflow(action_id: str, labels: Mapping[str, str]) -> Json:
    """`labels` are by value."""
    options = [{"text": plain(label), "value": value} for value, label in labels.items()]
    return {"type": "overflow", "action_id": action_id, "options": options}


def modal(title: str, drawn: Iterable[Json], **more: Any) -> Json:  # noqa: ANN401 - of any type
    """A view of `title` (at most 24 characters): https://docs.slack.dev/reference/views."""
    return {"type": "modal", "title": plain(title), "blocks": list(drawn), **more}


def home_tab(drawn: Iterable[Json]) -> Json:
    """A view of at most 100 blocks: https://docs.slack.dev/reference/views/home-tab-views."""
    return {"type": "home", "blocks": list(drawn)}


def _shown(text: str) -> Json:
    return plain(shorten(text, SECTION_LIMIT) or "…")


def _words(text: str) -> Json:
    """Without emoji codes, which would make each of ten rows of buttons longer."""
    return {"type": "plain_text", "text": text}


def _known_as(block_id: str, block: Json) -> Json:
    return {**block, "block_id": block_id} if block_id else block


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
        return len(self.text) <= MESSAGE_LIMIT and len(written) <= BLOCKS_LIMIT


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
    return whole if len(whole) <= MESSAGE_LIMIT else escape(shorten(text, MESSAGE_LIMIT // 5))
