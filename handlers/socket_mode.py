"""Socket Mode: the app's own WebSocket, opened again whenever it ends, and its envelopes.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import time
from typing import Any

import aiohttp
from pydantic_core import to_json
from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.health import SlackTokenRejected
from bot.logs import get_logger
from bot.slack.api import Done, Failed, ask
from bot.slack.client import REJECTED
from bot.slack.payloads import MalformedPayload, text_at
from bot.surrogates import replace_surrogates
from handlers.dispatch import Acknowledgement, Dispatcher

log = get_logger("weav_slack.socket_mode")
# Seconds.
CONNECT_AGAIN = 3.0
# For one handshake. aiohttp's own 300 s would leave the bot deaf for as long, when what takes the
# connection never answers.
HANDSHAKE = 10.0


class SocketModeConnection(SocketModeClient):
    """The SDK's client, which is stopped by no answer that Slack or the network can give."""

    def __init__(self, app_token: str, client: AsyncWebClient, ping_every: float) -> None:
        """`ping_every`: seconds. A deaf connection is replaced after four of them at the latest.

        Mostly aiohttp notices after one and a half.
        """
        super().__init__(app_token, web_client=client, ping_interval=ping_every)
        self._was_open = False

    async def issue_new_wss_url(self) -> str:
        """Ask until there is an address; raise `SlackTokenRejected` for a token that never worked.

        The SDK waits only for rate limits that are well formed, and makes two lines of the rest.
        """
        while True:
            opened = await ask(self.web_client.apps_connections_open(app_token=self.app_token))
            if isinstance(opened, Done):
                if address := text_at(opened.answer, "url"):
                    return address
                opened = Failed("no_address")
            elif opened.code in REJECTED and not self._was_open:
                raise SlackTokenRejected(opened.code)
            log.warning("socket_not_opened", code=opened.code)
            await asyncio.sleep(max(CONNECT_AGAIN, opened.retry_after or 0))

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002
        """Replace the connection that is there when this is asked for, once.

        Slack says goodbye and then closes. The SDK connects anew for either, and at the second
        closes what it has just opened.
        """
        ending = self.current_session
        async with self.connect_operation_lock:
            if self.current_session is ending and (force or not await self.is_connected()):
                self.wss_uri = await self.issue_new_wss_url()
                await self.connect()  # type: ignore[no-untyped-call] # the SDK's

    async def keep_open(self) -> None:
        """Connect and stay connected; raise `SlackTokenRejected`.

        The first address is asked for here: the SDK would try a rejected token for ever.
        """
        self.wss_uri = await self.issue_new_wss_url()
        self._was_open = True
        await self._shorten_handshakes()
        connecting = asyncio.create_task(self.connect())  # type: ignore[no-untyped-call] # the SDK's
        try:
            await self._watch()
        finally:
            connecting.cancel()

    async def _shorten_handshakes(self) -> None:
        """Give the SDK a session with a deadline, which ends nothing once a WebSocket is open."""
        await self.aiohttp_client_session.close()
        self.aiohttp_client_session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=HANDSHAKE)
        )

    async def _watch(self) -> None:
        """Say how it goes, and take away an address that does not work.

        Each is good for one connection, but the SDK would try the same for ever.
        """
        was_connected, tried = False, None
        while True:
            await asyncio.sleep(min(self.ping_interval, CONNECT_AGAIN))
            connected = await self.is_connected()
            if was_connected and not connected:
                log.warning("socket_lost")
            if connected and not was_connected:
                log.info("socket_connected")
            if not connected and self.wss_uri == tried:
                self.wss_uri = None
            was_connected, tried = connected, self.wss_uri


class SocketModeTransport:
    """Socket Mode: the payload comes through the app's own WebSocket, so nothing is signed."""

    def __init__(self, client: SocketModeConnection, dispatcher: Dispatcher) -> None:
        self.client = client
        self.client.socket_mode_request_listeners.append(self.handle)
        self._dispatcher = dispatcher
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
        try:
            answer = await self._dispatcher.answer(_without_surrogates(req.payload))
        except MalformedPayload as error:
            self._dispatcher.refuse(error.reason, str(error))
            answer = Acknowledgement(BoltResponse(status=200))
        await send_async_response(client, req, answer.response, time.time())
        if answer.delivered:
            answer.delivered.set()


def _without_surrogates(payload: object) -> object:
    """Put a question mark for a lone surrogate, which no database and no request can carry.

    The SDK's JSON takes it, and that of the request URL does not. Raise `MalformedPayload` for what
    is nested more deeply than the request URL takes.
    """
    try:
        to_json(payload)
    except ValueError:
        try:
            return replace_surrogates(payload)
        except (ValueError, RecursionError) as error:
            raise MalformedPayload("nested too deeply") from error
    return payload
