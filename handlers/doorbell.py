"""Where Slack rings: what it signed is handed to Bolt, over HTTP or Socket Mode alike."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from bot.health import code_of, raise_if_rejected
from bot.logs import get_logger
from handlers.payloads import Malformed, check_shape, read_form

log = get_logger("weav_slack.doorbell")

LONGEST_BODY = 1 << 20
LONGEST_UPLOAD = 10.0
CONNECT_AGAIN = 3.0


class Doorbell:
    """`context` goes to every listener by name, with `answered`: set when Slack has its answer."""

    def __init__(self, app: AsyncApp, context: Mapping[str, object]) -> None:
        self._app = app
        self._context = context

    async def ring(self, payload: dict[str, Any], answered: asyncio.Event) -> BoltResponse:
        # "socket_mode" tells Bolt that the payload is read and verified: true of both ways here.
        request = AsyncBoltRequest(
            mode="socket_mode", body=payload, context={**self._context, "answered": answered}
        )
        return await self._app.async_dispatch(request)


class HttpDoor:
    """POST /slack/events; 401 for what Slack did not sign in the last five minutes.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """

    def __init__(self, doorbell: Doorbell, signing_secret: str) -> None:
        self._doorbell = doorbell
        self._verifier = SignatureVerifier(signing_secret)

    async def answer(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(LONGEST_UPLOAD):
                body = await _read(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except TimeoutError:
            return PlainTextResponse("too slow", 408, {"connection": "close"})
        if body is None:
            return PlainTextResponse("too large", 413, {"connection": "close"})
        if not self._signed(body, request.headers):
            log.warning("request_refused", reason="signature")
            return PlainTextResponse("not signed by Slack", 401)
        try:
            payload = read_form(body)
        except Malformed as error:
            log.warning("request_refused", reason=str(error))
            return PlainTextResponse("malformed", 400)
        answered = asyncio.Event()
        response = to_starlette_response(await self._doorbell.ring(payload, answered))
        response.background = BackgroundTask(_set, answered)
        return response

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return self._verifier.is_valid_request(body, headers)
        except (ValueError, TypeError):  # a timestamp that is no number, a signature not in ASCII
            return False


class SocketDoor(AsyncSocketModeHandler):
    """Socket Mode: the payload comes through the app's own WebSocket, so nothing is signed."""

    def __init__(
        self, app: AsyncApp, app_token: str, client: AsyncWebClient, doorbell: Doorbell
    ) -> None:
        # A connection is taken for deaf, and replaced, after four intervals without a pong.
        super().__init__(app, app_token, web_client=client, ping_interval=5)
        self._doorbell = doorbell
        self._answering: set[asyncio.Task[Any] | None] = set()
        self._closing = False

    async def handle(  # type: ignore[override] # Bolt's own base differs from its handlers
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
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
        await self.close_async()  # type: ignore[no-untyped-call] # Bolt's

    async def keep_connecting(self) -> None:
        """Connect, and leave reconnecting to the client; raise for a token Slack rejects.

        The first address is asked for here: the client would try a rejected token for ever.
        """
        while self.client.wss_uri is None:
            try:
                opened = await self.client.web_client.apps_connections_open(
                    app_token=self.app_token
                )
                self.client.wss_uri = opened["url"]
            except SlackApiError as error:
                raise_if_rejected(error)
                log.warning("socket_not_opened", code=code_of(error))
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("socket_not_opened", error=type(error).__name__)
            if self.client.wss_uri is None:
                await asyncio.sleep(CONNECT_AGAIN)
        await self.connect_async()  # type: ignore[no-untyped-call] # Bolt's
        await asyncio.Event().wait()

    async def _answer(self, client: SocketModeClient, req: SocketModeRequest) -> None:
        answered = asyncio.Event()
        try:
            response = await self._doorbell.ring(check_shape(req.payload), answered)
        except Malformed as error:
            log.warning("request_refused", reason=str(error))
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
