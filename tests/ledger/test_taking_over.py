"""A new process takes over a dead one's rows at once, if the kernel's lock proves the death."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.ledger.places import LEASE, PostgresPlace, SQLitePlace
from tests.ledger.test_ways import sending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.ledger import Ledger

# Runs in its own process: it writes one row, prints that, and lives until it is killed.
HOLD = """
import asyncio, sys
from bot.ledger import Ledger, NewEntry

async def hold():
    async with Ledger.open(sys.argv[1]) as ledger:
        await ledger.receive(NewEntry("T1", "U1", sys.argv[2], {}, {}), sending=True)
        print("written", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


@contextmanager
def process_with_row(place: SQLitePlace, view_id: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that has written the row; the end of the block kills it."""
    command = [sys.executable, "-c", HOLD, place.url, view_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        try:
            yield process
        finally:
            process.kill()


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


async def view_ids_taken(place: SQLitePlace, ledger: Ledger) -> list[str]:
    await place.pass_time(0.001)
    return [row.view_id for row in await ledger.take(10)]


@pytest.fixture
def place(tmp_path: Path) -> SQLitePlace:
    return SQLitePlace(tmp_path / "ledger.db")


async def test_the_next_process_takes_over_from_a_killed_one_at_once(
    place: SQLitePlace,
) -> None:
    with process_with_row(place, "V1") as process:
        kill(process)
        async with place.open() as ledger:
            assert await ledger.take_over() == 1
            assert await view_ids_taken(place, ledger) == ["V1"]


async def test_nothing_is_taken_over_from_a_process_that_lives(place: SQLitePlace) -> None:
    with process_with_row(place, "V1") as process:
        async with place.open() as second:
            assert await second.take_over() == 0
            assert await view_ids_taken(place, second) == []

            kill(process)
            assert await second.take_over() == 0, "it does not know who holds the lock by now"
            await place.pass_time(LEASE + 1)
            assert await view_ids_taken(place, second) == ["V1"]


async def test_rows_of_another_live_process_are_not_taken_over(place: SQLitePlace) -> None:
    with process_with_row(place, "V1") as first, process_with_row(place, "V2"):
        kill(first)
        async with place.open() as third:
            assert await third.take_over() == 1
            assert await view_ids_taken(place, third) == ["V1"]


async def test_a_removed_lock_file_proves_nothing(tmp_path: Path, place: SQLitePlace) -> None:
    with process_with_row(place, "V1"):
        (tmp_path / "ledger.db-lock").unlink()
        async with place.open() as second:
            assert await second.take_over() == 0
            assert await view_ids_taken(place, second) == []


async def test_a_symbolic_link_leads_to_the_same_lock(tmp_path: Path, place: SQLitePlace) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link.db"
    link.symlink_to(place.path)
    with process_with_row(place, "V1") as process:
        kill(process)
        async with SQLitePlace(link).open() as second:
            assert await second.take_over() == 1


async def test_a_process_does_not_take_over_its_own_rows(place: SQLitePlace) -> None:
    async with place.open() as ledger:
        await sending(ledger)
        assert await ledger.take_over() == 0


async def test_rows_of_an_older_release_without_a_lock_are_not_taken_over(
    place: SQLitePlace,
) -> None:
    async with place.open() as ledger:
        await sending(ledger)
        await place.execute("UPDATE submissions SET owner = 'host/0123456789ab'")
        assert await ledger.take_over() == 0


async def test_in_postgresql_the_lease_decides(postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)
    async with place.open() as ledger:
        await sending(ledger)
    async with place.open() as other:
        assert await other.take_over() == 0
        assert await other.take(10) == []
        await place.pass_time(LEASE + 1)
        assert len(await other.take(10)) == 1
