"""A view as Slack sent it last, drawn again with some blocks changed.

What stands in the others stays: Slack keeps it as long as block_id and action_id are the same.
https://docs.slack.dev/surfaces/modals#updating_views
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.models.blocks import Block

from bot.slack import ids
from bot.slack.already import OpenConversation, open_conversations_block
from bot.slack.payloads import at, text_at
from bot.slack.pickers import assignee_input, assignee_type_input

# https://docs.slack.dev/reference/views: the rest is Slack's own, and refused.
_KEPT: Final = (
    "type",
    "callback_id",
    "title",
    "submit",
    "close",
    "private_metadata",
    "clear_on_close",
    "notify_on_close",
    "external_id",
)

View = Mapping[str, Any]


def with_assignee_of(view: View, kind: str, typed: str, label: str) -> dict[str, Any] | None:
    """Change the picker to people, agents or a typed ID; None: there is none, or it fits."""
    return _replaced(
        view,
        {
            ids.ASSIGNEE_TYPE: assignee_type_input(kind, ""),
            ids.ASSIGNEE_ID: assignee_input(kind, typed, label),
        },
    )


def with_conversations(
    view: View, several: Sequence[OpenConversation], named: str = ""
) -> dict[str, Any] | None:
    """Say below the customer who they are and what they have open; None: nothing changes."""
    shown = [open_conversations_block(several, named).to_dict()] if several or named else []
    blocks: list[Any] = []
    for block in _blocks(view):
        if text_at(block, "block_id") != ids.OPEN_CONVERSATIONS:
            blocks.append(block)
        if text_at(block, "block_id") == ids.CUSTOMER_ID:
            blocks += shown
    return with_blocks(view, blocks)


def _replaced(view: View, by_id: Mapping[str, Block]) -> dict[str, Any] | None:
    drawn = {block_id: block.to_dict() for block_id, block in by_id.items()}
    blocks = [drawn.get(text_at(block, "block_id"), block) for block in _blocks(view)]
    return with_blocks(view, blocks)


def with_blocks(view: View, blocks: Sequence[Any]) -> dict[str, Any] | None:
    if list(blocks) == _blocks(view):
        return None
    return {**{name: view[name] for name in _KEPT if view.get(name)}, "blocks": list(blocks)}


def _blocks(view: View) -> list[Any]:
    blocks = at(view, "blocks")
    return blocks if isinstance(blocks, list) else []
