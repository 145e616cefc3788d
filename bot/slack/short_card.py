"""The card for channels that people of other organisations read, or may read."""

from typing import Final

from bot.slack import blocks, labels
from bot.slack.audience import Audience
from bot.slack.cards import Card, card
from bot.slack.controls import controls
from bot.slack.elements import footnote, link
from bot.slack.text import escape, fold, shorten
from bot.weav.models import Conversation

_VALUE_LIMIT: Final = 60
_WHY: Final = {
    Audience.SHARED: "This channel is shared with other organisations: the rest is in Weav.",
    Audience.UNSEEN: "The bot cannot see who reads this channel: the rest is in Weav.",
}


def is_short_for(readers: Audience) -> bool:
    return readers in _WHY


def short_card(
    conversation: Conversation,
    readers: Audience,
    url: str = "",
    heading: str = "New Weav conversation",
) -> Card:
    """Draw ID, status and link, and why for these `readers`: no subject, nobody's name."""
    conversation_id = _shown(conversation.id)
    word = conversation.status or ""
    status = _shown(labels.STATUSES.get(word, word))
    said = [heading, conversation_id, *([status] if status else []), _WHY[readers]]
    drawn = [f"*{heading}*", f"`{conversation_id}`", *([status] if status else [])]
    if (opened := link(url, "Open in Weav")).startswith("<"):
        drawn.append(opened)
    section = blocks.section(blocks.mrkdwn(" · ".join(drawn)))
    return card(
        " · ".join(said), section, controls(conversation, discreet=True), footnote(_WHY[readers])
    )


def _shown(text: str) -> str:
    return escape(shorten(fold(text), _VALUE_LIMIT))
