"""Polling where no webhook reaches the bot: marks open conversations as due in rounds."""

from typing import Final

from bot.ledger import DueRows, logged_if_unavailable
from bot.logs import get_logger

log = get_logger("weav_slack.refresh")
# Seconds after its submission for which a conversation is refreshed.
REFRESHED_FOR: Final = 14 * 24 * 3600.0
# Rounds in the time between two looks at the same conversation.
_ROUNDS: Final = 4


class Refresher:
    def __init__(self, due: DueRows, every: float) -> None:
        """`every`: seconds between looks at a conversation."""
        self._due = due
        self._every = every
        self.round_every = every / _ROUNDS
        self._first_id = 0

    async def mark(self) -> None:
        """Mark the open conversations whose last refresh is too long ago."""
        with logged_if_unavailable(log, "not_refreshed"):
            self._first_id = await self._due.first_submission(REFRESHED_FOR, self._first_id)
            if marked := await self._due.mark_open_conversations(
                self._first_id, REFRESHED_FOR, self._every
            ):
                log.info("refreshing", conversations=marked)
