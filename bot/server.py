"""`weav-slack run`: binds a socket, serves with uvicorn, and drains before it exits.

Clients must send a request's head soon, keep it short, and read their answers.
"""

import asyncio
import contextlib
import gc
import math
import signal
import socket
from collections.abc import Iterator

import uvicorn
import uvloop
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot import VERSION
from bot.app import Bot, Pace, assembled
from bot.health import SlackTokenRejected
from bot.ledger import LedgerTooNew, LedgerUnavailable
from bot.logs import class_of, get_logger
from bot.settings import Settings

log = get_logger("weav_slack.server")

# Seconds and bytes. Slack's heads have about 1 kB; `handlers/http.py` limits bodies.
HEAD_TIMEOUT = 10.0
READER_TIMEOUT = 10.0
MAX_HEAD_BYTES = 64 * 1024
# uvicorn keeps reading while it answers, so one connection could fill the memory with requests.
MAX_PIPELINED = 32


class Protocol(HttpToolsProtocol):
    """Closes connections that send no request head, or do not read their answers.

    uvicorn itself would keep them forever.

    Bytes that come after the answer count as a head, too: a client that is answered before its
    whole body was read may go on sending.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._expect_head()
        self._abort_if_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        for name in list(self._timers):
            self._cancel(name)
        super().connection_lost(exc)
        # uvicorn leaves this timer running after a reset, which holds the memory for 75 s.
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        if "head" not in self._timers and (self.cycle is None or self.cycle.response_complete):
            self._expect_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if "head" in self._timers and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._cancel("head")
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            raise ValueError("too many requests at once")  # httptools stops, uvicorn hangs up

    def pause_writing(self) -> None:
        super().pause_writing()
        self._timers["reader"] = self.loop.call_later(READER_TIMEOUT, self.transport.abort)

    def resume_writing(self) -> None:
        self._cancel("reader")
        super().resume_writing()

    def _abort_if_closing(self) -> None:
        """Abort a closing connection whose client does not read the last answer.

        An answer below the write buffer's limit never pauses writing, so that timer does not help.
        """
        next_step = self.transport.abort if self.transport.is_closing() else self._abort_if_closing
        self._timers["closing"] = self.loop.call_later(READER_TIMEOUT, next_step)

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._timers["head"] = self.loop.call_later(HEAD_TIMEOUT, self.transport.close)

    def _cancel(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop serving at a signal; uvicorn would also raise it again and end the process."""
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
    # asyncio sets it only on sockets that it creates. Without it, reused connections wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)  # noqa: FBT003 # the standard library's own
    return listener


def server(app: ASGIApp, grace: float) -> Server:
    """`grace`: seconds that running requests have after the stop signal."""
    return Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # the signature proves the sender; the address is not used
            lifespan="off",
            loop="uvloop",
            http=Protocol,
            ws="none",
            timeout_graceful_shutdown=math.ceil(grace),
            # Longer than the idle timeouts of common load balancers, so that they close first.
            timeout_keep_alive=75,
        )
    )


class CannotRun(Exception):
    """Holds a sentence for the operator."""


def runner() -> asyncio.Runner:
    """Collect garbage from now on, but never scan the objects that start-up created.

    Under load, scanning them took a tenth of the CPU and now and then a pause of 100 ms:
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
    gc.set_threshold(100_000)
    gc.enable()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def run(settings: Settings, pace: Pace | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then finish running work; raise `CannotRun`."""
    pace = pace or Pace()
    with _listener(settings) as listener:
        try:
            async with assembled(settings, pace) as bot:
                with bot.event_loop.watching():
                    await _serve(bot, server(bot.asgi, pace.answers), listener)
        except (LedgerUnavailable, LedgerTooNew) as error:
            raise CannotRun(f"The database of DATABASE_URL cannot be used: {error}") from None
        except SlackTokenRejected as error:
            raise CannotRun(
                f"Slack does not accept the token ({error}). Copy SLACK_BOT_TOKEN from OAuth &"
                " Permissions and SLACK_APP_TOKEN from Basic Information again."
            ) from None


def _listener(settings: Settings) -> socket.socket:
    try:
        return bind(settings.host, settings.port)
    except (OSError, TypeError) as error:  # TypeError: a name that DNS cannot encode
        why = getattr(error, "strerror", None) or "no such name"
        raise CannotRun(
            f"Cannot listen on {settings.host}:{settings.port} ({why})."
            " Choose another HOST or PORT, or stop what runs there."
        ) from None


async def _serve(bot: Bot, serving: Server, listener: socket.socket) -> None:
    """Serve until the server stops or a task beside it fails, with a rejected token or a bug."""
    beside = [asyncio.create_task(bot.health.keep_polling_slack())]
    if bot.socket is not None:
        beside.append(asyncio.create_task(bot.socket.keep_connecting()))
    for task in beside:
        task.add_done_callback(lambda _: serving.stop())
    mode = "Socket Mode" if bot.socket else "HTTP"
    gc.freeze()  # again, for the bot itself and the modules that this mode imported
    log.info("started", version=VERSION, mode=mode, address=listener.getsockname()[:2])
    try:
        await serving.serve(sockets=[listener])
    finally:
        for task in beside:
            task.cancel()
        for ended in await asyncio.gather(*beside, return_exceptions=True):
            if isinstance(ended, Exception):
                raise _reported(ended)
        log.info("stopping")


def _reported(ended: Exception) -> Exception:
    """Log an unexpected error without its message, which Python would print in full."""
    if isinstance(ended, SlackTokenRejected):
        return ended
    log.error("mistake", exc_info=ended)
    return CannotRun(f"The bot made a mistake ({class_of(ended)}): the log says where.")
