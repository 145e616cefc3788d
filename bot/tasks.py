"""Background tasks that outlive the request that started them; shutdown waits for them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bot.logs import get_logger, reference

log = get_logger("weav_slack.tasks")
T = TypeVar("T")


class Tasks:
    def __init__(self, failed: Callable[[], None] = lambda: None) -> None:
        """`failed` is called for each task that ends with an exception."""
        self._failed = failed
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def repeat(self, step: Callable[[], Awaitable[None]], every: float) -> None:
        """Run `step` every so many seconds until cancelled, even after one that raised."""
        while True:
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - any error is logged
                self.failed(getattr(step, "__name__", "step"), error)
            await asyncio.sleep(every)

    def failed(self, name: str, error: BaseException) -> None:
        """Log an unexpected error with a reference, and count it."""
        log.error("task_failed", task=name, reference=reference(), exc_info=error)
        self._failed()

    async def drain(self, seconds: float) -> int:
        """Wait for all tasks, including new ones; after `seconds` cancel and count the rest."""
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
            # The loop calls this in the task's context, so the reference is the user's.
            self.failed(task.get_name(), error)
