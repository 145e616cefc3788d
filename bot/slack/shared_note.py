"""The word under `post_to` when people of other organisations read the chosen channel."""

from collections.abc import Mapping
from typing import Any, Final

from bot.slack import ids
from bot.slack.payloads import list_at, text_at
from bot.slack.seen_views import with_blocks

_NOTE: Final = (
    "People of other organisations read this channel: they will see the conversation's ID, its"
    " status and its link, no subject and no customer."
)


def noted(view: Mapping[str, Any], *, shared: bool) -> dict[str, Any] | None:
    """Draw a view anew, or None where the note stands as it should."""
    blocks = list_at(view, "blocks")
    return with_blocks(view, [_with_note(block, shared=shared) for block in blocks])


def _with_note(block: Any, *, shared: bool) -> Any:  # noqa: ANN401 - JSON
    if text_at(block, "block_id") != ids.POST_TO:
        return block
    hint = text_at(block, "hint", "text")
    usual = hint.removeprefix(_NOTE).strip()
    words = " ".join(part for part in (_NOTE if shared else "", usual) if part)
    if words == hint:
        return block
    return {**block, "hint": {"type": "plain_text", "text": words}}
