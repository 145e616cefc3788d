"""No pattern takes more than a time in proportion to the text, whatever that is.

Looked at here, since no tool fits: regexploit 1.0.0 finds none of the quadratic patterns that the
bot had, and RE2 knows no look-arounds, on which most of ours rest.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import re._compiler as compiler  # type: ignore[import-not-found]
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from typing import TYPE_CHECKING, Any, Final

import pytest

import bot
import handlers
from tests.bounded.test_text_functions import LIMIT, seconds
from tests.bounded.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = tuple[Any, Any]
Way = list[Item]

PROBES: Final = [chr(code) for code in range(128)] + list("é²😀\u0301\u00a0")
REPEATS: Final = {sre.MAX_REPEAT, sre.MIN_REPEAT}
ASSERTIONS: Final = {sre.AT, sre.ASSERT, sre.ASSERT_NOT}
# Where more than the pattern is needed to see it.
KNOWN: Final = {
    "handlers.command_text._WORD": (
        "is matched at the place where the last one ended, and never searched"
    ),
    "bot.slack.text._PIECES": "a fence that opens is closed by the next, all but the last",
}


def patterns() -> dict[str, re.Pattern[str]]:
    """All that stand in a module, also in a list."""
    found: dict[str, re.Pattern[str]] = {}
    for package in (bot, handlers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("bot.sandbox"):
                for name, value in vars(importlib.import_module(module.name)).items():
                    several = value if isinstance(value, list | tuple) else [value]
                    found |= {
                        f"{module.name}.{name}" + (f"[{number}]" if number else ""): each
                        for number, each in enumerate(several)
                        if isinstance(each, re.Pattern)
                    }
    return found


PATTERNS: Final = patterns()
NEVER_SEARCHED: Final = {"handlers.command_text._WORD", "bot.weav.directory._EMAIL"}


def ways(tree: Any) -> list[Way]:  # noqa: ANN401 - of a private module
    """Take a pattern apart into all sequences that it may match, what is bounded once."""
    found: list[Way] = [[]]
    for op, value in tree:
        if op is sre.SUBPATTERN:
            inside = ways(value[3])
        elif op is sre.BRANCH:
            inside = [way for each in value[1] for way in ways(each)]
        elif op is sre.GROUPREF_EXISTS:
            inside = [way for each in value[1:] for way in ways(each or [])]
        elif op in REPEATS and value[1] is not sre.MAXREPEAT:
            inside = ways(value[2]) + ([[]] if value[0] == 0 else [])
        else:
            inside = [[(op, value)]]
        found = [before + after for before in found for after in inside]
    return found


def is_endless(item: Item) -> bool:
    return item[0] in REPEATS and item[1][1] is sre.MAXREPEAT


def taken(item: Item, pattern: re.Pattern[str]) -> set[str]:
    """The characters that may stand anywhere in what it matches."""
    if item[0] in REPEATS:
        return {c for way in ways(item[1][2]) for each in way for c in taken(each, pattern)}
    if item[0] in ASSERTIONS:
        return set()
    state = parser.State()
    state.str, state.flags = "", pattern.flags
    compiled = compiler.compile(parser.SubPattern(state, [item]), pattern.flags)
    return {each for each in PROBES if compiled.fullmatch(each)}


def beginnings(way: Way, pattern: re.Pattern[str]) -> set[str]:
    found: set[str] = set()
    for item in way:
        found |= taken(item, pattern)
        if item[0] not in ASSERTIONS and not (item[0] in REPEATS and item[1][0] == 0):
            break
    return found


def faults(pattern: re.Pattern[str]) -> Iterator[str]:
    """Say where it repeats repeats, or runs far from each of many beginnings and may then fail."""
    for way in ways(parser.parse(pattern.pattern, pattern.flags)):
        anchored = bool(way) and way[0] == (sre.AT, sre.AT_BEGINNING)
        for number, item in enumerate(way):
            if not is_endless(item):
                continue
            if any(is_endless(each) for inner in ways(item[1][2]) for each in inner):
                yield f"nested: {item}"
            begins = {"\n"} if anchored else beginnings(way, pattern)
            if number + 1 < len(way) and taken(item, pattern) & begins:
                yield f"begins anywhere: {item}"


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_is_linear(name: str) -> None:
    assert name in KNOWN or list(faults(PATTERNS[name])) == []


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        (r"(?:(?P<noun>[a-z]+)[/=])?(?<![0-9a-z-])[0-9a-f]{8}", re.IGNORECASE),
        (r"(?:(?P<noun>\w+)[/=])?(?<![0-9a-z-])[0-9a-f]{8}", re.IGNORECASE),
        (r"[\w.!#$%&'*+/=?^`{|}~-]+@[^\W_]", 0),
        (r"x@[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+", 0),
        (r"^(\s*)((?:>\s*)+)", re.MULTILINE),
        (r"^(\s*)>", re.MULTILINE),
        (r"<https?://[^|>]*\|([^>]*)>", 0),
        (r"(a+)+b", 0),
    ],
)
def test_a_pattern_that_is_not_is_found(pattern: str, flags: int) -> None:
    assert list(faults(re.compile(pattern, flags)))


@pytest.mark.parametrize("name", PATTERNS)
def test_no_text_keeps_a_pattern_busy(name: str) -> None:
    def read(text: str) -> None:
        PATTERNS[name].match(text)
        PATTERNS[name].fullmatch(text)
        if name not in NEVER_SEARCHED:
            PATTERNS[name].sub("", text)

    took = {each: seconds(lambda text=text: read(text)) for each, text in TEXTS.items()}  # type: ignore[misc]

    assert {each: best for each, best in took.items() if best >= LIMIT} == {}
