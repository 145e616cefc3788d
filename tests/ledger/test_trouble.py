"""Databases that are new, full, locked, unreachable, or of a newer release."""

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


async def test_the_next_process_reads_what_the_last_one_wrote(place: Place) -> None:
    async with place.open() as ledger:
        entry = await sending(ledger)

    async with place.open() as ledger:
        assert await ledger.get(entry.id) == entry


async def test_replicas_that_start_at_once_migrate_the_database_once(place: Place) -> None:
    async def start(view_id: str) -> int:
        async with place.open() as ledger:
            return (await sending(ledger, view_id)).id

    ids = await asyncio.gather(*(start(f"V{number}") for number in range(8)))

    assert len(set(ids)) == 8


@pytest.mark.long
async def test_concurrent_starts_share_one_new_file(
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


async def test_check_writable_raises_if_the_ledger_cannot_be_written(
    ledger: Ledger, place: Place
) -> None:
    await ledger.check_writable()
    await place.execute("DROP TABLE ledger_version")

    with pytest.raises(LedgerUnavailable, match="ledger_version"):
        await ledger.check_writable()


async def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    async with SQLitePlace(tmp_path / "ledger.db").open() as ledger:
        await sending(ledger)

        assert modes_in(tmp_path) == {
            "ledger.db": 0o600,
            "ledger.db-wal": 0o600,
            "ledger.db-shm": 0o600,
            "ledger.db-lock": 0o600,
        }


async def test_the_ledger_recovers_from_a_full_disk(tmp_path: Path) -> None:
    async with SQLitePlace(tmp_path / "ledger.db").open() as ledger:
        with full_disk(tmp_path / "ledger.db-wal"), pytest.raises(LedgerUnavailable):
            await ledger.receive(new_entry("V1", subject="x" * 100_000), sending=True)

        assert (await ledger.receive(new_entry("V1"), sending=True)).new
        assert len(await ledger.latest("T1", "U1")) == 1


async def test_the_ledger_recovers_from_a_locked_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with Ledger.open(f"sqlite:///{path}", statement_timeout=0.1) as ledger:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as program:
            program.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnavailable):
                await sending(ledger)
            program.execute("ROLLBACK")

        assert (await ledger.receive(new_entry("V2"), sending=True)).new


async def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="No such file"):
        async with Ledger.open(f"sqlite:///{tmp_path}/nowhere/ledger.db"):
            pass


async def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("To whom it may concern" * 100)

    with pytest.raises(LedgerUnavailable, match="not a database"):
        async with Ledger.open(f"sqlite:///{tmp_path}/ledger.db"):
            pass


async def test_a_relative_path_starts_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async with Ledger.open("sqlite:///weav%20slack.db"):
        assert (tmp_path / "weav slack.db").exists()


@pytest.mark.parametrize("url", ["mysql://u:secret@h/db", "sqlite://", "sqlite:///", "ledger.db"])
async def test_an_unknown_database_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL begins with") as refusal:
        async with Ledger.open(url):
            pass

    assert "secret" not in str(refusal.value)


async def test_a_lost_connection_is_replaced(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    async with PostgresPlace(postgres_url).open() as ledger:
        entry = await sending(ledger)
        postgres_server.disconnect(postgres_url)
        with contextlib.suppress(LedgerUnavailable):
            await ledger.get(entry.id)

        assert await ledger.get(entry.id) == entry


async def test_the_ledger_recovers_from_a_server_restart(
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


async def test_the_ledger_recovers_from_a_failover_without_a_writable_server(
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


async def test_an_unreachable_server_at_start_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be reached"):
        async with Ledger.open(f"postgresql://postgres@/none?host={tmp_path}"):
            pass


async def test_a_statement_times_out(postgres_url: str) -> None:
    async with Ledger.open(postgres_url, statement_timeout=0.3) as ledger:
        entry = await sending(ledger)
        connection = await asyncpg.connect(postgres_url)
        async with connection.transaction():
            await connection.execute("LOCK TABLE submissions")
            with pytest.raises(LedgerUnavailable, match="in time"):
                await ledger.opened(entry, "conv-1", {})
        await connection.close()

        assert await ledger.opened(entry, "conv-1", {})


async def test_a_cancelled_caller_does_not_wait_for_a_silent_server(
    postgres_url: str,
) -> None:
    async with (
        tunnel(postgres_url) as opened,
        Ledger.open(opened.url, statement_timeout=1.5) as ledger,
    ):
        entry = await sending(ledger)
        opened.go_silent()

        # First on the existing connection, then on those that replace it.
        for _ in range(3):
            asked_at = time.monotonic()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await ledger.get(entry.id)
            assert time.monotonic() - asked_at < 1

        opened.pass_on()
        assert await ledger.get(entry.id) == entry


async def test_a_silent_server_costs_one_timeout(postgres_url: str) -> None:
    async with (
        tunnel(postgres_url) as opened,
        Ledger.open(opened.url, statement_timeout=1) as ledger,
    ):
        entry = await sending(ledger)
        opened.go_silent()
        asked_at = time.monotonic()

        with pytest.raises(LedgerUnavailable, match="in time"):
            await ledger.get(entry.id)
        with pytest.raises(LedgerUnavailable, match="in time"):
            await ledger.get(entry.id)

        assert time.monotonic() - asked_at < 3
        opened.pass_on()
        assert await ledger.get(entry.id) == entry


async def test_a_rejected_row_is_reported_without_its_content(postgres_url: str) -> None:
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
    """Limit the size of files to a little more than this one's, which to SQLite is a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8192, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
