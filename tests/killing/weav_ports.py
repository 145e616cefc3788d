"""The ports where one Weav can be reached, which tests close and open again."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot.sandbox.serving import serve
from tests.process import free_port

if TYPE_CHECKING:
    from bot.sandbox.weav import WeavSandbox


class WeavPorts:
    """One port per replica, all served by the same Weav."""

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
        """Refuse connections, as if nothing ran there."""
        await self._open.aclose()
