"""Customers' conversations in Weav, read once for all who look through them at the same time."""

import asyncio
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from bot.tasks import Tasks
from bot.weav.client import LookUpFailed, WeavClient
from bot.weav.models import Conversation

# Weav's rate limits are not documented: no more customers than this at once.
AT_ONCE: Final = 50

_List = tuple[Conversation, ...] | LookUpFailed


class CustomerLists:
    def __init__(self, weav: WeavClient, tasks: Tasks) -> None:
        self._weav = weav
        self._tasks = tasks
        self._places = asyncio.Semaphore(AT_ONCE)
        # Lists that were asked for, and whose request has not begun.
        self._next: dict[UUID, asyncio.Task[_List]] = {}
        # Kept for as long as anybody is at it.
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def read(self, customer_id: UUID) -> _List:
        """Give a list whose request begins after this call, and which others may share."""
        reading = self._next.get(customer_id)
        if reading is None or reading.done():
            reading = self._tasks.spawn(self._read(customer_id), name="customer_list")
            self._next[customer_id] = reading
        return await asyncio.shield(reading)

    async def _read(self, customer_id: UUID) -> _List:
        async with self._turns.setdefault(customer_id, asyncio.Lock()), self._places:
            del self._next[customer_id]  # whoever asks from now on needs a newer one
            return await self._weav.customer_conversations(customer_id)
