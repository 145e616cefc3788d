"""What a customer has open in Weav, if Weav tells while their form is being filled in."""

import asyncio
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from bot.slack.already import OpenConversation
from bot.weav.client import LookUpFailed, WeavClient
from bot.weav.models import Conversation, Status

# Seconds; whoever fills in a form is past this by then.
WITHIN: Final = 3.0
MOST: Final = 3


class Listing:
    def __init__(self, weav: WeavClient, link: Callable[[str], str | None]) -> None:
        self._weav = weav
        self._link = link

    async def of(self, customer_id: UUID) -> list[OpenConversation]:
        """The latest first; empty as well where Weav is slow or fails."""
        try:
            async with asyncio.timeout(WITHIN):
                listed = await self._weav.customer_conversations(customer_id)
        except TimeoutError:
            return []
        if isinstance(listed, LookUpFailed):
            return []
        still_open = [each for each in listed if each.status == Status.OPEN]
        still_open.sort(key=_moved_at, reverse=True)
        now = time.time()
        return [self._described(each, now) for each in still_open[:MOST]]

    def _described(self, conversation: Conversation, now: float) -> OpenConversation:
        since = conversation.created_at
        age = max(now - since.timestamp(), 0.0) if since else None
        return OpenConversation(conversation, age, self._link(conversation.id) or "")


def _moved_at(conversation: Conversation) -> float:
    moments = (conversation.last_message_at, conversation.updated_at, conversation.created_at)
    return max((each.timestamp() for each in moments if each), default=0.0)
