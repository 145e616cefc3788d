"""Pins the users, Slack and Weav to one core and the contestants to the others.

It is as if they ran on separate machines. On the same core, the receiver of an answer would wait
while the contestant goes on with other work: up to 1 ms on two cores, in some runs and not in
others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def on_the_servers_core() -> Iterator[None]:
    """Applies to this process, and to children that `on_the_others` does not move."""
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
    """Move a process and its later children; with only one core, it stays."""
    if not _can_choose():
        return
    process = psutil.Process(pid)
    process.cpu_affinity([])  # all cores that this system allows
    if others := set(process.cpu_affinity()) - set(psutil.Process().cpu_affinity()):
        process.cpu_affinity(sorted(others))


def _can_choose() -> bool:
    return hasattr(psutil.Process, "cpu_affinity")  # macOS does not have it
