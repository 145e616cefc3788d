"""Socket Mode: the app's own WebSocket, reopened whenever it closes, and its envelopes.

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
RECONNECT_AFTER = 3.0
# For one handshake. With aiohttp's default of 300 s, a server that accepts the connection and never
# answers would keep the bot offline as long.
HANDSHAKE_WITHIN = 10.0


class SocketModeConnection(SocketModeClient):
    """The SDK's client, which keeps reconnecting whatever Slack or the network answers."""

    def __init__(self, app_token: str, client: AsyncWebClient, ping_every: float) -> None:
        """`ping_every`: seconds. A dead connection is replaced after four intervals at the latest.

        Mostly aiohttp notices after one and a half.
        """
        super().__init__(app_token, web_client=client, ping_interval=ping_every)
        self._token_accepted = False

    async def issue_new_wss_url(self) -> str:
        """Retry until Slack gives a URL; raise `SlackTokenRejected` for a token that never worked.

        The SDK waits only after a well-formed rate limit, and logs two lines for any other failure.
        """
        while True:
            opened = await ask(self.web_client.apps_connections_open(app_token=self.app_token))
            if isinstance(opened, Done):
                if address := text_at(opened.answer, "url"):
                    return address
                opened = Failed("no_address")
            elif opened.code in REJECTED and not self._token_accepted:
                raise SlackTokenRejected(opened.code)
            log.warning("socket_not_opened", code=opened.code)
            await asyncio.sleep(max(RECONNECT_AFTER, opened.retry_after or 0))

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002
        """Replace the current connection, once.

        Slack sends `disconnect` and then closes. The SDK reconnects for each of the two, and the
        second time closes the connection that it has just opened.
        """
        ending = self.current_session
        async with self.connect_operation_lock:
            if self.current_session is ending and (force or not await self.is_connected()):
                self.wss_uri = await self.issue_new_wss_url()
                await self.connect()  # type: ignore[no-untyped-call] # the SDK's

    async def keep_open(self) -> None:
        """Connect and stay connected; raise `SlackTokenRejected`.

        Ask for the first URL here: the SDK would retry with a rejected token for ever.
        """
        self.wss_uri = await self.issue_new_wss_url()
        self._token_accepted = True
        await self._shorten_handshakes()
        connecting = asyncio.create_task(self.connect())  # type: ignore[no-untyped-call] # the SDK's
        try:
            await self._watch()
        finally:
            connecting.cancel()

    async def _shorten_handshakes(self) -> None:
        """Give the SDK a session with a timeout, which ends with the handshake."""
        await self.aiohttp_client_session.close()
        self.aiohttp_client_session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=HANDSHAKE_WITHIN)
        )

    async def _watch(self) -> None:
        """Log connects and losses, and drop a URL that did not work.

        A URL is valid for one connection, but the SDK would retry the same one for ever.
        """
        was_connected, tried = False, None
        while True:
            await asyncio.sleep(min(self.ping_interval, RECONNECT_AFTER))
            connected = await self.is_connected()
            if was_connected and not connected:
                log.warning("socket_lost")
            if connected and not was_connected:
                log.info("socket_connected")
            if not connected and self.wss_uri == tried:
                self.wss_uri = None
            was_connected, tried = connected, self.wss_uri


class SocketModeTransport:
    """Payloads come through the app's own authenticated WebSocket, so they are not signed."""

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
        """Take nothing new, send the pending answers, and close the connection."""
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
            self._dispatcher.count_refused(error.reason, str(error))
            answer = Acknowledgement(BoltResponse(status=200))
        await send_async_response(client, req, answer.response, time.time())
        if answer.answered:
            answer.answered.set()


def _without_surrogates(payload: object) -> object:
    """Replace a lone surrogate by a question mark: no database and no request can carry it.

    The SDK's JSON parser accepts lone surrogates, the request URL's does not. Raise
    `MalformedPayload` for a payload nested more deeply than the request URL accepts.
    """
    try:
        to_json(payload)
    except ValueError:
        try:
            return replace_surrogates(payload)
        except (ValueError, RecursionError) as error:
            raise MalformedPayload("nested too deeply") from error
    return payload
