"""A lock that one process holds on the ledger's file for as long as it lives.

The kernel releases it however the process ends: https://man7.org/linux/man-pages/man2/flock.2.html.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(database: Path) -> Iterator[str]:
    """Hold the lock and yield its name; empty: another process has it, or it cannot be made.

    The lock is a file beside the database, with symbolic links resolved, and the bot never removes
    it. Its name is the inode number: if somebody removes the file, the next one gets another name,
    because an inode is not reused while a process has it open.
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
    except OSError:  # for example a read-only folder: opening the database reports that
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
