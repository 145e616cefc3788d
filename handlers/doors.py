"""The ways in, HTTP and Socket Mode: Slack's words are read here, and handed to the doorbell."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from handlers.connection import Connection
from handlers.doorbell import Doorbell
from handlers.payloads import Malformed, read_form
from handlers.visits import kind_of

EVENTS = "/slack/events"
LONGEST_BODY = 1 << 20
LONGEST_UPLOAD = 10.0


class HttpDoor:
    """POST /slack/events; 401 for what Slack did not sign in the last five minutes.

    https://docs.slack.dev/authentication/verifying-requests-from-slack. It stands before all other
    pages, so that Slack does not wait for Starlette's routing and middleware.
    """

    def __init__(self, doorbell: Doorbell, signing_secret: str, others: ASGIApp) -> None:
        self._doorbell = doorbell
        self._verifier = SignatureVerifier(signing_secret)
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The path begins with where another program has put the whole bot: bot/embedded.py.
        if (
            scope["type"] != "http"
            or scope["path"].removeprefix(scope.get("root_path", "")) != EVENTS
        ):
            await self._others(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse("Slack posts", 405, {"allow": "POST"})
        try:
            async with asyncio.timeout(LONGEST_UPLOAD):
                body = await _read(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except TimeoutError:
            self._doorbell.refuse("too_slow")
            return PlainTextResponse("too slow", 408, {"connection": "close"})
        if body is None:
            self._doorbell.refuse("too_large")
            return PlainTextResponse("too large", 413, {"connection": "close"})
        if not self._signed(body, request.headers):
            self._doorbell.refuse("signature")
            return PlainTextResponse("not signed by Slack", 401)
        answered = asyncio.Event()
        try:
            payload = read_form(body)
            response = to_starlette_response(await self._doorbell.ring(payload, answered))
        except Malformed as error:
            self._doorbell.refuse(error.reason, str(error))
            return PlainTextResponse("malformed", 400)
        # Submissions alone wait for it, and uvicorn answers one who has hung up without saying so.
        if kind_of(payload) == "view_submission" and not await request.is_disconnected():
            response.background = BackgroundTask(_set, answered)
        return response

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return self._verifier.is_valid_request(body, headers)
        except (ValueError, TypeError):  # a timestamp that is no number, a signature not in ASCII
            return False


class SocketDoor:
    """Socket Mode: the payload comes through the app's own WebSocket, so nothing is signed."""

    def __init__(self, client: Connection, doorbell: Doorbell) -> None:
        self.client = client
        self.client.socket_mode_request_listeners.append(self.handle)
        self._doorbell = doorbell
        self._answering: set[asyncio.Task[Any] | None] = set()
        self._closing = False

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        if self._closing:
            return  # not acknowledged: Slack delivers it to another connection
        task = asyncio.current_task()
        self._answering.add(task)
        try:
            await self._answer(client, req)
        finally:
            self._answering.discard(task)

    async def stop(self, seconds: float) -> None:
        """Take nothing new, send the answers that are due, and hang up."""
        self._closing = True
        if self._answering:
            await asyncio.wait({task for task in self._answering if task}, timeout=seconds)
        await self.client.close()  # type: ignore[no-untyped-call] # the SDK's

    async def keep_connecting(self) -> None:
        """Raise `SlackTokenRejected` for a token that Slack rejects from the start."""
        await self.client.keep_open()

    async def _answer(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        answered = asyncio.Event()
        try:
            response = await self._doorbell.ring(req.payload, answered)
        except Malformed as error:
            self._doorbell.refuse(error.reason, str(error))
            response = BoltResponse(status=200)
        await send_async_response(client, req, response, time.time())
        answered.set()


async def _read(request: Request) -> bytes | None:
    """None: more than 1 MiB, and nothing after that is read."""
    if int(request.headers.get("content-length", 0)) > LONGEST_BODY:  # uvicorn vouches for a number
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    return bytes(body)


async def _set(event: asyncio.Event) -> None:
    event.set()
