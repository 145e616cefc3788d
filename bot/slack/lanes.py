"""How many calls to Slack run at once: few while it answers, more while it does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

# As many connections are kept warm; each new one costs a TLS handshake.
LANES: Final = 8
# Seconds. A trigger lives for 3 s, and calls that hang, for up to 10 s, must not hold it up: who
# waits goes without a lane when none has become free for so long, or after so long in any case.
STANDSTILL: Final = 0.3
LONGEST_QUEUE: Final = 2.0


class Lanes:
    def __init__(
        self, standstill: float = STANDSTILL, longest_queue: float = LONGEST_QUEUE
    ) -> None:
        self._free = asyncio.Semaphore(LANES)
        self._moved_at = 0.0
        self._standstill = standstill
        self._longest_queue = longest_queue

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[None]:
        has_lane = await self._queue()
        try:
            yield
        finally:
            if has_lane:
                self._moved_at = asyncio.get_running_loop().time()
                self._free.release()

    async def _queue(self) -> bool:
        if not self._free.locked():
            return await self._free.acquire()
        clock = asyncio.get_running_loop().time
        latest = clock() + self._longest_queue
        while clock() < latest:
            try:
                async with asyncio.timeout(self._standstill):
                    return await self._free.acquire()
            except TimeoutError:
                if clock() - self._moved_at >= self._standstill:
                    break
        return False
