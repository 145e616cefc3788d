"""`run` with an error that no setting can cause."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.sandbox.slack import SlackSandbox
from bot.server import CannotRun, run
from tests.bad_days.logs import logged
from tests.harness import QUICK, environment, settings_of


async def test_an_error_in_a_task_beside_the_server_is_logged_and_ends_the_run(
    tmp_path: Path,
) -> None:
    no_number = replace(QUICK, ping="soon")  # type: ignore[arg-type] # the mistake
    async with SlackSandbox().serving() as slack, asyncio.timeout(15):
        database = f"sqlite:///{tmp_path}/ledger.db"
        names = environment(slack, "http://127.0.0.1:9", database, "socket") | {"PORT": "0"}

        with logged() as log, pytest.raises(CannotRun, match="TypeError"):
            await run(settings_of(names), no_number)

    assert "TypeError: handlers.socket_mode" in log.getvalue()
