"""Slack's side of Socket Mode: https://docs.slack.dev/apis/events-api/using-socket-mode."""

import asyncio
import contextlib
import json
import secrets
import time
import uuid
import weakref
from typing import Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.serving import drop_connection, stop_reading
from bot.sandbox.slack.directory import APP_ID
from bot.sandbox.slack.endpoints import (
    DISPATCH_FAILED,
    OPERATION_TIMEOUT,
    TIMEOUT_SECONDS,
    Delivery,
    Reply,
)
from bot.sandbox.slack.wire import Json, json_object

MAX_CONNECTIONS = 10
Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


class SocketMode:
    """The bot's connections, and the acknowledgements that are still pending."""

    def __init__(self) -> None:
        self.connections: list[WebSocket] = []
        self.timeout = TIMEOUT_SECONDS
        self.acknowledged: list[Json] = []
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0
        self._silent: weakref.WeakSet[WebSocket] = weakref.WeakSet()
        self._changed = asyncio.Event()

    def issue_ticket(self) -> str:
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return ticket

    async def endpoint(self, websocket: WebSocket) -> None:
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close()
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        if len(self.connections) >= MAX_CONNECTIONS:
            await self._send_disconnect(websocket, "too_many_websockets")
            return
        self.connections.append(websocket)
        await websocket.send_text(json.dumps(self._hello()))
        self._changed.set()
        try:
            while True:
                self._acknowledge(json_object(await websocket.receive_text()) or {})
        except (WebSocketDisconnect, RuntimeError):
            # RuntimeError: the sandbox has closed the connection itself.
            pass
        finally:
            self.connections.remove(websocket)
            self._changed.set()

    async def connected(self, count: int = 1, within: float = 5) -> None:
        """Wait until the bot has exactly `count` connections, or raise TimeoutError."""
        async with asyncio.timeout(within):
            while len(self.connections) != count:
                self._changed.clear()
                await self._changed.wait()

    async def deliver(self, delivery: Delivery) -> Reply:
        """Send an envelope over the next connection and wait for its acknowledgement."""
        started = time.monotonic()
        if not self.connections:
            return Reply(0, b"", 0.0, DISPATCH_FAILED)
        self._turn += 1
        websocket = self.connections[self._turn % len(self.connections)]
        envelope_id = str(uuid.uuid4())
        self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self.timeout):
                if websocket not in self._silent:
                    await websocket.send_text(json.dumps(_envelope(envelope_id, delivery)))
                acknowledgement = await self._waiting[envelope_id]
        except TimeoutError:
            return Reply(0, b"", time.monotonic() - started, OPERATION_TIMEOUT)
        except (WebSocketDisconnect, RuntimeError):
            return Reply(0, b"", time.monotonic() - started, DISPATCH_FAILED)
        finally:
            del self._waiting[envelope_id]
        payload = acknowledgement.get("payload")
        body = json.dumps(payload).encode() if payload else b""
        return Reply(200, body, time.monotonic() - started, content_type="application/json")

    async def disconnect(self, reason: Reason = "refresh_requested") -> None:
        """Send `disconnect` to every connection, as Slack does every few hours, and close it.

        A warning leaves it open.
        """
        for websocket in list(self.connections):
            await self._send_disconnect(websocket, reason)

    async def drop(self) -> None:
        """Reset every connection, as a failing network does."""
        for websocket in list(self.connections):
            await drop_connection(websocket.scope)

    def fall_silent(self) -> None:
        """Leave the connections open, but stop sending, and stop answering pings."""
        for websocket in self.connections:
            stop_reading(websocket.scope)
            self._silent.add(websocket)

    async def _send_disconnect(self, websocket: WebSocket, reason: Reason) -> None:
        goodbye = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await websocket.send_text(json.dumps(goodbye))
            if reason != "warning":
                await websocket.close()

    def _acknowledge(self, message: Json) -> None:
        self.acknowledged.append(message)
        waiting = self._waiting.get(str(message.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {
                "host": "applink-1",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": APP_ID},
        }


def _envelope(envelope_id: str, delivery: Delivery) -> Json:
    with_answer = {"view_submission", "block_suggestion"}
    answered = delivery.kind == "slash_commands" or delivery.payload["type"] in with_answer
    envelope = {
        "envelope_id": envelope_id,
        "type": delivery.kind,
        "accepts_response_payload": answered,
        "payload": delivery.payload,
    }
    if delivery.kind != "events_api":
        return envelope
    retry = {"retry_attempt": delivery.retry_num, "retry_reason": delivery.retry_reason}
    return envelope | retry
