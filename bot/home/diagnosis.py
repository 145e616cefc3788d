"""The admins' look at their installation: in their home tab, and when they ask for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection

from bot.home.tab import Check
from bot.slack.blocks import Message


class Diagnosis:
    def __init__(self, admins: Collection[str], examine: Callable[[], Awaitable[Message]]) -> None:
        """`examine` takes as long as Slack and Weav do: seconds, or WEAV_TIMEOUT."""
        self.admins = admins
        self.latest: Check | None = None
        self._examine = examine
        self._one_at_a_time = asyncio.Lock()

    def is_known(self, keep: float) -> bool:
        """Tell whether somebody looked within `keep` seconds."""
        return self.latest is not None and time.time() - self.latest.at < keep

    async def look(self, keep: float = 0.0) -> Message:
        """Give what was found within `keep` seconds, or look again."""
        async with self._one_at_a_time:
            if self.latest is None or not self.is_known(keep):
                self.latest = Check(await self._examine(), time.time())
            return self.latest.found
