"""Links in the documents resolve, and lists in them are complete."""

from pathlib import Path

import pytest

from bot.settings import Settings
from tests.documents.files import (
    DEVELOPERS,
    DOCUMENTS,
    OPERATORS,
    ROOT,
    TESTERS,
    USERS,
    anchors,
    code_words,
    links,
    text_of,
)

MOST_LINES = 150
each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


@each_document
def test_every_link_leads_to_a_file(document: Path) -> None:
    paths = {path for path, _ in links(document) if path}

    assert paths
    assert [path for path in sorted(paths) if not (document.parent / path).exists()] == []


@each_document
def test_every_anchor_is_a_heading_in_its_document(document: Path) -> None:
    named = [
        (document.parent / path if path else document, anchor) for path, anchor in links(document)
    ]

    assert [each for each in named if each[1] and each[1] not in anchors(each[0])] == []


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached = {(USERS.parent / path).resolve() for path, _ in links(USERS)}

    assert set(DOCUMENTS) - {USERS} <= reached


def test_the_readme_is_short() -> None:
    assert len(text_of(USERS).splitlines()) <= MOST_LINES


def test_the_operators_table_has_every_setting() -> None:
    variables = {name.upper() for name in Settings.model_fields}

    assert variables - set(code_words(OPERATORS)) == set()


def test_the_table_of_tests_has_every_folder() -> None:
    folders = {each.parent.name for each in TESTERS.parent.glob("*/*.py")}

    assert folders - set(code_words(TESTERS)) == set()


def test_the_glossary_is_in_alphabetical_order() -> None:
    _, _, glossary = text_of(DEVELOPERS).partition("## Glossary\n")
    words = [line.split("|")[1].strip() for line in glossary.splitlines() if line.startswith("| ")]

    assert words[1:] == sorted(words[1:])
