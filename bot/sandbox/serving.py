"""Serves an ASGI app on loopback, in the running event loop, for the duration of a block."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator, MutableMapping
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Event streams and WebSockets stay open: the shutdown cuts them after this many seconds.
GRACE_SECONDS = 0.5
_ABORT = "sandbox.abort"
_PAUSE = "sandbox.pause"


class _Protocol(HttpToolsProtocol):
    """Puts functions that abort and pause the connection into the ASGI scope, as extensions."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {_ABORT: self.transport.abort}

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        upgraded = self.transport.get_protocol()
        if scope := getattr(upgraded, "scope", None):
            scope["extensions"] |= {
                _ABORT: self.transport.abort,
                _PAUSE: self.transport.pause_reading,
            }


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the program that runs the server."""
        yield


async def drop_connection(scope: MutableMapping[str, Any]) -> None:
    """Abort a connection, so that its client gets no answer at all."""
    scope["extensions"][_ABORT]()
    # uvicorn notices in the next iteration of the event loop; until then, it would answer 500.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def stop_reading(scope: MutableMapping[str, Any]) -> None:
    """Stop reading from a WebSocket that stays open, so that pings go unanswered."""
    scope["extensions"][_PAUSE]()


def _listener(port: int) -> socket.socket:
    # Without IPPROTO_TCP, asyncio does not set TCP_NODELAY, and each answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(512)
        listener.settimeout(0)
    except OSError:
        listener.close()
        raise
    return listener


def _without_cancellation_errors(app: ASGIApp) -> ASGIApp:
    """Swallow the cancellation by `_stop`, which uvicorn would log as an error of the app."""

    async def suppressing(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return suppressing


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        _without_cancellation_errors(app),
        http=_Protocol,
        log_config=None,
        access_log=False,
        timeout_keep_alive=60,
        # Otherwise uvicorn would close WebSockets after `stop_reading`.
        ws_ping_interval=None,
    )


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Yield the base URL, such as http://127.0.0.1:40123, without a trailing slash.

    Port 0 picks a free port. Raise OSError before anything starts if the port is in use.
    """
    listener = _listener(port)
    server = _Server(_config(app))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await _until_started(server, running)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await _stop(server, running)
    finally:
        listener.close()


async def _until_started(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    while not server.started:
        if running.done():
            await running
            raise RuntimeError("The server ended before it was ready.")
        await asyncio.sleep(0.001)


async def _stop(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    """Replace uvicorn's shutdown, which sleeps for 0.2 s and waits for open streams."""
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    unfinished = set(server.server_state.tasks)
    if unfinished:
        _, unfinished = await asyncio.wait(unfinished, timeout=GRACE_SECONDS)
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    for task in unfinished:
        task.cancel()
    running.cancel()
    await asyncio.wait({running, *unfinished})
    await server.lifespan.shutdown()
