"""Records requests and answers, and publishes every event to subscribers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Literal

from bot.sandbox.weav.store import ChangeKind


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; `status` is None until an answer was sent, if ever.

    `headers` have lower-case names, `path` includes /v1, `seconds` is the time to the end of the
    answer.
    """

    number: int
    at: datetime
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer_port: int
    status: int | None = None
    answer: bytes = b""
    seconds: float | None = None

    @property
    def json(self) -> Any:  # noqa: ANN401
        """The request body."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Event:
    """`item` is an Exchange, a WebhookDelivery, a resource as the API returns it, or None (faults).

    "created", "updated" and "deleted" are about conversations; "message", "customer" and "agent"
    say that one was created.
    """

    kind: ChangeKind | Literal["request", "answer", "webhook", "faults"]
    item: Any = None


class Journal:
    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._starts: dict[int, float] = {}
        self._watchers: set[asyncio.Queue[Event]] = set()

    def request(self, scope: Mapping[str, Any], body: bytes) -> int:
        """Record a request and return its number."""
        exchange = Exchange(
            number=len(self.exchanges),
            at=datetime.now(UTC),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers={k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]},
            body=body,
            peer_port=scope["client"][1] if scope.get("client") else 0,
        )
        self.exchanges.append(exchange)
        self._starts[exchange.number] = perf_counter()
        self.publish(Event("request", exchange))
        return exchange.number

    def answer(self, number: int, status: int | None, answer: bytes) -> None:
        """Record how a request ended; no status: the connection was dropped."""
        seconds = perf_counter() - self._starts.pop(number)
        done = replace(self.exchanges[number], status=status, answer=answer, seconds=seconds)
        self.exchanges[number] = done
        self.publish(Event("answer", done))

    def publish(self, event: Event) -> None:
        for watcher in self._watchers:
            watcher.put_nowait(event)

    async def events(self) -> AsyncIterator[Event]:
        """Yield every event from now on, forever."""
        with self._watching() as queue:
            while True:
                yield await queue.get()

    async def until(self, predicate: Callable[[], bool], seconds: float) -> None:
        """Wait until the predicate is true, checked after each event; raise TimeoutError."""
        with self._watching() as queue:
            async with asyncio.timeout(seconds):
                while not predicate():
                    await queue.get()

    @contextmanager
    def _watching(self) -> Iterator[asyncio.Queue[Event]]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)
