"""kill -9, at every point and at random: nothing lost, nothing doubled, everybody told."""

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
from tests.killing.tally import Tally, final_tally

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from bot.app import Pace
    from tests.killing.conftest import Tell
    from tests.postgres import PostgresServer

# The short test has no time for a real bot's 19 s of looks. As with those, the last look comes
# after Weav has handled a dead sender's request, which takes 3 s here.
HASTY = replace(IMPATIENT, looks=(0.5, 4.0))


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
def by_mistake_on_one_file(tmp_path: Path) -> NewService:
    """Two processes on one SQLite file, as when a restart overlaps."""

    def new(name: str, pace: Pace = IMPATIENT) -> AbstractAsyncContextManager[Service]:
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        return service(folder, f"sqlite:///{folder}/ledger.db", replicas=2, pace=pace)

    return new


@pytest.fixture
def quickly_on_sqlite(on_sqlite: NewService) -> NewService:
    return partial(on_sqlite, pace=HASTY)


@pytest.fixture
def on_postgresql(tmp_path: Path, postgres_server: PostgresServer) -> NewService:
    def new(name: str, pace: Pace = IMPATIENT) -> AbstractAsyncContextManager[Service]:
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        return service(folder, postgres_server.create_database(), replicas=2, pace=pace)

    return new


async def killed_at(point: Point, kills: int, new: NewService) -> Tally:
    async with new(point.value) as system:
        await system.open_forms((kills + MISSES) * BATCH * len(system.replicas))
        scene = Scene(system, point)
        await scene.play(kills)
        return await final_tally(system, scene.kills)


async def killed_at_random(name: str, kills: int, new: NewService) -> Tally:
    async with new(name) as system:
        await system.open_forms(kills * FORMS)
        storm = Storm(system)
        await storm.rage(kills)
        return await final_tally(system, storm.kills)


async def all_at_once(scenes: Sequence[Callable[[], Coroutine[None, None, Tally]]]) -> list[Tally]:
    """Run all concurrently: each has its own Slack, Weav, database and bots, and mostly waits."""
    async with asyncio.TaskGroup() as group:
        played = [group.create_task(scene()) for scene in scenes]
    return [scene.result() for scene in played]


async def kill_at_each_point(kills: int, new: NewService, tell: Tell) -> None:
    tallies = await all_at_once([partial(killed_at, point, kills, new) for point in Point])
    for point, tally in zip(Point, tallies, strict=True):
        tell(f"killed at “{point.value}”: {tally}")
    assert {tally.kills for tally in tallies} == {kills}
    assert not [story for tally in tallies for story in tally.stories]


async def kill_at_random(kills: int, storms: int, new: NewService, tell: Tell) -> None:
    names = [f"storm {number}" for number in range(storms)]
    scenes = [partial(killed_at_random, name, kills // storms, new) for name in names]
    total = sum(await all_at_once(scenes), Tally())
    tell(f"killed at random moments: {total}")
    assert total.kills == kills
    assert not total.stories


@pytest.mark.timeout(180)
async def test_some_kills_lose_and_double_nothing(
    quickly_on_sqlite: NewService, tell: Tell
) -> None:
    await kill_at_each_point(1, quickly_on_sqlite, tell)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_kill_at_any_point_loses_and_doubles_nothing(
    on_sqlite: NewService, tell: Tell
) -> None:
    await kill_at_each_point(20, on_sqlite, tell)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_kill_of_one_of_two_at_any_point_loses_and_doubles_nothing(
    on_postgresql: NewService, tell: Tell
) -> None:
    await kill_at_each_point(20, on_postgresql, tell)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_kills_at_random_lose_and_double_nothing(on_sqlite: NewService, tell: Tell) -> None:
    await kill_at_random(100, 4, on_sqlite, tell)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_kills_of_one_of_two_at_random_lose_and_double_nothing(
    on_postgresql: NewService, tell: Tell
) -> None:
    await kill_at_random(100, 4, on_postgresql, tell)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_kills_of_one_of_two_on_one_file_at_random_lose_and_double_nothing(
    by_mistake_on_one_file: NewService, tell: Tell
) -> None:
    """A process takes over the dead one's lock and rows while another one lives."""
    await kill_at_random(40, 2, by_mistake_on_one_file, tell)
