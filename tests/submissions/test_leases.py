"""Leases are renewed while this process works on their rows."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.ledger import Ledger
from bot.submissions.worker import Leases
from tests.ledger.places import LEASE, SQLitePlace
from tests.submissions.test_create import NEW


async def test_a_failed_renewal_is_retried_soon(
    tmp_path: Path,
) -> None:
    place = SQLitePlace(tmp_path / "ledger.db")
    async with (
        Ledger.open(place.url, lease=LEASE, statement_timeout=0.1) as ledger,
        place.open() as other,
    ):
        leases = Leases(ledger, renew_every=LEASE / 3)
        entry = (await ledger.receive(NEW, sending=True)).entry
        with leases(entry.id):
            with closing(sqlite3.connect(place.path, isolation_level=None)) as program:
                program.execute("BEGIN IMMEDIATE")
                keeping = asyncio.create_task(leases.renew_with_retries())
                await asyncio.wait({keeping}, timeout=0.5)  # several attempts
                assert not keeping.done()
                program.execute("ROLLBACK")
            async with asyncio.timeout(leases.renew_every):
                await keeping

        await place.pass_time(LEASE - 1)
        assert await other.take(1) == []
