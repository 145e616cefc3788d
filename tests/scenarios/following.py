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
    from tests.house import House

SECRET = "a-webhook-secret"  # noqa: S105 - of a sandbox


def change_in_weav(house: House, **fields: str | None) -> None:
    """Change the only conversation as somebody does inside Weav."""
    house.weav.store.change(only_conversation(house)["id"], **fields)


def redraws(house: House) -> list[ApiCall]:
    return house.slack.calls_of("chat.update")


def reads(house: House) -> list[Exchange]:
    """GET requests for the only conversation."""
    id_ = only_conversation(house)["id"] if house.weav.conversations else ""
    return [
        request
        for request in house.weav.requests
        if request.method == "GET" and request.path == f"/v1/conversations/{id_}"
    ]


async def until_nothing_is_due(house: House, within: float = 10) -> None:
    """Wait until Weav has sent all webhooks and nothing is due."""
    await house.weav.until(lambda: house.weav.webhooks.is_idle, within)
    async with asyncio.timeout(within):
        while await count_due(house):  # noqa: ASYNC110 - the bot's doing
            await asyncio.sleep(0.02)


async def count_due(house: House) -> int:
    [row] = await select(
        house,
        "SELECT (SELECT COUNT(*) FROM due WHERE due_at IS NOT NULL)"
        " + (SELECT COUNT(*) FROM submissions WHERE state = 'opened')",
    )
    return int(row[0])


async def select(house: House, sql: str) -> Sequence[Any]:
    """Read from the ledger's database over a separate connection."""
    if house.database.startswith("sqlite"):
        path = house.database.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path)) as program:
            return program.execute(sql).fetchall()
    connection = await asyncpg.connect(house.database)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()
