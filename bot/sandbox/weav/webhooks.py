"""Weav's webhooks: https://docs.weav.com/api-reference/webhooks/webhook-delivery.

As far as that page is known, it defines neither the signature's encoding nor the body's members
nor an order, so these are options here.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final, assert_never
from uuid import uuid4

import aiohttp

from bot.sandbox.weav.seeds import ORGANIZATION

MAX_ATTEMPTS: Final = 10
# "Repeated permanent failures" switch a webhook off; the number is not documented.
MAX_FAILURES: Final = 3
# Not documented: how long Weav waits for an answer, and how many requests it sends at once.
_TIMEOUT: Final = 10.0
_MAX_CONCURRENT: Final = 50
# With `reversed`, events within these seconds arrive in reverse order.
_REVERSE_WINDOW: Final = 1.0


class Signature(StrEnum):
    """The encoding of the HMAC-SHA-256."""

    HEX = "hex"
    BASE64 = "base64"
    PREFIXED_HEX = "sha256=hex"
    PREFIXED_BASE64 = "sha256=base64"


class Shape(StrEnum):
    """Where the ids are in the body."""

    FLAT = "flat"
    NESTED = "nested"
    UNKNOWN = "unknown"  # under names that nobody can guess


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions:
    """`late` is the seconds before the first attempt, `backoff` before the second, then doubled.

    `twice`: send each body twice at the same time. `reversed`: events within a second arrive in
    reverse order.
    """

    signature: Signature = Signature.HEX
    shape: Shape = Shape.NESTED
    late: float = 0.0
    twice: bool = False
    reversed: bool = False
    backoff: float = 60.0


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    """`status` is None if there was no answer."""

    at: datetime
    status: int | None
    seconds: float

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


@dataclass(slots=True, eq=False)
class WebhookDelivery:
    """One webhook; all attempts send the same bytes."""

    number: int
    event: str
    body: bytes
    signature: str
    attempts: list[WebhookAttempt] = field(default_factory=list)
    is_over: bool = False

    @property
    def is_accepted(self) -> bool:
        return any(attempt.is_accepted for attempt in self.attempts)


@dataclass(frozen=True, slots=True)
class _Receiver:
    url: str
    secret: str
    session: aiohttp.ClientSession
    slots: asyncio.Semaphore
    tasks: set[asyncio.Task[None]]


class Webhooks:
    """Sends nothing outside of `sending_to`, and nothing after the webhook was switched off.

    `on_change` is called whenever the state of a delivery changes. `options` may be replaced at
    any time. Signature, shape, delay and order then apply to later events, the others at once.
    """

    def __init__(self, on_change: Callable[[WebhookDelivery], None]) -> None:
        self.options = WebhookOptions()
        self.deliveries: list[WebhookDelivery] = []
        self.is_active = False
        self._on_change = on_change
        self._receiver: _Receiver | None = None
        self._held: list[WebhookDelivery] = []
        self._failures = 0

    @property
    def is_idle(self) -> bool:
        """Whether no delivery is in progress, and none will be retried."""
        return all(delivery.is_over for delivery in self.deliveries)

    @asynccontextmanager
    async def sending_to(self, url: str, secret: str) -> AsyncIterator[None]:
        """Configure the webhook in Weav, for the duration of the block."""
        timeout, connector = aiohttp.ClientTimeout(_TIMEOUT), aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            receiver = _Receiver(url, secret, session, asyncio.Semaphore(_MAX_CONCURRENT), set())
            self._receiver, self.is_active, self._failures = receiver, True, 0
            try:
                yield
            finally:
                self._receiver, self.is_active, self._held = None, False, []
                for task in receiver.tasks:
                    task.cancel()
                await asyncio.gather(*receiver.tasks, return_exceptions=True)

    def emit(self, event: str, resource: Mapping[str, Any]) -> None:
        """Send an event about a resource, which is given as the API returns it."""
        receiver, options = self._receiver, self.options
        if receiver is None or not self.is_active:
            return
        body = json.dumps(body_of(event, resource, options.shape)).encode()
        signature = sign(receiver.secret, body, options.signature)
        delivery = WebhookDelivery(len(self.deliveries), event, body, signature)
        self.deliveries.append(delivery)
        self._on_change(delivery)
        if not options.reversed:
            self._start(receiver, self._send(receiver, [delivery], options.late))
            return
        self._held.append(delivery)
        if len(self._held) == 1:
            self._start(receiver, self._send_reversed(receiver, options.late))

    async def post(self, body: bytes, event: str, signature: str | None = None) -> WebhookAttempt:
        """Send any bytes once, with a valid signature unless one is given."""
        receiver = self._receiver
        if receiver is None:
            raise RuntimeError("No webhook is set up")
        if signature is None:
            signature = sign(receiver.secret, body, self.options.signature)
        return await _post(receiver, body, event, signature)

    def _start(self, receiver: _Receiver, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        receiver.tasks.add(task)
        task.add_done_callback(receiver.tasks.discard)

    async def _send_reversed(self, receiver: _Receiver, late: float) -> None:
        await asyncio.sleep(_REVERSE_WINDOW)
        held, self._held = self._held, []
        await self._send(receiver, held[::-1], late)

    async def _send(
        self, receiver: _Receiver, deliveries: Sequence[WebhookDelivery], late: float
    ) -> None:
        """Attempt each once, one after the other; retry failed ones in the background."""
        await asyncio.sleep(late)
        for delivery in deliveries:
            if delivery.is_over:
                continue
            times = 2 if self.options.twice else 1
            await asyncio.gather(*(self._attempt(receiver, delivery) for _ in range(times)))
            if not delivery.is_over:
                self._start(receiver, self._try_again(receiver, delivery))

    async def _try_again(self, receiver: _Receiver, delivery: WebhookDelivery) -> None:
        for doubled in range(MAX_ATTEMPTS - 1):
            await asyncio.sleep(self.options.backoff * 2**doubled)
            if not delivery.is_over:
                await self._attempt(receiver, delivery)
            if delivery.is_over:
                return
        self._end(delivery)
        self._failures += 1
        if self._failures == MAX_FAILURES:
            self._switch_off()

    async def _attempt(self, receiver: _Receiver, delivery: WebhookDelivery) -> None:
        attempt = await _post(receiver, delivery.body, delivery.event, delivery.signature)
        delivery.attempts.append(attempt)
        self._on_change(delivery)
        if attempt.is_accepted:
            self._end(delivery)
        elif attempt.status == HTTPStatus.GONE:
            self._switch_off()

    def _switch_off(self) -> None:
        self.is_active = False
        for delivery in self.deliveries:
            if not delivery.is_over:
                self._end(delivery)

    def _end(self, delivery: WebhookDelivery) -> None:
        delivery.is_over = True
        self._on_change(delivery)


def sign(secret: str, body: bytes, signature: Signature) -> str:
    mac = hmac.new(secret.encode(), body, hashlib.sha256)
    match signature:
        case Signature.HEX:
            return mac.hexdigest()
        case Signature.BASE64:
            return base64.b64encode(mac.digest()).decode()
        case Signature.PREFIXED_HEX:
            return f"sha256={mac.hexdigest()}"
        case Signature.PREFIXED_BASE64:
            return f"sha256={base64.b64encode(mac.digest()).decode()}"
        case _ as never:
            assert_never(never)


def body_of(event: str, resource: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """Return event type, delivery ID, organization ID and the resource, in this shape."""
    delivery_id = str(uuid4())
    match shape:
        case Shape.FLAT:
            kind = "message" if event.endswith(".message.created") else event.partition(".")[0]
            rest = {name: value for name, value in resource.items() if name != "id"}
            head = {"event": event, "delivery_id": delivery_id, "organization_id": ORGANIZATION}
            return head | {f"{kind}_id": resource["id"], **rest}
        case Shape.NESTED:
            head = {"type": event, "id": delivery_id, "organization_id": ORGANIZATION}
            return head | {"data": dict(resource)}
        case Shape.UNKNOWN:
            values = [{"v": value} for value in resource.values()]
            return {"a": event, "b": [delivery_id, {"c": ORGANIZATION}], "d": {"e": values}}
        case _ as never:
            assert_never(never)


async def _post(receiver: _Receiver, body: bytes, event: str, signature: str) -> WebhookAttempt:
    headers = {
        "Content-Type": "application/json",
        "X-Weav-Event": event,
        "X-Weav-Signature": signature,
    }
    async with receiver.slots:
        at, started = datetime.now(UTC), perf_counter()
        try:
            async with receiver.session.post(
                receiver.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            status = None
        return WebhookAttempt(at, status, perf_counter() - started)
