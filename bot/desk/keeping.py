"""What is remembered in memory, and how much of it."""

from typing import TypeVar

Key = TypeVar("Key")
Kept = TypeVar("Kept")


def keep(kept: dict[Key, Kept], key: Key, value: Kept, most: int) -> None:
    """Remember it as the latest of `most`; the oldest goes."""
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]
