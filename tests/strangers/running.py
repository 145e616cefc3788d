"""Runs `weav-slack run` as a process, for tests without an event loop."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.request import urlopen

from bot.sandbox.serving import serve
from bot.sandbox.slack import SlackSandbox
from bot.sandbox.weav import WeavSandbox
from tests.follow.deliveries import SECRET as WEBHOOK_SECRET
from tests.follow.deliveries import signature_of
from tests.harness import environment
from tests.loop_thread import opened_in_thread
from tests.process import clean_environment, free_port
from tests.strangers.served import EVENTS, post

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.sandbox.slack import Workspace

# The statuses that a stranger may get. 408 is for slow clients.
POLITE = {200, 400, 401, 404, 405, 408, 413}
BUGS = ('"exception"', '"raised"', "Traceback", "task_failed", '"event": "failed"')


@dataclass(slots=True)
class Running:
    port: int
    slack: Workspace
    weav: WeavSandbox
    log: Path
    process: subprocess.Popen[bytes]
    _read: int = 0
    _kept: list[http.client.HTTPConnection] = field(default_factory=list)

    def send(self, body: bytes, *, signed: bool = True) -> int:
        """POST it to /slack/events over a kept-alive connection; return the status."""
        head, _, sent = post(body, signed=signed).partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        return self._post(EVENTS, sent, headers)

    def tell(self, body: bytes, event: str, *, signed: bool = True) -> int:
        """POST it to /weav/webhooks, as Weav does; return the status."""
        signature = signature_of(body, secret=WEBHOOK_SECRET if signed else "another")
        headers = {"X-Weav-Event": event, "X-Weav-Signature": signature}
        return self._post("/weav/webhooks", body, headers)

    def _post(self, path: str, sent: bytes, headers: dict[str, str]) -> int:
        connection = self._kept.pop() if self._kept else self._connection()
        connection.request("POST", path, sent, headers)
        with connection.getresponse() as response:
            response.read()
        if not response.will_close:
            self._kept.append(connection)
        return response.status

    def shout(self, data: bytes) -> int | None:
        """Send raw bytes; return the status of the first answer, or None if none comes in time."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=0.05) as line:
            try:
                line.sendall(data)
                answer = line.recv(65536)
            except (TimeoutError, ConnectionError):
                return None
        return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else None

    def hang_up(self) -> None:
        for connection in self._kept:
            connection.close()

    def bugs(self) -> list[str]:
        """Errors in the log since the last call."""
        with self.log.open() as log:
            log.seek(self._read)
            lines = log.readlines()
            self._read = log.tell()
        return [line for line in lines if any(word in line for word in BUGS)]

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    with ExitStack() as stack:
        slack, weav, weav_url = stack.enter_context(opened_in_thread(_sandboxes()))
        port = free_port()
        names = environment(slack, weav_url, f"sqlite:///{folder}/ledger.db", "http")
        names |= {"PORT": str(port), "LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json"}
        names |= {"WEAV_WEBHOOK_SECRET": WEBHOOK_SECRET}
        log = folder / "log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=folder,
                env=clean_environment(names),
                stderr=written,
            )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        _until_ready(f"http://127.0.0.1:{port}/readyz")
        bot = Running(port, slack.workspace, weav, log, process)
        stack.callback(bot.hang_up)
        yield bot


def _until_ready(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with urlopen(url) as response:  # noqa: S310 - of this machine
                response.read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@asynccontextmanager
async def _sandboxes() -> AsyncIterator[tuple[SlackSandbox, WeavSandbox, str]]:
    weav = WeavSandbox()
    async with SlackSandbox().serving() as slack, serve(weav) as weav_url:
        yield slack, weav, weav_url
