"""Slack's limits on a view or message, beyond those that slack_sdk checks itself."""

from collections.abc import Iterator
from typing import Any

# Texts with active markup, and texts that are too long.
NASTY = [
    "<!channel> <@U1> <https://evil.example|x>",
    "*b* _i_ ~s~ `c` ```d```",
    "> quote",
    "https://evil.example @here",
    "🎉" * 500,
    "x" * 3000,
    "a\nb\r\nc",
    "\u202e\u05e9\u05dc",
    "&" * 600,
    "` `" * 200,
    " ",
]


def texts(piece: object) -> Iterator[dict[str, Any]]:
    """Every text object anywhere in a view or in blocks."""
    if isinstance(piece, dict):
        if piece.get("type") in {"plain_text", "mrkdwn"}:
            yield piece
        for inner in piece.values():
            yield from texts(inner)
    elif isinstance(piece, list):
        for inner in piece:
            yield from texts(inner)


def faults(piece: Any) -> list[str]:  # noqa: ANN401
    """Name what Slack would refuse: https://docs.slack.dev/reference/block-kit."""
    found = [
        f"text of {len(text['text'])}" for text in texts(piece) if not _fits(text["text"], 3000)
    ]
    for block in piece["blocks"] if isinstance(piece, dict) else piece:
        found += [
            "field too long" for field in block.get("fields", []) if not _fits(field["text"], 2000)
        ]
        element = block.get("element", {})
        if len(element.get("initial_value", "")) > element.get("max_length", 3000):
            found.append("initial_value too long")
        if element.get("initial_option") not in [None, *element.get("options", [])]:
            found.append("initial_option is none of the options")
    return found


def _fits(text: str, limit: int) -> bool:
    return 1 <= len(text) <= limit
