"""The list of an author's last submissions while the database does not answer."""

import time

import asyncpg

from bot.home.status_report import report
from bot.ledger import Ledger


async def test_a_slow_database_is_reported_before_slack_gives_up(
    postgres_url: str,
) -> None:
    async with Ledger.open(postgres_url, statement_timeout=10) as ledger:
        other = await asyncpg.connect(postgres_url)
        try:
            await other.execute("BEGIN; LOCK TABLE submissions IN ACCESS EXCLUSIVE MODE")
            asked_at = time.monotonic()

            said = await report(ledger, "T1", "U1", str)

            waited = time.monotonic() - asked_at
        finally:
            await other.close()

    assert "database does not answer" in said.text
    assert waited < 2
