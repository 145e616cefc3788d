"""Normalises blocks as Slack does: adds missing ids, and the defaults of text objects."""

import secrets
from typing import Any

from bot.sandbox.slack.rules.blocks import elements_of
from bot.sandbox.slack.wire import Json


def normalised_blocks(blocks: list[Json]) -> list[Json]:
    """Return copies that all have a block_id and action_ids."""
    copies: list[Json] = _filled(blocks)
    for block in copies:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        for element, _ in elements_of(block):
            if element["type"] != "image":
                element.setdefault("action_id", secrets.token_urlsafe(4))
    return copies


def normalised_text(text: Json) -> Json:
    filled: Json = _filled(text)
    return filled


def _filled(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, list):
        return [_filled(one) for one in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _filled(one) for name, one in value.items()}
    if copy.get("type") == "plain_text":
        copy.setdefault("emoji", True)
    if copy.get("type") == "mrkdwn":
        copy.setdefault("verbatim", False)
    return copy
