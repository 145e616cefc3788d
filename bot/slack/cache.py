"""A cache of lookups: one request a key at a time, and callers say how long they wait."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.logs import get_logger
from bot.slack.api import Done, ask
from bot.tasks import Tasks

log = get_logger("weav_slack.cache")
T = TypeVar("T")
_MAX_ENTRIES: Final = 10_000
_RETRY_AFTER: Final = 5.0  # seconds after a failed lookup
_UNKNOWN: Final = (None, 0.0)


@dataclass(eq=False, repr=False)
class LookupCache(Generic[T]):
    """`ask` returns None on failure; the old value then stays.

    `keep`: seconds that a value is fresh. A value in `never_fresh` is never fresh.
    """

    _tasks: Tasks
    _ask: Callable[[str], Awaitable[T | None]]
    _keep: float
    _never_fresh: Collection[T] = ()
    # The value of each key, and until when it is fresh.
    _entries: dict[str, tuple[T | None, float]] = field(default_factory=dict, init=False)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)

    def known(self, key: str) -> T | None:
        return self._entries.get(key, _UNKNOWN)[0]

    def start(self, key: str) -> asyncio.Task[None] | None:
        """Look it up in the background; None: the value is fresh."""
        if self._entries.get(key, _UNKNOWN)[1] > asyncio.get_running_loop().time():
            return None
        if key not in self._running:
            task = self._tasks.spawn(self._look_up(key), name="look_up")
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        return self._running[key]

    async def find(self, key: str, within: float) -> T | None:
        """Return the value known after at most `within` seconds; the lookup itself goes on."""
        if task := self.start(key):
            await asyncio.wait({task}, timeout=within)
        return self.known(key)

    async def _look_up(self, key: str) -> None:
        found = await self._ask(key)
        if found is None:
            found, fresh_for = self.known(key), _RETRY_AFTER
        else:
            fresh_for = 0.0 if found in self._never_fresh else self._keep
        fresh_until = asyncio.get_running_loop().time() + fresh_for
        put_bounded(self._entries, key, (found, fresh_until), _MAX_ENTRIES)


async def look_up(
    call: Awaitable[AsyncSlackResponse],
    read: Callable[[Mapping[str, Any]], T | None],
    *,
    refusals: Mapping[str, T],
) -> T | None:
    """Call Slack once; None: no answer. `refusals`: values for error codes that are an answer."""
    answered = await ask(call)
    if isinstance(answered, Done):
        return read(answered.answer)
    log.info("not_looked_up", code=answered.code)
    return refusals.get(answered.code)


Key = TypeVar("Key")
Kept = TypeVar("Kept")


def put_bounded(kept: dict[Key, Kept], key: Key, value: Kept, most: int) -> None:
    """Store a value as the latest of at most `most`, and drop the oldest."""
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]
