"""Serves the bot over real sockets, for tests that send raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import socket
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.server import bind, server
from tests.harness import SECRET, open_harness

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

EVENTS = "/slack/events"
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Line:
    """One connection of a stranger."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def status(self) -> int:
        """Read one whole answer, and return its status."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        await self.reader.readexactly(length)
        return int(head.split(b" ")[1])

    async def closed(self, within: float = 5) -> bool:
        """Wait until the connection ends, and discard everything before."""
        try:
            async with asyncio.timeout(within):
                await self.reader.read()
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True


@dataclass(slots=True)
class Address:
    port: int
    lines: list[Line] = field(default_factory=list)

    async def call(self, *sent: bytes, buffer: int = 1 << 20) -> Line:
        """`buffer`: how many bytes of answers the kernel buffers for us."""
        own = socket.socket()
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        own.setblocking(False)  # noqa: FBT003 # the standard library's own
        await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", self.port))
        line = Line(*await asyncio.open_connection(sock=own))
        self.lines.append(line)
        for part in sent:
            line.writer.write(part)
        return line

    async def hang_up(self) -> None:
        for line in self.lines:
            line.writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await line.writer.wait_closed()


def post(
    body: bytes, *headers: str, signed: bool = True, kind: str = FORM, path: str = EVENTS
) -> bytes:
    """Build a whole request; an unsigned one has a wrong signature."""
    timestamp = int(time.time())
    secret = SECRET if signed else "another"
    base = b"v0:%d:%s" % (timestamp, body)
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: bot.example",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        f"X-Slack-Request-Timestamp: {timestamp}",
        f"X-Slack-Signature: v0={signature}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def served(tmp_path: Path) -> AsyncIterator[Address]:
    """Run the bot in this process, behind the server that `weav-slack run` uses."""
    async with open_harness(tmp_path) as harness:
        with bind("127.0.0.1", 0) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            serving = server(harness.bot.asgi, 1)
            running = asyncio.create_task(serving.serve(sockets=[listener]))
            address = Address(listener.getsockname()[1])
            try:
                yield address
            finally:
                await address.hang_up()
                serving.stop()
                await running
