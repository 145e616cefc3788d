"""Runs rows of the table, many at once, against one harness behind faulty proxies."""

from __future__ import annotations

import asyncio
import os
import traceback
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from bot.ledger import Ledger
from bot.sandbox.weav.app import TOKEN
from tests.bad_days.faulty_proxy import faulty_proxy
from tests.bad_days.logs import logged, logged_badly
from tests.bad_days.replies import CANARY, SLOW
from tests.bad_days.rows import ProxiedHarness, Row, make_row
from tests.bad_days.table import SlackDay, WeavDay
from tests.harness import open_harness, text_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

Day = TypeVar("Day", WeavDay, SlackDay)
# Slack's 3 s apply to one bot on its own machine. Here many users share one process.
AT_ONCE = 12
PATIENCE = 60.0
HERE = Path(__file__).parent


@asynccontextmanager
async def proxied_harness(
    tmp_path: Path, weav_timeout: str = "2.5"
) -> AsyncIterator[ProxiedHarness]:
    async with AsyncExitStack() as stack:
        to_slack = await stack.enter_async_context(faulty_proxy())
        to_weav = await stack.enter_async_context(faulty_proxy())

        def use_proxies(names: dict[str, str]) -> None:
            to_slack.to = names["SLACK_API_URL"].removesuffix("/api/")
            to_weav.to = names["WEAV_API_URL"].removesuffix("/v1")
            names["SLACK_API_URL"] = f"{to_slack.url}/api/"
            names["WEAV_API_URL"] = f"{to_weav.url}/v1"

        # On a busy machine, disk writes can stall for seconds, and the bot then accepts nothing:
        # tests/scenarios/test_database_trouble.py.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a test's own
        folder = stack.enter_context(TemporaryDirectory(dir=memory))
        harness = await stack.enter_async_context(
            # Guests are admitted, so the bot looks up no users. With so many in one process, it
            # would ask some of them to try again.
            open_harness(
                tmp_path,
                database=f"sqlite:///{folder}/ledger.db",
                change=use_proxies,
                weav_timeout=weav_timeout,
                slack_allow_guests="true",
            )
        )
        harness.slack.base_url = to_slack.url
        ledger = await stack.enter_async_context(Ledger.open(harness.database))
        yield ProxiedHarness(harness, ledger, to_slack, to_weav)


async def run_rows(
    tmp_path: Path,
    days: Sequence[Day],
    check: Callable[[Row, Day], Awaitable[None]],
    weav_timeout: str = "2.5",
) -> None:
    """Run all rows, `AT_ONCE` at a time; fail with everything that went wrong."""
    gate = asyncio.Semaphore(AT_ONCE)
    troubles: list[str] = []

    async def one(row: Row, day: Day) -> None:
        async with gate:
            try:
                async with asyncio.timeout(PATIENCE):
                    await check(row, day)
            except Exception as error:  # noqa: BLE001 - the others go on
                steps = " > ".join(frame.line or "" for frame in _steps(error))
                told = "; ".join(text_on(message)[:200] for message in row.told())
                view = row.harness.slack.top_view(row.person.slack_user_id)
                shown = f"{text_on(view)[:300]!r}, {view.errors}" if view else "nothing"
                troubles.append(f"{day}: {error!r} at {steps}; told: {told!r}; shown: {shown}")

    with logged() as log:
        async with proxied_harness(tmp_path, weav_timeout) as proxied:
            await asyncio.gather(*(one(make_row(proxied, i), day) for i, day in enumerate(days)))
            troubles += _leaks(proxied)
        troubles += [f"logged: {line}" for line in logged_badly(log)]
    assert not troubles, "\n".join(troubles)


def _steps(error: Exception) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if Path(frame.filename).parent == HERE][1:]


def _leaks(proxied: ProxiedHarness) -> list[str]:
    said = [str(message.blocks) + message.text for message in proxied.harness.slack.from_bot()]
    slack = proxied.harness.slack
    shown = [str(view.sent) for view in (*slack.views.values(), *slack.homes.values())]
    return [f"shown: {text}" for text in (*said, *shown) if CANARY in text or TOKEN in text]


class Part(list[Day]):
    """Some rows of the table; its name is the first and the last."""

    def __str__(self) -> str:
        return f"{self[0]} … {self[-1]}"


def parts(days: Sequence[Day], size: int = 60) -> list[Part[Day]]:
    """Split the rows: a harness cannot serve a thousand polling users."""
    return [Part(days[start : start + size]) for start in range(0, len(days), size)]


def some(days: Sequence[Day]) -> Part[Day]:
    """Every tenth row, from all over the table, without the slow ones."""
    return Part([day for day in days if day.name not in SLOW][::10])
