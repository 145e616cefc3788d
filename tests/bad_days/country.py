"""The house with bad roads to Slack and to Weav, and all the people who live through a day."""

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
from tests.bad_days.logs import logged, logged_badly
from tests.bad_days.replies import CANARY, SLOW
from tests.bad_days.rows import Country, Row, settle
from tests.bad_days.table import SlackDay, WeavDay
from tests.bad_days.weather import weather
from tests.house import house, text_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

Day = TypeVar("Day", WeavDay, SlackDay)
# Slack's 3 s are for one bot on a machine of its own, not for a crowd in one process.
AT_ONCE = 12
PATIENCE = 60.0
HERE = Path(__file__).parent


@asynccontextmanager
async def country(tmp_path: Path, weav_timeout: str = "2.5") -> AsyncIterator[Country]:
    async with AsyncExitStack() as stack:
        to_slack = await stack.enter_async_context(weather())
        to_weav = await stack.enter_async_context(weather())

        def go_by_road(names: dict[str, str]) -> None:
            to_slack.to = names["SLACK_API_URL"].removesuffix("/api/")
            to_weav.to = names["WEAV_API_URL"].removesuffix("/v1")
            names["SLACK_API_URL"] = f"{to_slack.url}/api/"
            names["WEAV_API_URL"] = f"{to_weav.url}/v1"

        # A busy machine's disk stands still for seconds now and then, and the bot accepts nothing
        # then: tests/scenarios/test_database_trouble.py.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a test's own
        folder = stack.enter_context(TemporaryDirectory(dir=memory))
        at_home = await stack.enter_async_context(
            # Guests are let in, so that nobody is looked up: a crowd that comes at once in one
            # process would be asked to try again.
            house(
                tmp_path,
                database=f"sqlite:///{folder}/ledger.db",
                change=go_by_road,
                weav_timeout=weav_timeout,
                slack_allow_guests="true",
            )
        )
        at_home.slack.base_url = to_slack.url
        ledger = await stack.enter_async_context(Ledger.open(at_home.database))
        yield Country(at_home, ledger, to_slack, to_weav)


async def walk(
    tmp_path: Path,
    days: Sequence[Day],
    live: Callable[[Row, Day], Awaitable[None]],
    weav_timeout: str = "2.5",
) -> None:
    """Live through all of these days, many at once; fail with everything that went wrong."""
    gate = asyncio.Semaphore(AT_ONCE)
    troubles: list[str] = []

    async def one(row: Row, day: Day) -> None:
        async with gate:
            try:
                async with asyncio.timeout(PATIENCE):
                    await live(row, day)
            except Exception as error:  # noqa: BLE001 - the others go on
                steps = " > ".join(frame.line or "" for frame in _steps(error))
                told = "; ".join(text_on(message)[:200] for message in row.told())
                view = row.house.slack.top_view(row.person.slack_user_id)
                shown = f"{text_on(view)[:300]!r}, {view.errors}" if view else "nothing"
                troubles.append(f"{day}: {error!r} at {steps}; told: {told!r}; shown: {shown}")

    with logged() as log:
        async with country(tmp_path, weav_timeout) as there:
            await asyncio.gather(*(one(settle(there, i), day) for i, day in enumerate(days)))
            troubles += _leaks(there)
        troubles += [f"logged: {line}" for line in logged_badly(log)]
    assert not troubles, "\n".join(troubles)


def _steps(error: Exception) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if Path(frame.filename).parent == HERE][1:]


def _leaks(there: Country) -> list[str]:
    said = [str(message.blocks) + message.text for message in there.at_home.slack.from_bot()]
    slack = there.at_home.slack
    shown = [str(view.sent) for view in (*slack.views.values(), *slack.homes.values())]
    return [f"shown: {text}" for text in (*said, *shown) if CANARY in text or TOKEN in text]


class Part(list[Day]):
    """Some rows of the table, named by the first and the last."""

    def __str__(self) -> str:
        return f"{self[0]} … {self[-1]}"


def parts(days: Sequence[Day], size: int = 60) -> list[Part[Day]]:
    """A house is not made for a thousand people who all look at once."""
    return [Part(days[start : start + size]) for start in range(0, len(days), size)]


def some(days: Sequence[Day]) -> Part[Day]:
    """A tenth of them, from all over the table; rows that need patience are left out."""
    return Part([day for day in days if day.name not in SLOW][::10])
