"""A TCP tunnel to the tests' PostgreSQL that can go silent in one or both directions."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Tunnel:
    def __init__(self, address: str) -> None:
        """`address` is a URL from tests/postgres.py, with a Unix socket."""
        there = urlsplit(address)
        [folder] = parse_qs(there.query)["host"]
        self._socket = f"{folder}/.s.PGSQL.5432"
        self._database = there.path
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._answers = asyncio.Event()
        self._answers.set()
        self._passing: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}{self._database}?sslmode=disable"

    def go_silent(self) -> None:
        """Accept connections and data from now on, but pass nothing on."""
        self._is_open.clear()

    def hold_back_answers(self) -> None:
        """Pass requests on from now on, but hold back the answers."""
        self._answers.clear()

    def pass_on(self) -> None:
        self._is_open.set()
        self._answers.set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Tunnel]:
        server = await asyncio.start_server(self._accept, "127.0.0.1")
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for passing in self._passing:
                passing.cancel()
            await asyncio.gather(*self._passing, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._passing.add(asyncio.create_task(self._pass(reader, writer)))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._is_open.wait()
        there, back = await asyncio.open_unix_connection(self._socket)
        await asyncio.gather(
            self._pump(reader, back, self._is_open), self._pump(there, writer, self._answers)
        )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event
    ) -> None:
        try:
            while piece := await reader.read(65536):
                await self._is_open.wait()
                await gate.wait()
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def tunnel(address: str) -> AsyncIterator[Tunnel]:
    async with Tunnel(address).serving() as opened:
        yield opened
