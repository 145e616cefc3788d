"""What sends the bench's requests: HTTP/1.1 over kept connections, as cheap as the stage is.

A client made for everything takes most of a millisecond here for each request, which would count as
the contestant's: https://docs.python.org/3/library/asyncio-protocol.html instead.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

# Seconds; shorter than any server's, so that none closes a connection that is just used again.
_KEPT: Final = 1.0

Answer = tuple[int, bytes]


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.reusable = True
        self.idle_since = 0.0
        self._answer: asyncio.Future[Answer] | None = None
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by what they do alone.
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, request: bytes) -> Answer:
        self._parser = httptools.HttpResponseParser(self)
        self._body.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.reusable = self._parser.should_keep_alive()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), bytes(self._body)))

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"hung up: {exc}"))


class Lines:
    """To one server: as many as there are requests at once."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 80
        self._idle: list[_Line] = []

    def close(self) -> None:
        for line in self._idle:
            line.close()

    async def get(self, path: str) -> bytes:
        _, said = await self._ask(b"GET", path, {}, b"")
        return said

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raise OSError when nobody is there, or hangs up."""
        return await self._ask(b"POST", path, headers, body)

    async def _ask(
        self, method: bytes, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        own = {"host": f"{self._host}:{self._port}", "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in (own | dict(headers)).items())
        request = b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, path.encode(), head.encode(), body)
        line = self._kept() or await self._new()
        try:
            answer = await line.ask(request)
        except BaseException:
            line.close()  # what still comes over it would be taken for the next answer
            raise
        if line.reusable:
            line.idle_since = time.monotonic()
            self._idle.append(line)
        else:
            line.close()
        return answer

    def _kept(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.reusable and time.monotonic() - line.idle_since < _KEPT:
                return line
            line.close()
        return None

    async def _new(self) -> _Line:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, self._host, self._port)
        return line
