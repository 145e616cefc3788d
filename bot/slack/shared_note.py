"""The word under `post_to` when outsiders read the chosen channel, or may for all we know."""

from collections.abc import Mapping
from typing import Any, Final

from bot.slack import ids
from bot.slack.audience import Audience
from bot.slack.forms import values_of
from bot.slack.payloads import at, list_at, text_at
from bot.slack.seen_views import with_blocks
from bot.slack.values import Origin

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


def prefilled(view: object) -> str:
    """Give the channel that Slack may have filled in by itself; empty for a form that has another.

    A global shortcut comes from no channel, and its form begins with the one that its user looks
    at: no action tells of it, but the state that comes with any other choice.
    """
    from_somewhere = Origin.load(at(view, "private_metadata")).slack_channel_id
    return "" if from_somewhere else values_of(view).post_to


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
