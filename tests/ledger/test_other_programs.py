"""Other programs look into the SQLite file while the bot has it open, for a backup or a check."""

from __future__ import annotations

import shutil
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
# The locks of https://www.sqlite.org/walformat.html, 2.3, and a header that is to be made anew.
RECOVER = """
import fcntl, sys, time
index = open(sys.argv[1] + "-shm", "r+b", buffering=0)
fcntl.lockf(index, fcntl.LOCK_SH, 1, 128)
fcntl.lockf(index, fcntl.LOCK_EX, 3, 120)
index.write(bytes([1]) * 96)
print("recovering", flush=True)
time.sleep(0.5)
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


async def test_who_starts_while_another_process_recovers_the_file_waits_for_it(
    tmp_path: Path,
) -> None:
    place = SQLitePlace(tmp_path / "ledger.db")
    async with place.open() as ledger:
        await sending(ledger)
        # As a kill leaves it: the last to close it would take -wal and -shm away.
        shutil.copytree(tmp_path, tmp_path / "killed")
    killed = SQLitePlace(tmp_path / "killed" / "ledger.db")
    command = [sys.executable, "-c", RECOVER, str(killed.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as recovering:  # noqa: ASYNC220, S603
        assert recovering.stdout is not None
        assert recovering.stdout.readline() == b"recovering\n"

        async with killed.open() as ledger:
            assert len(await ledger.latest("T1", "U1")) == 1
