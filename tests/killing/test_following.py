"""kill -9 while cards follow Weav: no change is missed, and no reply is reported twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.killing.following import FOLLOWING, SECRET, FollowPoint, FollowScene, FollowTally
from tests.killing.service import service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.killing.conftest import Tell
    from tests.postgres import PostgresServer


async def killed_at(
    point: FollowPoint, kills: int, folder: Path, database: str, replicas: int
) -> FollowTally:
    variables = {"WEAV_WEBHOOK_SECRET": SECRET}
    async with service(folder, database, replicas, FOLLOWING, variables) as system:
        return await FollowScene(system, point).play(kills)


def places(folder: Path) -> dict[FollowPoint, Path]:
    """A folder for each scene, which has its own Slack, Weav, database and bots."""
    found = {point: folder / point.name.lower() for point in FollowPoint}
    for place in found.values():
        place.mkdir()
    return found


async def kill_at_each_point(
    kills: int, databases: dict[FollowPoint, str], folder: Path, replicas: int, tell: Tell
) -> None:
    """Play all scenes concurrently: each one mostly waits."""
    where = places(folder)
    async with asyncio.TaskGroup() as group:
        played = [
            group.create_task(killed_at(point, kills, where[point], database, replicas))
            for point, database in databases.items()
        ]
    tallies = [scene.result() for scene in played]
    for point, tally in zip(databases, tallies, strict=True):
        tell(f"killed at “{point.value}”: {tally}")
    assert {tally.kills for tally in tallies} == {kills}
    assert [tally.harm for tally in tallies] == [[]] * len(tallies)


def files(folder: Path) -> dict[FollowPoint, str]:
    return {point: f"sqlite:///{folder}/{point.name.lower()}/ledger.db" for point in FollowPoint}


@pytest.mark.timeout(120)
async def test_some_kills_lose_no_change_in_weav(tmp_path: Path, tell: Tell) -> None:
    await kill_at_each_point(1, files(tmp_path), tmp_path, 1, tell)


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_kill_at_any_point_loses_no_change_in_weav(tmp_path: Path, tell: Tell) -> None:
    await kill_at_each_point(20, files(tmp_path), tmp_path, 1, tell)


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_kill_of_one_of_two_at_any_point_loses_no_change_in_weav(
    tmp_path: Path, postgres_server: PostgresServer, tell: Tell
) -> None:
    databases = {point: postgres_server.create_database() for point in FollowPoint}
    await kill_at_each_point(20, databases, tmp_path, 2, tell)
