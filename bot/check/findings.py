"""One point that was looked at, and what is to be done about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SHOWN: Final = 4
# Of a shorter one, four characters would be too much of it.
_SHORTEST: Final = 12


class Level(StrEnum):
    """`NOTE`: nothing is broken, and there is something to know."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is a sentence on what to do, empty where nothing is to be done."""

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
    """Show enough of a secret to tell it from another one."""
    return f"…{secret[-_SHOWN:]}" if len(secret) >= _SHORTEST else "…"
