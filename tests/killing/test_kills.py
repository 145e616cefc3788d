"""kill -9, at every point of the way and at random: nothing lost, nothing doubled, all told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.killing.points import Point
from tests.killing.scenes import BATCH, MISSES, Scene
from tests.killing.service import IMPATIENT, Service, service
from tests.killing.storm import FORMS, Storm
from tests.killing.tally import Tally, reckoned

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from bot.app import Pace
    from tests.killing.conftest import Tell
    from tests.postgres import PostgresServer

# Houses at once, each with its own Slack, Weav, database and bots: most of their time is waiting.
# PostgreSQL takes 100 connections.
AT_ONCE = len(Point)
AT_ONCE_ON_POSTGRESQL = 8
# For the short form, which has not the time of a real bot's 19 s of looking.
HASTY = replace(IMPATIENT, looks=(0.5, 0.5))


class NewService(Protocol):
    def __call__(
        self, name: str, pace: Pace = IMPATIENT
    ) -> AbstractAsyncContextManager[Service]: ...


@pytest.fixture
def on_sqlite(tmp_path: Path) -> NewService:
    def new(name: str, pace: Pace = IMPATIENT) -> AbstractAsyncContextManager[Service]:
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        return service(folder, f"sqlite:///{folder}/ledger.db", replicas=1, pace=pace)

    return new


@pytest.fixture
def hastily_on_sqlite(on_sqlite: NewService) -> NewService:
    return partial(on_sqlite, pace=HASTY)


@pytest.fixture
def on_postgresql(tmp_path: Path, postgres_server: PostgresServer) -> NewService:
    def new(name: str, pace: Pace = IMPATIENT) -> AbstractAsyncContextManager[Service]:
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        return service(folder, postgres_server.create_database(), replicas=2, pace=pace)

    return new


async def killed_at(point: Point, kills: int, new: NewService) -> Tally:
    async with new(point.value) as house:
        await house.open_forms((kills + MISSES) * BATCH * len(house.replicas))
        scene = Scene(house, point)
        await scene.play(kills)
        return await reckoned(house, scene.kills)


async def killed_at_random(name: str, kills: int, new: NewService) -> Tally:
    async with new(name) as house:
        await house.open_forms(kills * FORMS)
        storm = Storm(house)
        await storm.rage(kills)
        return await reckoned(house, storm.kills)


async def in_turns(at_once: int, scenes: Sequence[Callable[[], Awaitable[Tally]]]) -> list[Tally]:
    turn = asyncio.Semaphore(at_once)

    async def play(scene: Callable[[], Awaitable[Tally]]) -> Tally:
        async with turn:
            return await scene()

    async with asyncio.TaskGroup() as group:
        played = [group.create_task(play(scene)) for scene in scenes]
    return [scene.result() for scene in played]


async def kill_at_each_point(
    kills: int, new: NewService, tell: Tell, at_once: int = AT_ONCE
) -> None:
    tallies = await in_turns(at_once, [partial(killed_at, point, kills, new) for point in Point])
    for point, tally in zip(Point, tallies, strict=True):
        tell(f"killed at “{point.value}”: {tally}")
    assert {tally.kills for tally in tallies} == {kills}
    assert not [story for tally in tallies for story in tally.stories]


async def kill_at_random(kills: int, houses: int, new: NewService, tell: Tell) -> None:
    names = [f"storm {number}" for number in range(houses)]
    scenes = [partial(killed_at_random, name, kills // houses, new) for name in names]
    total = sum(await in_turns(houses, scenes), Tally())
    tell(f"killed at random moments: {total}")
    assert total.kills == kills
    assert not total.stories


async def test_nothing_is_lost_or_doubled_by_some_kills(
    hastily_on_sqlite: NewService, tell: Tell
) -> None:
    await kill_at_each_point(2, hastily_on_sqlite, tell)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_wherever_it_is_killed(
    on_sqlite: NewService, tell: Tell
) -> None:
    await kill_at_each_point(20, on_sqlite, tell)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_wherever_one_of_two_is_killed(
    on_postgresql: NewService, tell: Tell
) -> None:
    await kill_at_each_point(20, on_postgresql, tell, AT_ONCE_ON_POSTGRESQL)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_whenever_it_is_killed(
    on_sqlite: NewService, tell: Tell
) -> None:
    await kill_at_random(100, 4, on_sqlite, tell)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_whenever_one_of_two_is_killed(
    on_postgresql: NewService, tell: Tell
) -> None:
    await kill_at_random(100, 4, on_postgresql, tell)
