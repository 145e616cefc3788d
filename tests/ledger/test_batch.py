"""SQLite: concurrent statements share a transaction, and each gets its own result."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.ledger import Ledger, LedgerUnavailable, Received
from bot.ledger.sqlite import Statement, run_batch
from tests.ledger.losing import losing_file
from tests.ledger.places import new_entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MANY = 250


async def test_concurrent_submissions_are_all_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    async with Ledger.open(url) as ledger:
        entries = [new_entry(view_id=f"V{number % 200}") for number in range(MANY)]
        received = await asyncio.gather(*(ledger.receive(each, sending=True) for each in entries))

    assert sum(each.new for each in received) == 200
    async with Ledger.open(url) as ledger:
        assert len(await ledger.latest("T1", "U1", 1000)) == 200


async def test_a_rejected_statement_does_not_affect_its_batch(tmp_path: Path) -> None:
    async with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        first = (await ledger.receive(new_entry("V1"), sending=True)).entry
        second = (await ledger.receive(new_entry("V2"), sending=True)).entry

        opened, claimed, new, other = await asyncio.gather(
            ledger.claim(first, "conv-1", {"id": "conv-1"}),
            ledger.claim(second, "conv-1", {"id": "conv-1"}),
            ledger.receive(new_entry("V3"), sending=True),
            ledger.opened(second, "conv-2", {"id": "conv-2"}),
        )

    assert opened is not None
    assert claimed is None
    assert new.new
    assert other is not None


async def test_statements_that_time_out_on_a_locked_file_are_never_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.db"
    async with Ledger.open(f"sqlite:///{path}", statement_timeout=0.5) as ledger:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as program:
            program.execute("BEGIN IMMEDIATE")
            receiving = (ledger.receive(new_entry(f"V{n}"), sending=True) for n in range(20))
            results = await asyncio.gather(*receiving, return_exceptions=True)
            program.execute("ROLLBACK")

        assert {type(result) for result in results} == {LedgerUnavailable}
        assert await ledger.latest("T1", "U1", 100) == []


async def test_closing_the_ledger_writes_the_waiting_statements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = losing_file(tmp_path / "ledger.db", monkeypatch)
    async with file.place.open():
        pass
    async with file.lost("submissions", "new.view_id = 'V0'", seconds=0.5):
        async with file.place.open() as ledger:
            receiving = [asyncio.create_task(ledger.receive(new_entry("V0"), sending=True))]
            assert await asyncio.to_thread(file.stands_still.wait, 2)
            for number in range(1, 4):
                new = new_entry(f"V{number}")
                receiving.append(asyncio.create_task(ledger.receive(new, sending=True)))
            await asyncio.sleep(0)

        assert all(each.new for each in await asyncio.gather(*receiving))


async def test_a_closed_ledger_raises_ledger_unavailable(tmp_path: Path) -> None:
    async with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        pass

    with pytest.raises(LedgerUnavailable, match="closed"):
        await ledger.check_writable()


async def test_an_abandoned_statement_is_not_written(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    given_up, awaited = loop.create_future(), loop.create_future()
    given_up.cancel()
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (n)")

        for batch in [[given_up], [given_up, awaited]]:
            statements = [Statement("INSERT INTO t VALUES (1)", {}, f, short=True) for f in batch]
            run_batch(connection, statements, busy_timeout=0.0)

        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)


async def test_the_event_loop_runs_while_another_program_locks_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with Ledger.open(f"sqlite:///{path}") as ledger:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as program:
            program.execute("BEGIN IMMEDIATE")
            async with event_loop_runs_within(0.2):
                receiving = asyncio.create_task(ledger.receive(new_entry(), sending=True))
                await asyncio.sleep(0.5)
                program.execute("ROLLBACK")

                assert (await receiving).new


async def test_the_event_loop_runs_while_the_disk_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = losing_file(tmp_path / "ledger.db", monkeypatch)
    async with (
        file.place.open() as ledger,
        event_loop_runs_within(0.2),
        file.lost("submissions", "new.view_id = 'V1'", seconds=0.5),
    ):
        assert (await ledger.receive(new_entry("V1"), sending=True)).new


async def test_the_event_loop_runs_during_a_slow_scan(tmp_path: Path) -> None:
    slow = 0.0

    def clock() -> float:
        time.sleep(slow)
        return time.time()

    async with Ledger.open(f"sqlite:///{tmp_path}/ledger.db", clock=clock) as ledger:
        await ledger.receive(new_entry(), sending=True)
        slow = 0.3
        async with event_loop_runs_within(0.2):
            await ledger.take(10)
            await ledger.backlog()


@pytest.mark.parametrize("batch", ["short", "with a long one"])
async def test_a_value_that_cannot_be_stored_does_not_affect_its_batch(
    tmp_path: Path, batch: str
) -> None:
    async with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        first = (await ledger.receive(new_entry("V1"), sending=True)).entry

        mistaken, new, _ = await asyncio.gather(
            ledger.opened(first, "half of a pair: \ud800", {}),
            ledger.receive(new_entry("V2"), sending=True),
            asyncio.sleep(0) if batch == "short" else ledger.renew([first.id]),
            return_exceptions=True,
        )

        assert isinstance(mistaken, UnicodeEncodeError)
        assert isinstance(new, Received)
        assert await ledger.opened(first, "conv-1", {}) is not None


@asynccontextmanager
async def event_loop_runs_within(seconds: float) -> AsyncIterator[None]:
    """Assert that the event loop never hangs for so long, because Slack waits for answers."""
    longest, at = 0.0, time.monotonic()

    async def look() -> None:
        nonlocal longest, at
        while True:
            await asyncio.sleep(0.01)
            longest, at = max(longest, time.monotonic() - at), time.monotonic()

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
    assert max(longest, time.monotonic() - at) < seconds
