"""The word under `post_to` when outsiders read the chosen channel, or may for all we know."""

from collections.abc import Mapping
from typing import Any, Final

from bot.slack import ids
from bot.slack.audience import Audience
from bot.slack.payloads import list_at, text_at
from bot.slack.seen_views import with_blocks

_NOTES: Final = {
    Audience.SHARED: (
        "People of other organisations read this channel: they will see the conversation's ID, its"
        " status and its link, no subject and no customer."
    ),
    Audience.UNSEEN: (
        "The bot cannot see who reads this channel, so the card there will be a short one: the"
        " conversation's ID, its status and its link. To have the whole card, type /invite @Weav"
        " there first."
    ),
}


def noted(view: Mapping[str, Any], readers: Audience) -> dict[str, Any] | None:
    """Draw a view anew, or None where the note stands as it should."""
    blocks = list_at(view, "blocks")
    return with_blocks(view, [_with_note(block, readers) for block in blocks])


def _with_note(block: Any, readers: Audience) -> Any:  # noqa: ANN401 - JSON
    if text_at(block, "block_id") != ids.POST_TO:
        return block
    hint = text_at(block, "hint", "text")
    usual = hint
    for note in _NOTES.values():
        usual = usual.removeprefix(note).strip()
    words = " ".join(part for part in (_NOTES.get(readers, ""), usual) if part)
    if words == hint:
        return block
    return {**block, "hint": {"type": "plain_text", "text": words}}
