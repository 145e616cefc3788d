"""Whether a process has the ledger's file as its own, until it ends: the kernel says so.

The lock goes with the process, however that ends: https://man7.org/linux/man-pages/man2/flock.2.html.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(database: Path) -> Iterator[str]:
    """Hold the file's lock and give its name; empty: another process has it, or there can be none.

    The lock is a file beside the database, at its real place whatever links lead there, and is
    never removed. Its inode is its name: should somebody remove it all the same, the next one has
    another name, since no inode is given away while a process has it open.
    """
    descriptor = _lock(f"{os.path.realpath(database)}-lock")
    if descriptor is None:
        yield ""
        return
    try:
        yield f"{os.fstat(descriptor).st_ino:x}"
    finally:
        os.close(descriptor)


def _lock(path: str) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:  # a folder that cannot be written, which the database will complain about
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
