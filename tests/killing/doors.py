"""Where a Weav is reached, for as long as it answers at all."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot.sandbox.serving import serve
from tests.process import free_port

if TYPE_CHECKING:
    from bot.sandbox.weav import WeavSandbox


class Doors:
    """The addresses of one Weav, a port for each replica, to be closed and opened again."""

    def __init__(self, weav: WeavSandbox, count: int) -> None:
        self._weav = weav
        self._ports = [free_port() for _ in range(count)]
        self._open = AsyncExitStack()

    @property
    def hosts(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self._ports]

    async def open(self) -> None:
        for port in self._ports:
            await self._open.enter_async_context(serve(self._weav, port))

    async def close(self) -> None:
        """Refuse connections, as when nothing runs there."""
        await self._open.aclose()
