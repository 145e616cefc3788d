"""Other programs look into the SQLite file while the bot has it open, for a backup or a check."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.ledger import inspect
from tests.ledger.places import SQLitePlace
from tests.ledger.test_ways import sending

if TYPE_CHECKING:
    from pathlib import Path

LOOK = """
import sqlite3, sys
looking = sqlite3.connect(sys.argv[1])
print(looking.execute("SELECT COUNT(*) FROM submissions").fetchone()[0])
looking.close()
"""


def rows_for_another_program(path: Path) -> int:
    # Of another process: SQLite's locks do not tell connections of the same process apart.
    command = [sys.executable, "-c", LOOK, str(path)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)  # noqa: S603


async def test_what_is_written_after_another_program_has_looked_is_there(tmp_path: Path) -> None:
    place = SQLitePlace(tmp_path / "ledger.db")
    async with place.open() as ledger:
        await sending(ledger, "V0")
    async with place.open() as ledger:
        await sending(ledger, "V1")
        assert rows_for_another_program(place.path) == 2
        await sending(ledger, "V2")

        assert rows_for_another_program(place.path) == 3
    assert rows_for_another_program(place.path) == 3


@pytest.mark.parametrize("again", ["a second ledger", "a check"])
async def test_opening_it_once_more_in_the_same_process_takes_nobody_its_locks(
    tmp_path: Path, again: str
) -> None:
    place = SQLitePlace(tmp_path / "ledger.db")
    async with place.open() as ledger:
        await sending(ledger, "V1")
        if again == "a check":
            await inspect(place.url)
        else:
            async with place.open():
                pass
        rows_for_another_program(place.path)
        await sending(ledger, "V2")

        assert rows_for_another_program(place.path) == 2
