"""The people, Slack and Weav on one core, the contestants on the others, as on machines of theirs.

On the same core, whoever an answer wakes waits behind the contestant that sent it, which goes on
with other work: up to 1 ms on two cores, and in one run and not in the next.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


def _split() -> tuple[list[int], list[int]] | None:
    """None: there is but one, or this system does not tell (psutil knows Linux and Windows)."""
    if not hasattr(psutil.Process, "cpu_affinity"):
        return None
    first, *others = sorted(_ALL)
    return ([first], others) if others else None


# What this process may use, before it limits itself.
_ALL = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}


@contextmanager
def on_the_houses_core() -> Iterator[None]:
    """For this process, and for those that it starts and that `on_the_others` does not move."""
    split = _split()
    if split is None:
        yield
        return
    process = psutil.Process()
    process.cpu_affinity(split[0])
    try:
        yield
    finally:
        process.cpu_affinity(sorted(_ALL))


def on_the_others(pid: int) -> None:
    """Move a process, and what it starts from then on."""
    if split := _split():
        psutil.Process(pid).cpu_affinity(split[1])
