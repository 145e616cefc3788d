"""A server that sends raw bytes, for answers that no HTTP server would send."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

# The errors when the other end is gone; the last is uvloop's, for a write.
GONE = (OSError, asyncio.IncompleteReadError, RuntimeError)

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """Counts connections and whole requests; `url` is its base address."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    first_request: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def raw_server(
    *replies: Reply, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawServer]:
    """Answer each request with the next of `replies`; the last one repeats."""
    served = RawServer(url="")
    open_writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        open_writers.add(writer)
        tasks.add(asyncio.current_task())
        with suppress(*GONE):
            while not writer.is_closing():
                served.requests.append(await _request(reader))
                served.first_request.set()
                await replies[min(len(served.requests), len(replies)) - 1](writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()[:2]
    served.url = f"{'https' if tls else 'http'}://{host}:{port}"
    try:
        yield served
    finally:
        server.close()
        for writer in open_writers:
            writer.transport.abort()
        await asyncio.gather(*filter(None, tasks))


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.splitlines()
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    return head + await reader.readexactly(length)


def sends(*parts: bytes, close: bool = True) -> Reply:
    async def reply(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if close:
            writer.close()

    return reply


def drips(head: bytes, part: bytes, every: float) -> Reply:
    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(every)

    return reply


def resets(*parts: bytes) -> Reply:
    """Send the parts, then a TCP reset."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        tcp: socket.socket = writer.get_extra_info("socket")
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return reply


async def hangs(writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()
