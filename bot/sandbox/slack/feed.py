"""Publishes every change to subscribers, so that nothing has to poll or sleep."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.sandbox.slack.wire import Json

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """A change; `data` is JSON: the whole object after the change, not a diff."""

    kind: str
    data: Json

    def as_json(self) -> Json:
        return {"kind": self.kind, "data": self.data}


class Subscription(AsyncIterator[FeedEvent]):
    """Yields every event since it was created, forever; it ends with its last reference."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[FeedEvent] = asyncio.Queue()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> FeedEvent:
        return await self.queue.get()


class Feed:
    def __init__(self) -> None:
        self._subscriptions: weakref.WeakSet[Subscription] = weakref.WeakSet()

    def publish(self, kind: str, data: Json) -> None:
        event = FeedEvent(kind, data)
        for subscription in list(self._subscriptions):
            subscription.queue.put_nowait(event)

    def subscribe(self) -> Subscription:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        return subscription

    async def until(self, look: Callable[[], T | None], within: float) -> T:
        """Call `look` now and after every event; return its first truthy result.

        Raise TimeoutError after `within` seconds.
        """
        changes = self.subscribe()
        async with asyncio.timeout(within):
            while not (found := look()):
                await anext(changes)
        return found
