"""Work that outlives the request that began it, kept so that shutdown can wait for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bot.logs import get_logger, reference

log = get_logger("weav_slack.tasks")
T = TypeVar("T")


class Tasks:
    def __init__(self, failed: Callable[[], None] = lambda: None) -> None:
        """`failed` is called for each that ends with an exception."""
        self._failed = failed
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def drain(self, seconds: float) -> int:
        """Wait for what runs and what it starts; cancel the rest after `seconds`, and count it."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._running:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            await asyncio.wait(self._running, timeout=left)
        unfinished = list(self._running)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        return len(unfinished)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # The loop calls this in the context of the task, so the reference is the user's.
            log.error("task_failed", task=task.get_name(), reference=reference(), exc_info=error)
            self._failed()
