"""uvicorn, on a socket that is bound before anything is opened, stopped by SIGTERM or SIGINT."""

import asyncio
import contextlib
import math
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal, and go on: uvicorn would raise it again and end the process."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        yield

    def stop(self) -> None:
        self.should_exit = True


def bind(host: str, port: int) -> socket.socket:
    """Raise OSError when the port is taken or the host is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # asyncio sets it for sockets that it makes itself only; without it kept connections wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)  # noqa: FBT003 # the standard library's own
    return listener


def server(app: ASGIApp, grace: float) -> Server:
    """`grace`: seconds that requests in flight have after the signal to stop."""
    return Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            loop="uvloop",
            http="httptools",
            ws="none",
            timeout_graceful_shutdown=math.ceil(grace),
            # Longer than the idle time-outs of usual load balancers: they close first.
            timeout_keep_alive=75,
        )
    )
