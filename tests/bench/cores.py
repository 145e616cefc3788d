"""The people, Slack and Weav on one core, the contestants on the others, as on machines of theirs.

On the same core, whoever an answer wakes waits behind the contestant that sent it, which goes on
with other work: up to 1 ms on two cores, and in one run and not in the next.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def on_the_houses_core() -> Iterator[None]:
    """For this process, and for those that it starts and that `on_the_others` does not move."""
    if not _can_choose():
        yield
        return
    process = psutil.Process()
    before = process.cpu_affinity()
    process.cpu_affinity([min(before)])
    try:
        yield
    finally:
        process.cpu_affinity(before)


def on_the_others(pid: int) -> None:
    """Move a process, and what it starts from then on; where there is but one core it stays."""
    if not _can_choose():
        return
    process = psutil.Process(pid)
    process.cpu_affinity([])  # all that this system lets it have
    if others := set(process.cpu_affinity()) - set(psutil.Process().cpu_affinity()):
        process.cpu_affinity(sorted(others))


def _can_choose() -> bool:
    return hasattr(psutil.Process, "cpu_affinity")  # macOS has no such thing
