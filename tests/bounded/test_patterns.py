"""Every regular expression runs in time linear in the text, whatever the text is.

No existing tool fits: regexploit 1.0.0 finds none of the quadratic patterns that the bot once had,
and RE2 has no look-around, which most of our patterns use.
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
Sequence = list[Item]

PROBES: Final = [chr(code) for code in range(128)] + list("é²😀\u0301\u00a0")
REPEATS: Final = {sre.MAX_REPEAT, sre.MIN_REPEAT}
ASSERTIONS: Final = {sre.AT, sre.ASSERT, sre.ASSERT_NOT}
# Texts that show it only for particular patterns.
KNOWN: Final = {
    "handlers.command_text._WORD": (
        "is matched at the place where the last one ended, and never searched"
    ),
    "bot.slack.text._PIECES": "a fence that opens is closed by the next, all but the last",
}


def patterns() -> dict[str, re.Pattern[str]]:
    """All patterns in a module, also those in a list."""
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


def sequences(tree: Any) -> list[Sequence]:  # noqa: ANN401 - of a private module
    """Expand a pattern into all sequences that it may match; a bounded repeat counts once."""
    found: list[Sequence] = [[]]
    for op, value in tree:
        if op is sre.SUBPATTERN:
            inside = sequences(value[3])
        elif op is sre.BRANCH:
            inside = [sequence for each in value[1] for sequence in sequences(each)]
        elif op is sre.GROUPREF_EXISTS:
            inside = [sequence for each in value[1:] for sequence in sequences(each or [])]
        elif op in REPEATS and value[1] is not sre.MAXREPEAT:
            inside = sequences(value[2]) + ([[]] if value[0] == 0 else [])
        else:
            inside = [[(op, value)]]
        found = [before + after for before in found for after in inside]
    return found


def is_endless(item: Item) -> bool:
    return item[0] in REPEATS and item[1][1] is sre.MAXREPEAT


def characters(item: Item, pattern: re.Pattern[str]) -> set[str]:
    """The characters that may occur anywhere in a match."""
    if item[0] in REPEATS:
        return {
            c
            for sequence in sequences(item[1][2])
            for each in sequence
            for c in characters(each, pattern)
        }
    if item[0] in ASSERTIONS:
        return set()
    state = parser.State()
    state.str, state.flags = "", pattern.flags
    compiled = compiler.compile(parser.SubPattern(state, [item]), pattern.flags)
    return {each for each in PROBES if compiled.fullmatch(each)}


def beginnings(sequence: Sequence, pattern: re.Pattern[str]) -> set[str]:
    found: set[str] = set()
    for item in sequence:
        found |= characters(item, pattern)
        if item[0] not in ASSERTIONS and not (item[0] in REPEATS and item[1][0] == 0):
            break
    return found


def faults(pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield where it nests repeats, or scans far from each of many starts and may then fail."""
    for sequence in sequences(parser.parse(pattern.pattern, pattern.flags)):
        anchored = bool(sequence) and sequence[0] == (sre.AT, sre.AT_BEGINNING)
        for number, item in enumerate(sequence):
            if not is_endless(item):
                continue
            if any(is_endless(each) for inner in sequences(item[1][2]) for each in inner):
                yield f"nested: {item}"
            begins = {"\n"} if anchored else beginnings(sequence, pattern)
            if number + 1 < len(sequence) and characters(item, pattern) & begins:
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
def test_a_pattern_that_is_not_linear_is_found(pattern: str, flags: int) -> None:
    assert list(faults(re.compile(pattern, flags)))


@pytest.mark.parametrize("name", PATTERNS)
def test_no_random_text_keeps_a_pattern_busy(name: str) -> None:
    def read(text: str) -> None:
        PATTERNS[name].match(text)
        PATTERNS[name].fullmatch(text)
        if name not in NEVER_SEARCHED:
            PATTERNS[name].sub("", text)

    took = {each: seconds(lambda text=text: read(text)) for each, text in TEXTS.items()}  # type: ignore[misc]

    assert {each: best for each, best in took.items() if best >= LIMIT} == {}
