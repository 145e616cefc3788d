"""Which customers are used where and by whom, for the select to offer them first."""

import time
from collections.abc import Callable
from typing import Final

from bot.desk.papers import Papers
from bot.ledger import Entry, LedgerUnavailable, Memory
from bot.logs import get_logger
from bot.slack import ids

log = get_logger("weav_slack.remembering")

# Seconds in which the same use is not written again, and how many uses that is known of.
_OFTEN: Final = 600.0
_MOST: Final = 1000


class Rememberer:
    def __init__(
        self,
        memory: Memory,
        start_meeting: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`start_meeting` learns who a customer is, and nobody waits for it."""
        self._memory = memory
        self._start_meeting = start_meeting
        self._clock = clock
        self._fresh_until: dict[tuple[str, str, str], float] = {}

    async def note_use(self, entry: Entry) -> None:
        """Beside the straight way: a use that is not written is not missed."""
        customer_id = (entry.request or {}).get(ids.CUSTOMER_ID, "")
        papers = Papers.read(entry.form)
        channel = papers.origin.slack_channel_id or papers.values.post_to
        use = (customer_id, channel, entry.slack_user_id)
        if not customer_id or self._fresh_until.get(use, 0.0) > self._clock():
            return
        try:
            await self._memory.note_use(*use)
        except LedgerUnavailable as error:
            log.warning("use_not_noted", error=str(error))
            return
        if len(self._fresh_until) >= _MOST:
            self._fresh_until.clear()
        self._fresh_until[use] = self._clock() + _OFTEN
        self._start_meeting(customer_id)
