"""Other programs read the SQLite file while the bot has it open, for a backup or a check."""

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
# Takes the locks of https://www.sqlite.org/walformat.html, 2.3, and breaks the header of the index.
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
    # In another process, because SQLite's locks do not tell connections of one process apart.
    command = [sys.executable, "-c", LOOK, str(path)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)  # noqa: S603


async def test_writes_after_another_programs_look_are_kept(tmp_path: Path) -> None:
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
async def test_opening_the_file_again_in_the_same_process_keeps_its_locks(
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


async def test_a_start_waits_while_another_process_recovers_the_file(
    tmp_path: Path,
) -> None:
    place = SQLitePlace(tmp_path / "ledger.db")
    async with place.open() as ledger:
        await sending(ledger)
        # Copy the files as a kill leaves them: closing the last connection removes -wal and -shm.
        shutil.copytree(tmp_path, tmp_path / "killed")
    killed = SQLitePlace(tmp_path / "killed" / "ledger.db")
    command = [sys.executable, "-c", RECOVER, str(killed.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as recovering:  # noqa: ASYNC220, S603
        assert recovering.stdout is not None
        assert recovering.stdout.readline() == b"recovering\n"

        async with killed.open() as ledger:
            assert len(await ledger.latest("T1", "U1")) == 1
