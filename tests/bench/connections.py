"""The bench's HTTP/1.1 client: kept-alive connections, as cheap as the stage.

A general-purpose client takes most of a millisecond per request here, which would count as the
contestant's time: so this uses https://docs.python.org/3/library/asyncio-protocol.html.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

# Seconds; shorter than any server's timeout, so no server closes a connection that is just reused.
_KEPT: Final = 1.0

Answer = tuple[int, bytes]


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.reusable = True
        self.idle_since = 0.0
        self._answer: asyncio.Future[Answer] | None = None
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have asyncio's methods, but not its base class.
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


class Connections:
    """Connections to one server, as many as there are concurrent requests."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 80
        self._idle: list[_Connection] = []

    def close(self) -> None:
        for connection in self._idle:
            connection.close()

    async def get(self, path: str) -> bytes:
        _, said = await self._ask(b"GET", path, {}, b"")
        return said

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raise OSError if nobody listens, or the server hangs up."""
        return await self._ask(b"POST", path, headers, body)

    async def _ask(
        self, method: bytes, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        own = {"host": f"{self._host}:{self._port}", "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in (own | dict(headers)).items())
        request = b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, path.encode(), head.encode(), body)
        connection = self._kept() or await self._new()
        try:
            answer = await connection.ask(request)
        except BaseException:
            connection.close()  # late bytes would count as the next answer
            raise
        if connection.reusable:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _kept(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and time.monotonic() - connection.idle_since < _KEPT:
                return connection
            connection.close()
        return None

    async def _new(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return connection
