"""What exists already: the message's conversation, and the chosen customer's open ones."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bot import labels
from bot.directory import LIST_WITHIN
from bot.form.inputs import tick_input
from bot.slack import ids
from bot.slack.blocks import Json, context, mrkdwn, section
from bot.slack.text import escape, link, local_time, one_line, shorten, web_address
from bot.weav.client import WeavClient
from bot.weav.models import Conversation, Status
from bot.weav.pages import LookUpFailed

_SUBJECT_LIMIT: Final = 100
# Longer than any that Weav documents. Escaping makes a text up to five times as long.
_ID_LIMIT: Final = 40
_WORD_LIMIT: Final = 12
# Three lines, the heading and the name share one text, whose limit is 3,000 characters.
_LINE_LIMIT: Final = 800
_AGES: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
MOST_LISTED: Final = 3


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """`age`: seconds, None if Weav does not say when it was created; `link` may be empty."""

    conversation: Conversation
    age: float | None
    link: str


def duplicate_blocks(
    author: str, opened_at: float, state: str, conversation_id: str = "", url: str = ""
) -> dict[str, Json]:
    """Show the message's conversation, and a checkbox that must be ticked to open another.

    `opened_at`: seconds since the epoch. There is no ID before Weav has confirmed it.
    """
    where = f"`{_short_id(conversation_id)}`" if conversation_id else ""
    if url:
        where = link(url, "Open in Weav")
    about = (
        f":warning: <@{author}> opened a conversation from this message"
        f" ({local_time(opened_at)}): {escape(state)}."
    )
    said = section(mrkdwn(f"{about} {where}".strip()))
    return {
        ids.DUPLICATE: {**said, "block_id": ids.DUPLICATE},
        ids.ANOTHER: tick_input(ids.ANOTHER, "Open another one"),
    }


def open_conversations_block(conversations: Sequence[OpenConversation], customer: str = "") -> Json:
    """List the chosen customer's open conversations, one per line.

    `customer`: the customer's name. It stands here because Slack keeps the label of a select's
    initial option over an update.
    """
    lines = [f"• {_conversation_line(each)}" for each in conversations]
    if lines:
        lines.insert(0, "Open already for this customer:")
    if customer:
        lines.insert(0, f"The customer is {escape(shorten(one_line(customer), _SUBJECT_LIMIT))}.")
    return context(mrkdwn("\n".join(lines)), block_id=ids.OPEN_CONVERSATIONS)


def _conversation_line(each: OpenConversation) -> str:
    line = _line_with(each, web_address(each.link))
    return line if len(line) <= _LINE_LIMIT else _line_with(each, "")


def _line_with(each: OpenConversation, url: str) -> str:
    conversation = each.conversation
    subject = escape(shorten(one_line(conversation.subject or ""), _SUBJECT_LIMIT)) or "No subject"
    priority = conversation.priority or ""
    parts = [
        link(url, subject),
        escape(shorten(one_line(labels.PRIORITIES.get(priority, priority)), _WORD_LIMIT)),
        age_text(each.age) if each.age is not None else "",
        "" if url else f"`{_short_id(conversation.id)}`",
    ]
    return " · ".join(part for part in parts if part)


def _short_id(text: str) -> str:
    return escape(shorten(one_line(text), _ID_LIMIT))


def age_text(seconds: float) -> str:
    """Give an age in the largest unit of which it is at least one."""
    for length, unit in _AGES:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''} old"
    return "new"


@dataclass(eq=False, repr=False)
class OpenConversations:
    _weav: WeavClient
    _link: Callable[[str], str]

    async def of(self, customer_id: UUID) -> list[OpenConversation]:
        """Return the most recently active first; empty also if Weav is slow or fails."""
        try:
            async with asyncio.timeout(LIST_WITHIN):
                listed = await self._weav.customer_conversations(customer_id)
        except TimeoutError:
            return []
        if isinstance(listed, LookUpFailed):
            return []
        still_open = [each for each in listed if each.status == Status.OPEN]
        still_open.sort(key=_last_active_at, reverse=True)
        now = time.time()
        return [self._described(each, now) for each in still_open[:MOST_LISTED]]

    def _described(self, conversation: Conversation, now: float) -> OpenConversation:
        since = conversation.created_at
        age = max(now - since.timestamp(), 0.0) if since else None
        return OpenConversation(conversation, age, self._link(conversation.id))


def _last_active_at(conversation: Conversation) -> float:
    moments = (conversation.last_message_at, conversation.updated_at, conversation.created_at)
    return max((each.timestamp() for each in moments if each), default=0.0)
