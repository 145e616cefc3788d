"""Serves an ASGI app inside the running event loop, on loopback, for as long as a block lasts."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator, MutableMapping
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Open event streams and WebSockets never end by themselves: they are cut after this many seconds.
GRACE_SECONDS = 0.5
_ABORT = "sandbox.abort"
_PAUSE = "sandbox.pause"


class _Protocol(HttpToolsProtocol):
    """Puts the connection's abort into the ASGI scope, which has no standard word for it."""

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
        """Leave signals to the program that the server runs in."""
        yield


async def drop_connection(scope: MutableMapping[str, Any]) -> None:
    """Reset a connection, so that its client gets no answer at all."""
    scope["extensions"][_ABORT]()
    # uvicorn learns of the loss in the next round of the loop; before, it would answer with 500.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def stop_reading(scope: MutableMapping[str, Any]) -> None:
    """Leave a WebSocket open without reading from it, so that even pings go unanswered."""
    scope["extensions"][_PAUSE]()


def _listener(port: int) -> socket.socket:
    # Without the protocol asyncio does not set TCP_NODELAY, and each answer takes 40 ms.
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
    """Let `_stop` cut an answer short: uvicorn would print it as an error of the app."""

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
        # Else uvicorn would end the WebSockets that were told to fall silent.
        ws_ping_interval=None,
    )


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Yield the base URL, like http://127.0.0.1:40123, without a slash at its end.

    Port 0 takes a free one. A port in use raises OSError before anything is started.
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
    """Do what uvicorn's own shutdown does, which sleeps for 0.2 s and waits for open streams."""
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
