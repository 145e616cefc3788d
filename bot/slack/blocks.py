"""Block Kit as it goes over the wire, for what is drawn anew each time.

The SDK's models search each of their objects for its checks whenever it is written out, which took
0.8 ms a card. The limits are kept by whoever gives the texts, and the sandbox refuses the rest.
https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterable
from typing import Any

from slack_sdk.models.blocks import Block

Json = dict[str, Any]


def modal(title: str, drawn: Iterable[Block], **more: Any) -> Json:  # noqa: ANN401 - of any type
    """A view of `title` (at most 24 characters): https://docs.slack.dev/reference/views."""
    written = [block.to_dict() for block in drawn]
    return {"type": "modal", "title": plain(title), "blocks": written, **more}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    """`verbatim` keeps Slack from linking what looks like a name or an address."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: Json) -> Json:
    return {"type": "section", "text": text}


def fields(*texts: Json) -> Json:
    return {"type": "section", "fields": list(texts)}


def context(*texts: Json) -> Json:
    return {"type": "context", "elements": list(texts)}


def actions(block_id: str, *elements: Json) -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(label: str, action_id: str, accessibility_label: str) -> Json:
    return {
        "type": "button",
        "text": plain(label),
        "action_id": action_id,
        "accessibility_label": accessibility_label,
    }


def overflow(action_id: str, labels: dict[str, str]) -> Json:
    """`labels` are by value."""
    options = [{"text": plain(label), "value": value} for value, label in labels.items()]
    return {"type": "overflow", "action_id": action_id, "options": options}


def title(text: str, url: str) -> Json:
    """In bold and never parsed: its URLs and names are dead; with a URL all of it leads there."""
    leads = {"type": "link", "url": url} if url else {"type": "text"}
    element = {**leads, "text": text, "style": {"bold": True}}
    line = {"type": "rich_text_section", "elements": [element]}
    return {"type": "rich_text", "elements": [line]}
