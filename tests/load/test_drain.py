"""SIGTERM while users submit and Weav is slow or failing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.killing.service import Service, service
from tests.killing.storm import Storm
from tests.killing.tally import final_tally

if TYPE_CHECKING:
    from pathlib import Path

    from tests.killing.conftest import Tell
    from tests.postgres import PostgresServer

FORMS = 1500
# Seconds of load before each SIGTERM.
BEFORE = 3.0


async def end_each_in_turn(system: Service, tell: Tell) -> None:
    await system.open_forms(FORMS)
    storm = Storm(system)
    ended = []
    async with storm.blowing():
        for replica in system.replicas:
            await asyncio.sleep(BEFORE)
            ended.append(await replica.terminated())
            await replica.start()
    tally = await final_tally(system, kills=0)
    tell(f"SIGTERM under load: {[f'{took:.1f} s, exit {code}' for took, code in ended]}; {tally}")
    assert all(took < 20 for took, _ in ended)
    assert {code for _, code in ended} == {0}
    assert not tally.stories


@pytest.mark.long
@pytest.mark.timeout(200)
async def test_sigterm_under_load_loses_nothing(tmp_path: Path, tell: Tell) -> None:
    async with service(tmp_path, f"sqlite:///{tmp_path}/ledger.db", replicas=1) as system:
        await end_each_in_turn(system, tell)


@pytest.mark.long
@pytest.mark.timeout(200)
async def test_sigterm_of_one_of_two_under_load_loses_nothing(
    tmp_path: Path, postgres_server: PostgresServer, tell: Tell
) -> None:
    async with service(tmp_path, postgres_server.create_database(), replicas=2) as system:
        await end_each_in_turn(system, tell)
