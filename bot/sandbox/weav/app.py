"""The sandbox Weav as an ASGI app, and its interface for tests and the page."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from bot.sandbox.weav.faults import FaultAnswer, Faults, WeavFault
from bot.sandbox.weav.journal import Event, Exchange, Journal
from bot.sandbox.weav.routes import Endpoints, Listing, weav_api
from bot.sandbox.weav.store import ChangeKind, Resource, Store
from bot.sandbox.weav.webhooks import Webhooks
from bot.sandbox.weav.wire import transmit

READ: Final = "external-api:read"
WRITE: Final = "external-api:write"
TOKEN: Final = "weav-sandbox-token"  # noqa: S105 - opens nothing but this sandbox


class WeavSandbox:
    """Serve it with `bot.sandbox.serving.serve`; the API's base URL is that URL and /v1.

    `tokens` are the abilities of each token, `store` has the data, `listing` the format of lists,
    `webhooks` sends the events, `faults` are the active faults. A request is processed to the end
    even if its client has gone, as a real server may do.
    """

    def __init__(self) -> None:
        self.tokens: dict[str, set[str]] = {TOKEN: {READ, WRITE}}
        self.store = Store(self._publish)
        self.listing = Listing()
        self._journal = Journal()
        self.webhooks = Webhooks(lambda delivery: self._journal.publish(Event("webhook", delivery)))
        self.faults = Faults(lambda: self._journal.publish(Event("faults")))
        self._api = weav_api(Endpoints(self.store, self.listing), self.tokens.get)

    @property
    def conversations(self) -> list[Resource]:
        """Every conversation, the oldest first."""
        return list(self.store.conversations.values())

    @property
    def requests(self) -> list[Exchange]:
        """Every request that was received completely."""
        return list(self._journal.exchanges)

    @property
    def creations(self) -> list[Exchange]:
        """The requests to create a conversation, successful or not."""
        return [r for r in self.requests if (r.method, r.path) == ("POST", "/v1/conversations")]

    def fail(self, fault: WeavFault) -> WeavFault:
        """Activate a fault, and return it for `faults.remove`."""
        self.faults.add(fault)
        return fault

    def events(self) -> AsyncIterator[Event]:
        return self._journal.events()

    async def until(self, predicate: Callable[[], bool], timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Wait until the predicate is true; raise TimeoutError after `timeout` seconds."""
        await self._journal.until(predicate, timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._api(scope, receive, send)
            return
        body = await _whole_body(receive)
        if body is None:
            return
        number = self._journal.request(scope, body)
        fault = self.faults.take(scope["method"], scope["path"].removeprefix("/v1"))
        answer: FaultAnswer | None = None
        try:
            answer = await self._answer(fault, scope, body)
            await transmit(fault, answer, scope, receive, send)
        finally:
            sent = answer if fault.sends else None
            self._journal.answer(number, sent.status if sent else None, sent.body if sent else b"")

    async def _answer(self, fault: WeavFault, scope: Scope, body: bytes) -> FaultAnswer:
        await asyncio.sleep(fault.delay)
        processed = await self._process(scope, body) if fault.is_processed else None
        await asyncio.sleep(fault.hold)
        return fault.answer(processed)

    async def _process(self, scope: Scope, body: bytes) -> FaultAnswer:
        messages: list[Any] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._api(dict(scope), receive, send)
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in messages[0]["headers"]}
        whole = b"".join(message.get("body", b"") for message in messages[1:])
        return FaultAnswer(messages[0]["status"], headers, whole)

    def _publish(self, kind: ChangeKind, resource: Resource, events: Sequence[str]) -> None:
        self._journal.publish(Event(kind, dict(resource)))
        for event in events:
            self.webhooks.emit(event, resource)


async def _whole_body(receive: Receive) -> bytes | None:
    """Return None if the client disconnected before it had sent everything."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
