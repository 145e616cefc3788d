"""Where no webhook reaches the bot: open conversations with a card are looked at now and then."""

from typing import Final

from bot.ledger import DueRows, logged_if_unavailable
from bot.logs import get_logger

log = get_logger("weav_slack.refresh")
# Seconds for which a conversation is refreshed after it was submitted.
WITHIN: Final = 14 * 24 * 3600.0
# Rounds in the time between two looks at a conversation: each takes those that are due by then.
_ROUNDS: Final = 4


class Refresher:
    def __init__(self, due: DueRows, every: float) -> None:
        """`every`: seconds between looks at a conversation."""
        self._due = due
        self._every = every
        self.round_every = every / _ROUNDS
        self._first = 0

    async def mark(self) -> None:
        """Have those looked at that nobody has looked at for so long."""
        with logged_if_unavailable(log, "not_refreshed"):
            self._first = await self._due.first_submission(WITHIN, self._first)
            if marked := await self._due.mark_open_conversations(self._first, WITHIN, self._every):
                log.info("refreshing", conversations=marked)
