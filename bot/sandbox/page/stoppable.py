"""A server that can stop, so that connections to it are refused, and start again."""

import contextlib
import secrets
import socket

from starlette.types import ASGIApp

from bot.sandbox.serving import serve

# Below the range for outgoing connections: one of those could take the port while the server is
# down, or even connect to itself.
_PORTS = range(20_000, 32_000)
_TRIES = 50


class StoppableServer:
    """Serves an ASGI app on one port; stopped at first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._port = _free_port()
        self._open: contextlib.AsyncExitStack | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_open(self) -> bool:
        return self._open is not None

    async def open(self) -> None:
        """Start; raise OSError if another program has taken the port."""
        if self._open is None:
            stack = contextlib.AsyncExitStack()
            await stack.enter_async_context(serve(self._app, self._port))
            self._open = stack

    async def close(self) -> None:
        """Stop, and cut all connections."""
        if self._open is not None:
            stack, self._open = self._open, None
            await stack.aclose()


def _free_port() -> int:
    for _ in range(_TRIES):
        port = secrets.choice(_PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"No free port between {_PORTS.start} and {_PORTS.stop}.")
