"""The check of the installation for admins: in their home tab, and with the `check` command."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection

from bot.home.tab import Check
from bot.slack.blocks import Message


class Diagnosis:
    def __init__(self, admins: Collection[str], examine: Callable[[], Awaitable[Message]]) -> None:
        """`examine` waits for Slack and Weav: some seconds, or up to WEAV_TIMEOUT."""
        self.admins = admins
        self.latest: Check | None = None
        self._examine = examine
        self._one_at_a_time = asyncio.Lock()

    def is_recent(self, max_age: float) -> bool:
        """Tell whether the latest check is less than `max_age` seconds old."""
        return self.latest is not None and time.time() - self.latest.at < max_age

    async def check(self, max_age: float = 0.0) -> Message:
        """Return the latest check if it is less than `max_age` seconds old, or check again."""
        async with self._one_at_a_time:
            if self.latest is None or not self.is_recent(max_age):
                self.latest = Check(await self._examine(), time.time())
            return self.latest.report
