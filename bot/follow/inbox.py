"""What Weav tells is written down: whose card, and whose replies, are to be looked at."""

import time
from typing import Final

from bot.follow.delivery import Event, ids_in
from bot.follow.pace import FollowPace
from bot.ledger import WEBHOOK, DueRows, Look, logged_if_unavailable
from bot.logs import get_logger

log = get_logger("weav_slack.inbox")
# Seconds: so exactly the ledger knows when a delivery was accepted last.
_NOTED_EVERY: Final = 30.0


class Inbox:
    def __init__(self, due: DueRows, pace: FollowPace) -> None:
        self._due = due
        self._pace = pace
        self._note_again_at = 0.0

    async def accept(self, event: Event | None, body: bytes) -> bool:
        """False: it is about nothing that has a card. Raise LedgerUnavailable: it is not written.

        Nothing in it is believed: each conversation that it names is only looked at.
        """
        found = []
        if event is not None and event.is_of_conversation:
            found = await self._due.with_cards(ids_in(body))
        for conversation_id in found:
            deleted = event is Event.CONVERSATION_DELETED
            await self._due.mark(conversation_id, Look.CARD, self._pace.card, missing=deleted)
            if event is Event.CUSTOMER_MESSAGE:
                await self._due.mark(conversation_id, Look.REPLIES, self._pace.replies)
        await self._note_moment()
        return bool(found)

    async def _note_moment(self) -> None:
        """For `weav-slack check`; a database that is away now has done what mattered."""
        if time.monotonic() < self._note_again_at:
            return
        with logged_if_unavailable(log, "webhook_not_noted"):
            await self._due.record_moment(WEBHOOK)
            self._note_again_at = time.monotonic() + _NOTED_EVERY
