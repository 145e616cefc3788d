"""Reads the documents, and their links and anchors."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
USERS: Final = ROOT / "README.md"
DEVELOPERS: Final = ROOT / "bot" / "README.md"
OPERATORS: Final = ROOT / "bot" / "operations" / "README.md"
TESTERS: Final = ROOT / "tests" / "README.md"
ON_GITHUB: Final = tuple(sorted((ROOT / ".github").glob("*.md")))
DOCUMENTS: Final = (USERS, DEVELOPERS, OPERATORS, TESTERS, *ON_GITHUB)

_FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_OTHER_THAN_WORDS: Final = re.compile(r"[^\w\- ]")


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def links(document: Path) -> list[tuple[str, str]]:
    """Path and anchor (either may be empty) of each link, except links to other sites."""
    found = _LINK.findall(_CODE.sub(r"\1", _without_fences(document)))
    parts = [link.partition("#") for link in found if "://" not in link]
    return [(path, anchor) for path, _, anchor in parts]


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub makes from headings of plain words."""
    headings = _HEADING.findall(_without_fences(document))
    return {_OTHER_THAN_WORDS.sub("", each.lower()).replace(" ", "-") for each in headings}


def code_words(document: Path) -> Iterator[str]:
    yield from _CODE.findall(_without_fences(document))


def section(document: Path, marker: str) -> str:
    """Return the text between `<!-- marker -->` and `<!-- /marker -->`."""
    _, _, after = text_of(document).partition(f"<!-- {marker} -->\n")
    inside, end, _ = after.partition(f"<!-- /{marker} -->")
    assert end, f"{document} has no section {marker}"
    return inside.strip()


def _without_fences(document: Path) -> str:
    return _FENCED.sub("", text_of(document))
