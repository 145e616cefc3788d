"""A proxy in front of the sandboxes that forwards everything, unless a request matches a fault."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

from tests.weav.raw_server import GONE, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(slots=True, eq=False)
class ProxyFault:
    """Replaces the answers to `left` requests that contain `path` and `about`.

    `carried_out`: the sandbox handles the request, and only its answer is replaced.
    """

    path: str
    about: str
    reply: Reply
    carried_out: bool = False
    left: int = 1


@dataclass(slots=True)
class FaultyProxy:
    """`url` is the proxy's own address, `to` that of the sandbox."""

    url: str
    to: str = ""
    faults: list[ProxyFault] = field(default_factory=list)

    def add_fault(self, fault: ProxyFault) -> ProxyFault:
        self.faults.append(fault)
        return fault

    def take(self, head: bytes, body: bytes) -> ProxyFault | None:
        line = head.partition(b"\r\n")[0]
        for fault in self.faults:
            if fault.path.encode() in line and fault.about.encode() in line + body:
                fault.left -= 1
                if not fault.left:
                    self.faults.remove(fault)
                return fault
        return None


@asynccontextmanager
async def faulty_proxy() -> AsyncIterator[FaultyProxy]:
    open_writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        tasks.add(asyncio.current_task())
        with suppress(*GONE):
            while not writer.is_closing():
                await _forward(proxy, session, reader, writer)
        writer.close()
        open_writers.discard(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20, backlog=512)
    host, port = server.sockets[0].getsockname()[:2]
    proxy = FaultyProxy(f"http://{host}:{port}")
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        try:
            yield proxy
        finally:
            server.close()
            for writer in open_writers:
                writer.transport.abort()
            await asyncio.gather(*filter(None, tasks))


async def _forward(
    proxy: FaultyProxy,
    session: aiohttp.ClientSession,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(_length(head))
    fault = proxy.take(head, body)
    if fault is None:
        writer.write(await _answer(proxy.to, session, head, body))
        await writer.drain()
        return
    if fault.carried_out:
        await _answer(proxy.to, session, head, body)
    await fault.reply(writer)


async def _answer(to: str, session: aiohttp.ClientSession, head: bytes, body: bytes) -> bytes:
    line, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = line.split(" ", 2)
    headers = dict(each.split(": ", 1) for each in lines if each)
    kept = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
    async with session.request(
        method, to + path, headers=kept, data=body or None, allow_redirects=False
    ) as response:
        answer = await response.read()
    shown = "".join(
        f"{name}: {value}\r\n"
        for name, value in response.headers.items()
        if name.lower() not in HOP_BY_HOP
    )
    start = f"HTTP/1.1 {response.status} {response.reason}\r\n{shown}"
    return f"{start}content-length: {len(answer)}\r\n\r\n".encode("latin-1") + answer


def _length(head: bytes) -> int:
    for line in head.lower().splitlines():
        if line.startswith(b"content-length"):
            return int(line.split(b":")[1])
    return 0


def pours(head: bytes, part: bytes) -> Reply:
    """Send `part` for ever, as fast as the client reads."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()

    return reply


@asynccontextmanager
async def resetting_listener() -> AsyncIterator[str]:
    """Yield the address of a listener that resets each connection without reading."""

    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tcp: socket.socket = writer.get_extra_info("socket")
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with _listening(reset) as address:
        yield address


@asynccontextmanager
async def talking_listener() -> AsyncIterator[str]:
    """Yield the address of a listener that sends a greeting and does not speak TLS."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    async with _listening(talk) as address:
        yield address


@asynccontextmanager
async def _listening(
    meet: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"{host}:{port}"
    finally:
        server.close()
