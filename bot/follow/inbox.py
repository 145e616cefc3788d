"""The inbox of Weav's webhooks: it marks each conversation that an event names as due."""

import time
from typing import Final

from bot.follow.delivery import Event, ids_in
from bot.follow.pace import FollowPace
from bot.ledger import WEBHOOK, DueRows, Look, logged_if_unavailable
from bot.logs import get_logger

log = get_logger("weav_slack.inbox")
# Seconds: how often the ledger updates the time of the last delivery.
_NOTED_EVERY: Final = 30.0


class Inbox:
    def __init__(self, due: DueRows, pace: FollowPace) -> None:
        self._due = due
        self._pace = pace
        self._note_again_at = 0.0

    async def accept(self, event: Event | None, body: bytes) -> bool:
        """False: no conversation in it has a card. Raise LedgerUnavailable: Weav must resend it.

        The body is only a hint: the looks read each conversation in Weav.
        """
        ids = ids_in(body) if event and event.is_of_conversation else []
        deleted = event is Event.CONVERSATION_DELETED
        conversation_ids = await self._due.with_cards(ids)
        for conversation_id in conversation_ids:
            await self._due.mark(conversation_id, Look.CARD, self._pace.card, missing=deleted)
            if event is Event.CUSTOMER_MESSAGE:
                await self._due.mark(conversation_id, Look.REPLIES, self._pace.replies)
        await self._note_moment()
        return bool(conversation_ids)

    async def _note_moment(self) -> None:
        """Record the time for `weav-slack check`; if that fails, the marks are still written."""
        if time.monotonic() < self._note_again_at:
            return
        with logged_if_unavailable(log, "webhook_not_noted"):
            await self._due.record_moment(WEBHOOK)
            self._note_again_at = time.monotonic() + _NOTED_EVERY
