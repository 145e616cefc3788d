"""What the command line does before anything runs."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.process import clean_environment

# A process of its own, since it is the process's garbage.
LOOK = """
import gc
import bot.__main__, bot.server

async def run(settings):
    print(gc.isenabled(), gc.get_freeze_count() > 10_000, gc.get_threshold()[0])

bot.server.run = run
bot.__main__.main(["run"])
"""
SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "secret",
    "WEAV_API_TOKEN": "token",
}


@pytest.mark.long
async def test_garbage_is_collected_while_it_runs_but_not_in_what_start_up_made(
    tmp_path: Path,
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        LOOK,
        cwd=tmp_path,
        env=clean_environment({**SETTINGS, "PYTHONPATH": str(Path(__file__).parents[1])}),
        stdout=asyncio.subprocess.PIPE,
    )

    out, _ = await process.communicate()

    assert out.decode().split() == ["True", "True", "100000"]
