"""The result of one check, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SHOWN: Final = 4
# Four characters of a shorter secret would reveal too much of it.
_SHORTEST: Final = 12


class Level(StrEnum):
    """`NOTE`: nothing is broken, but the operator should know something."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is a sentence on what to do; empty if there is nothing to do."""

    point: str
    state: Level
    text: str
    mend: str = ""


def ok(point: str, text: str) -> Finding:
    return Finding(point, Level.OK, text)


def note(point: str, text: str, mend: str = "") -> Finding:
    return Finding(point, Level.NOTE, text, mend)


def failed(point: str, text: str, mend: str) -> Finding:
    return Finding(point, Level.FAILED, text, mend)


def unchecked(point: str, text: str) -> Finding:
    return Finding(point, Level.UNCHECKED, text)


def is_well(findings: Iterable[Finding]) -> bool:
    return all(finding.state is not Level.FAILED for finding in findings)


def masked(secret: str) -> str:
    """Return the end of a secret, enough to tell it from another one."""
    return f"…{secret[-_SHOWN:]}" if len(secret) >= _SHORTEST else "…"
