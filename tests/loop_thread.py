"""Runs an async context manager in a thread, for tests that have no event loop."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

T = TypeVar("T")


@contextmanager
def opened_in_thread(opening: AbstractAsyncContextManager[T]) -> Iterator[T]:
    loop = asyncio.new_event_loop()
    opened: list[T] = []
    ready, done = threading.Event(), asyncio.Event()

    async def run() -> None:
        try:
            async with opening as it:
                opened.append(it)
                ready.set()
                await done.wait()
        finally:
            ready.set()

    thread = threading.Thread(target=loop.run_until_complete, args=[run()])
    thread.start()
    ready.wait()
    try:
        yield opened[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()
