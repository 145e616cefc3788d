"""Sends payloads to the bot over HTTP, signed as Slack signs them.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from io import BytesIO
from types import TracebackType
from typing import Literal, Protocol, Self, assert_never
from urllib.parse import parse_qs, urlencode

import aiohttp

from bot.sandbox.slack.directory import VERIFICATION_TOKEN
from bot.sandbox.slack.wire import Json, json_object

# Slack waits this long for an answer to anything that it sends.
TIMEOUT_SECONDS = 3.0
OPERATION_TIMEOUT = "operation_timeout"
DISPATCH_FAILED = "dispatch_failed"
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
RetryReason = Literal["http_timeout", "connection_failed", "http_error", "unknown_error"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A payload to deliver, once or again. Only events say so: `retry_num` counts from 1."""

    kind: Literal["slash_commands", "interactive", "events_api"]
    payload: Json
    retry_num: int = 0
    retry_reason: RetryReason | Literal[""] = ""

    def again(self, reason: RetryReason = "http_timeout") -> Self:
        """Return the same event as Slack retries it."""
        return replace(self, retry_num=self.retry_num + 1, retry_reason=reason)


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's HTTP response; status 0 if none came in time. `failure` is Slack's error."""

    status: int
    body: bytes
    seconds: float
    failure: str = ""
    content_type: str = ""


class Endpoint(Protocol):
    async def deliver(self, delivery: Delivery) -> Reply: ...


class HttpEndpoint:
    """Sends signed requests to the bot's request URL over keep-alive connections."""

    def __init__(self, request_url: str, signing_secret: str) -> None:
        self.request_url = request_url
        self.signing_secret = signing_secret
        self.timeout = TIMEOUT_SECONDS
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def sign(self, body: bytes, timestamp: int) -> str:
        base = b"v0:%d:%s" % (timestamp, body)
        return "v0=" + hmac.new(self.signing_secret.encode(), base, hashlib.sha256).hexdigest()

    def headers(self, body: bytes, age: float = 0, content_type: str = _FORM) -> dict[str, str]:
        """Return Slack's headers, signed `age` seconds ago."""
        timestamp = int(time.time() - age)
        return {
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Accept": "application/json,*/*",
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": str(timestamp),
            "X-Slack-Signature": self.sign(body, timestamp),
        }

    async def deliver(self, delivery: Delivery) -> Reply:
        body = encoded(delivery)
        if delivery.kind != "events_api":
            return await self.post(body)
        return await self.post(body, self.headers(body, content_type=_JSON) | _retry(delivery))

    async def verify_url(self) -> bool:
        """Send the challenge that Slack sends when somebody saves the request URL.

        The bot may return it as text, a form or JSON:
        https://docs.slack.dev/reference/events/url_verification
        """
        challenge = secrets.token_urlsafe(39)
        asked = {"token": VERIFICATION_TOKEN, "challenge": challenge, "type": "url_verification"}
        reply = await self.deliver(Delivery("events_api", asked))
        said = reply.body.decode(errors="replace").strip()
        fields = {"challenge": [said], **parse_qs(said), **(json_object(said) or {})}
        return reply.status == HTTPStatus.OK and fields["challenge"] in (challenge, [challenge])

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Send any bytes, with a valid signature unless `headers` are given."""
        started = time.monotonic()
        headers = self.headers(body) if headers is None else headers
        try:
            async with (
                asyncio.timeout(self.timeout),
                self._client().post(
                    # Stream the body: aiohttp warns about large bytes bodies.
                    self.request_url,
                    data=BytesIO(body),
                    headers=headers,
                ) as response,
            ):
                said = await response.read()
        except TimeoutError:
            return Reply(0, b"", time.monotonic() - started, OPERATION_TIMEOUT)
        except aiohttp.ClientError:
            return Reply(0, b"", time.monotonic() - started, DISPATCH_FAILED)
        failure = "" if response.ok else DISPATCH_FAILED
        seconds = time.monotonic() - started
        return Reply(response.status, said, seconds, failure, response.content_type)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session


def encoded(delivery: Delivery) -> bytes:
    """Return the body as Slack encodes it.

    A command is a form, an event is JSON, and an interaction is a form with JSON in `payload`.
    """
    match delivery.kind:
        case "slash_commands":
            return urlencode(delivery.payload).encode()
        case "interactive":
            return urlencode({"payload": json.dumps(delivery.payload)}).encode()
        case "events_api":
            return json.dumps(delivery.payload).encode()
        case _:
            assert_never(delivery.kind)


def _retry(delivery: Delivery) -> dict[str, str]:
    if not delivery.retry_num:
        return {}
    return {
        "X-Slack-Retry-Num": str(delivery.retry_num),
        "X-Slack-Retry-Reason": delivery.retry_reason,
    }
