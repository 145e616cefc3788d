"""`weav-slack run` that logs shorter stalls, and stalls on request: `0.05 sleep`.

It imports nothing that the real one does not import, because tests look at imports at first use.
"""

import logging
import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

from bot.app import Pace
from bot.logs import configure
from bot.server import run, runner
from bot.settings import read_settings

SECONDS: Final = 0.25


def sleep() -> None:
    time.sleep(SECONDS)


def compute() -> None:
    """Run one call in C, like a pattern search, so that no other thread can run."""
    over = time.monotonic() + SECONDS
    next(filter(over.__le__, iter(time.monotonic, None)))


STALLS: Final = {"sleep": sleep, "compute": compute}


class Stalling:
    """Stalls the bot while it writes, like a terminal that nobody scrolls."""

    def __init__(self, stream: TextIO, stall: Callable[[], None]) -> None:
        self._stall = stall
        self._stream = stream
        self.flush = stream.flush

    def write(self, line: str) -> None:
        if "weav_answered" in line:  # logged in a submission's task
            self._stall()
        self._stream.write(line)


def main(stalled: str, stall: str = "") -> None:
    configure("INFO", "json")
    if stall:
        [handler] = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(Stalling(handler.stream, STALLS[stall]))
    pace = Pace(stalled=float(stalled), looks=(0.1, 0.2, 0.4))
    with runner() as loop:
        loop.run(run(read_settings(), pace))


if __name__ == "__main__":
    main(*sys.argv[1:])
