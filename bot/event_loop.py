"""Measures how late the event loop runs, and logs which code was running when it stalled.

A tick on the loop measures how long a callback waits for its turn. When ticks stay away, a thread
looks at the running code, which is unknown once the stall is over.
"""

import asyncio
import gc
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from bot.logs import get_logger, place_of, reference_in

log = get_logger("weav_slack.event_loop")

# Seconds. A stall is measured up to one tick too short.
TICK: Final = 0.01
STALLED: Final = 0.1
# By then Slack has given up. A loop that never continues could not log its own stall.
STUCK: Final = 3.0
# Stack frames in the log, the innermost first: enough to reach the bot's own code.
_DEEPEST: Final = 16
# For the thread to end, which may hang while it writes to the log.
_JOIN_TIMEOUT: Final = 1.0


@dataclass(eq=False, repr=False)
class EventLoopWatch:
    """`observe` gets each tick's lag; one of `stalled` seconds or more is logged afterwards.

    A stall of `stuck` seconds is logged while it lasts.
    """

    _observe: Callable[[float], None]
    _stalled: float = STALLED
    _stuck: float = STUCK
    _ticked: float = field(default=0.0, init=False)
    # What the thread found running since the last tick.
    _running: dict[str, str] = field(default_factory=dict, init=False)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the running event loop."""
        loop, over = asyncio.get_running_loop(), threading.Event()
        self._ticked = perf_counter()
        # One context for all ticks; by default each call copies the current one.
        self._tick_again(loop, Context())
        looking = threading.Thread(
            target=self._monitor,
            args=(loop, threading.get_ident(), over),
            name="event-loop-watch",
            daemon=True,
        )
        looking.start()
        try:
            yield
        finally:
            self._next_tick.cancel()
            over.set()
            looking.join(_JOIN_TIMEOUT)

    def _tick_again(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._next_tick = loop.call_later(TICK, self._tick, loop, context, context=context)

    def _tick(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        now = perf_counter()
        lag = max(0.0, now - self._ticked - TICK)
        running, self._running = self._running, {}
        self._ticked = now
        self._observe(lag)
        if lag >= self._stalled:
            log.warning("event_loop_stalled", seconds=round(lag, 3), **running)
        self._tick_again(loop, context)

    def _monitor(self, loop: asyncio.AbstractEventLoop, thread: int, over: threading.Event) -> None:
        """Look once at each stall, before it is long enough to be logged."""
        look_after = TICK + self._stalled / 2
        seen, told, wait = 0.0, 0.0, look_after
        while not over.wait(wait):
            ticked = self._ticked
            age = perf_counter() - ticked
            wait = look_after
            if age < look_after:
                wait -= age
            elif seen != ticked:
                seen, running = ticked, _running(loop, thread)
                if self._ticked == ticked:
                    self._running = running
            elif age >= self._stuck and told != ticked:
                told = ticked
                log.error("event_loop_stands", seconds=round(age, 3), **_running(loop, thread))


def _running(loop: asyncio.AbstractEventLoop, thread: int) -> dict[str, str]:
    """Return log fields: the running task, its reference, and its place in the code."""
    found: dict[str, str] = {}
    if (task := asyncio.current_task(loop)) is not None:
        found["task"] = task.get_name()
        if (context := _context_of(task)) and (reference := reference_in(context)):
            found["reference"] = reference
    # https://docs.python.org/3/library/sys.html#sys._current_frames
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - documented for this purpose
    calls = list(traceback.walk_stack(frame))[:_DEEPEST] if frame is not None else []
    found["at"] = " < ".join(place_of(each, number) for each, number in calls)
    return found


def _context_of(task: "asyncio.Task[object]") -> Context | None:
    if sys.version_info >= (3, 12):
        return task.get_context()
    # Python 3.11 has no such method, but a task refers to its context.
    held = gc.get_referents(task)
    return next((each for each in held if isinstance(each, Context)), None)
