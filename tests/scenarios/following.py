"""Changes conversations in Weav, and waits until the cards have followed."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import asyncpg

from tests.scenarios.cards import only_conversation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.slack.records import ApiCall
    from bot.sandbox.weav import Exchange
    from tests.harness import Harness

SECRET = "a-webhook-secret"  # noqa: S105 - of a sandbox


def change_in_weav(harness: Harness, **fields: str | None) -> None:
    """Change the only conversation as somebody does inside Weav."""
    harness.weav.store.change(only_conversation(harness)["id"], **fields)


def redraws(harness: Harness) -> list[ApiCall]:
    return harness.slack.calls_of("chat.update")


def reads(harness: Harness) -> list[Exchange]:
    """GET requests for the only conversation."""
    id_ = only_conversation(harness)["id"] if harness.weav.conversations else ""
    return [
        request
        for request in harness.weav.requests
        if request.method == "GET" and request.path == f"/v1/conversations/{id_}"
    ]


async def until_nothing_is_due(harness: Harness, within: float = 10) -> None:
    """Wait until Weav has sent all webhooks and nothing is due."""
    await harness.weav.until(lambda: harness.weav.webhooks.is_idle, within)
    async with asyncio.timeout(within):
        while await count_due(harness):  # noqa: ASYNC110 - the bot's doing
            await asyncio.sleep(0.02)


async def count_due(harness: Harness) -> int:
    [row] = await select(
        harness,
        "SELECT (SELECT COUNT(*) FROM due WHERE due_at IS NOT NULL)"
        " + (SELECT COUNT(*) FROM submissions WHERE state = 'opened')",
    )
    return int(row[0])


async def select(harness: Harness, sql: str) -> Sequence[Any]:
    """Read from the ledger's database over a separate connection."""
    if harness.database.startswith("sqlite"):
        path = harness.database.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path)) as program:
            return program.execute(sql).fetchall()
    connection = await asyncpg.connect(harness.database)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()
