"""Iterates over long lists without blocking the event loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

_LONGEST: Final = 0.005  # seconds at a time


async def in_slices(several: Iterable[T]) -> AsyncIterator[T]:
    """Yield each item, and let other tasks run every 5 ms."""
    began = time.perf_counter()
    for each in several:
        yield each
        if time.perf_counter() - began > _LONGEST:
            await asyncio.sleep(0)
            began = time.perf_counter()
