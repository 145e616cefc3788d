"""The statements of bot/README.md about the code are true."""

import re

from bot.ledger import State
from bot.ledger.transitions import picture
from tests.documents.files import DEVELOPERS, ROOT, code_words, section, text_of

PATH = re.compile(r"(bot|handlers|tests)/[\w/.]*")


def test_the_picture_of_the_states_matches_the_table() -> None:
    assert section(DEVELOPERS, "states") == f"```mermaid\n{picture()}\n```"


def test_every_state_is_explained() -> None:
    text = text_of(DEVELOPERS)

    assert [state for state in State if f"\n| `{state}` |" not in text] == []


def test_every_file_that_it_names_exists() -> None:
    named = {word for word in code_words(DEVELOPERS) if PATH.fullmatch(word)}

    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_map_has_every_folder_and_every_module_next_to_them() -> None:
    folders = {f"bot/{each.parent.name}/" for each in ROOT.glob("bot/*/*.py")}
    files = {
        str(each.relative_to(ROOT))
        for each in [*ROOT.glob("bot/*.py"), *ROOT.glob("handlers/*.py")]
    }
    without = {"bot/__init__.py", "bot/__main__.py", "handlers/__init__.py"}

    assert (folders | files) - without - set(code_words(DEVELOPERS)) == set()
