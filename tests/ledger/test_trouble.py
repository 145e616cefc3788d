"""Databases that are new, old, full, locked, away or in the future."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
import stat
import time
from typing import TYPE_CHECKING

import asyncpg
import pytest

from bot.ledger import Ledger, LedgerTooNew, LedgerUnavailable
from tests.ledger.places import PostgresPlace, SQLitePlace, new_entry
from tests.ledger.test_ways import sending
from tests.ledger.tunnel import tunnel
from tests.postgres import database_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ledger.places import Place
    from tests.postgres import PostgresServer


async def test_what_one_process_wrote_the_next_one_finds(place: Place) -> None:
    async with place.open() as ledger:
        entry = await sending(ledger)

    async with place.open() as ledger:
        assert await ledger.get(entry.id) == entry


async def test_replicas_that_start_at_once_bring_one_database_forward(place: Place) -> None:
    async def start(view_id: str) -> int:
        async with place.open() as ledger:
            return (await sending(ledger, view_id)).id

    ids = await asyncio.gather(*(start(f"V{number}") for number in range(8)))

    assert len(set(ids)) == 8


@pytest.mark.long
async def test_a_new_file_is_made_by_whoever_comes_first_and_the_others_wait(
    tmp_path: Path,
) -> None:
    async def start(file: int) -> None:
        async with Ledger.open(f"sqlite:///{tmp_path}/{file}.db"):
            await asyncio.sleep(0.01)

    for file in range(20):
        await asyncio.gather(*(start(file) for _ in range(8)))


async def test_a_database_of_a_newer_release_is_refused(place: Place) -> None:
    async with place.open():
        await place.execute("UPDATE ledger_version SET version = 99")

    with pytest.raises(LedgerTooNew, match=r"version 99, and this release knows \d+\."):
        async with place.open():
            pass


async def test_a_column_of_a_newer_release_does_not_stop_a_running_replica(place: Place) -> None:
    async with place.open() as ledger:
        entry = await sending(ledger)
        await place.execute("ALTER TABLE submissions ADD COLUMN mood TEXT")

        assert await ledger.opened(entry, "conv-1", {})


async def test_the_ledger_says_whether_it_can_be_written(ledger: Ledger, place: Place) -> None:
    await ledger.check_writable()
    await place.execute("DROP TABLE ledger_version")

    with pytest.raises(LedgerUnavailable, match="ledger_version"):
        await ledger.check_writable()


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    async with SQLitePlace(tmp_path / "ledger.db").open() as ledger:
        await sending(ledger)

        assert modes_in(tmp_path) == {
            "ledger.db": 0o600,
            "ledger.db-wal": 0o600,
            "ledger.db-shm": 0o600,
            "ledger.db-lock": 0o600,
        }


async def test_a_full_disk_is_said_and_outlived(tmp_path: Path) -> None:
    async with SQLitePlace(tmp_path / "ledger.db").open() as ledger:
        with full_disk(tmp_path / "ledger.db-wal"), pytest.raises(LedgerUnavailable):
            await ledger.receive(new_entry("V1", subject="x" * 100_000), sending=True)

        assert (await ledger.receive(new_entry("V1"), sending=True)).new
        assert len(await ledger.latest("T1", "U1")) == 1


async def test_a_locked_file_is_said_and_outlived(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with Ledger.open(f"sqlite:///{path}", statement_timeout=0.1) as ledger:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as program:
            program.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnavailable):
                await sending(ledger)
            program.execute("ROLLBACK")

        assert (await ledger.receive(new_entry("V2"), sending=True)).new


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="No such file"):
        async with Ledger.open(f"sqlite:///{tmp_path}/nowhere/ledger.db"):
            pass


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("To whom it may concern" * 100)

    with pytest.raises(LedgerUnavailable, match="not a database"):
        async with Ledger.open(f"sqlite:///{tmp_path}/ledger.db"):
            pass


async def test_a_relative_file_is_beside_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async with Ledger.open("sqlite:///weav%20slack.db"):
        assert (tmp_path / "weav slack.db").exists()


@pytest.mark.parametrize("url", ["mysql://u:secret@h/db", "sqlite://", "sqlite:///", "ledger.db"])
async def test_an_address_of_no_known_kind_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL begins with") as refusal:
        async with Ledger.open(url):
            pass

    assert "secret" not in str(refusal.value)


async def test_a_lost_connection_heals(postgres_server: PostgresServer, postgres_url: str) -> None:
    async with PostgresPlace(postgres_url).open() as ledger:
        entry = await sending(ledger)
        postgres_server.disconnect(postgres_url)
        with contextlib.suppress(LedgerUnavailable):
            await ledger.get(entry.id)

        assert await ledger.get(entry.id) == entry


async def test_a_server_that_stops_and_starts_again_is_outlived(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    async with PostgresPlace(postgres_url).open() as ledger:
        entry = await sending(ledger)
        postgres_server.stop(keep=True)
        try:
            with pytest.raises(LedgerUnavailable):
                await ledger.opened(entry, "conv-1", {})
            with pytest.raises(LedgerUnavailable, match="cannot be reached"):
                await ledger.opened(entry, "conv-1", {})
        finally:
            postgres_server.start()

        assert await ledger.opened(entry, "conv-1", {})


async def test_a_failover_that_leaves_no_server_to_write_to_is_said_and_outlived(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    url = f"{postgres_url}&target_session_attrs=read-write"
    read_only = f"ALTER DATABASE {database_name(url)} SET default_transaction_read_only ="
    async with PostgresPlace(url).open() as ledger:
        entry = await sending(ledger)
        postgres_server.execute(f"{read_only} on")
        postgres_server.disconnect(url)
        with contextlib.suppress(LedgerUnavailable):
            await ledger.get(entry.id)
        with pytest.raises(LedgerUnavailable, match="cannot be reached"):
            await ledger.opened(entry, "conv-1", {})

        postgres_server.execute(f"{read_only} off")
        assert await ledger.opened(entry, "conv-1", {})


async def test_a_server_that_is_away_at_the_start_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be reached"):
        async with Ledger.open(f"postgresql://postgres@/none?host={tmp_path}"):
            pass


async def test_a_statement_that_takes_too_long_is_given_up(postgres_url: str) -> None:
    async with Ledger.open(postgres_url, statement_timeout=0.3) as ledger:
        entry = await sending(ledger)
        connection = await asyncpg.connect(postgres_url)
        async with connection.transaction():
            await connection.execute("LOCK TABLE submissions")
            with pytest.raises(LedgerUnavailable, match="in time"):
                await ledger.opened(entry, "conv-1", {})
        await connection.close()

        assert await ledger.opened(entry, "conv-1", {})


async def test_who_waits_no_longer_is_not_kept_by_a_server_that_went_silent(
    postgres_url: str,
) -> None:
    async with (
        tunnel(postgres_url) as way,
        Ledger.open(way.url, statement_timeout=1.5) as ledger,
    ):
        entry = await sending(ledger)
        way.swallow()

        # Through the connection that was there, and through those that come to replace it.
        for _ in range(3):
            asked_at = time.monotonic()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await ledger.get(entry.id)
            assert time.monotonic() - asked_at < 1

        way.pass_on()
        assert await ledger.get(entry.id) == entry


async def test_a_server_that_went_silent_is_given_up_after_one_time_out(postgres_url: str) -> None:
    async with (
        tunnel(postgres_url) as way,
        Ledger.open(way.url, statement_timeout=1) as ledger,
    ):
        entry = await sending(ledger)
        way.swallow()
        asked_at = time.monotonic()

        with pytest.raises(LedgerUnavailable, match="in time"):
            await ledger.get(entry.id)
        with pytest.raises(LedgerUnavailable, match="in time"):
            await ledger.get(entry.id)

        assert time.monotonic() - asked_at < 3
        way.pass_on()
        assert await ledger.get(entry.id) == entry


async def test_a_refused_row_is_said_without_what_is_in_it(postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)
    async with place.open() as ledger:
        await place.execute("ALTER TABLE submissions ADD CHECK (request NOT LIKE '%Invoice%')")
        with pytest.raises(LedgerUnavailable, match="violates check constraint") as refusal:
            await sending(ledger)

    assert "Invoice" not in str(refusal.value)


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@contextlib.contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Let no file grow beyond what this one has, which is what SQLite sees of a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8192, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
