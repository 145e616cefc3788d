"""A view as Slack sent it last, drawn again with some blocks changed.

What stands in the others stays: Slack keeps it as long as block_id and action_id are the same, and
they begin with it. https://docs.slack.dev/surfaces/modals#updating_views
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.models.blocks import Block

from bot.slack import ids
from bot.slack.already import OpenConversation, open_conversations_block
from bot.slack.carrying import as_it_stands, has_jumped
from bot.slack.offers import NOBODY
from bot.slack.payloads import list_at, text_at
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
    """Change the picker to people, agents or a typed ID; None: there is none, or it fits.

    Somebody found for another kind stays in a picker of the same type, as Slack keeps it: seen, and
    refused when it is submitted. Nobody goes with whoever was chosen.
    """
    typed = "" if kind == NOBODY else typed
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
    for block in list_at(view, "blocks"):
        if text_at(block, "block_id") != ids.OPEN_CONVERSATIONS:
            blocks.append(block)
        if text_at(block, "block_id") == ids.CUSTOMER_ID:
            blocks += shown
    return with_blocks(view, blocks)


def _replaced(view: View, by_id: Mapping[str, Block]) -> dict[str, Any] | None:
    drawn = {block_id: block.to_dict() for block_id, block in by_id.items()}
    blocks = [drawn.get(text_at(block, "block_id"), block) for block in list_at(view, "blocks")]
    return with_blocks(view, blocks)


def with_blocks(view: View, blocks: Sequence[Any]) -> dict[str, Any] | None:
    """Draw a view anew from what Slack says of it, or None where nothing changes."""
    if list(blocks) == list_at(view, "blocks"):
        return None
    return _as_it_stands(view, blocks)


def with_choices(view: View) -> dict[str, Any] | None:
    """Choose again what was chosen while the view was being drawn; None: it stands."""
    blocks = list_at(view, "blocks")
    jumped = any(has_jumped(block, view.get("state")) for block in blocks)
    return _as_it_stands(view, blocks) if jumped else None


def _as_it_stands(view: View, blocks: Sequence[Any]) -> dict[str, Any]:
    standing = [as_it_stands(block, view.get("state")) for block in blocks]
    return {**{name: view[name] for name in _KEPT if view.get(name)}, "blocks": standing}
