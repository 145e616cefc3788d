"""What the command line sets up before the bot starts."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.process import clean_environment

# In its own process, because garbage collection is set for the whole process.
PRINT_GC = """
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
async def test_garbage_is_collected_while_it_runs_but_not_among_start_up_objects(
    tmp_path: Path,
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PRINT_GC,
        cwd=tmp_path,
        env=clean_environment({**SETTINGS, "PYTHONPATH": str(Path(__file__).parents[1])}),
        stdout=asyncio.subprocess.PIPE,
    )

    out, _ = await process.communicate()

    assert out.decode().split() == ["True", "True", "100000"]
