"""How fast a command is acknowledged, beside Bolt's default mode, and over how many connections."""

import asyncio
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpRing, SlackSandbox
from bot.sandbox.weav import WeavSandbox
from tests.house import SECRET, environment
from tests.process import answer_of, clean_environment, free_port, running

ROUNDS = 100


@asynccontextmanager
async def bare_bolt(port: int) -> AsyncIterator[None]:
    script = str(Path(__file__).with_name("bare_bolt.py"))
    variables = clean_environment({"SLACK_SIGNING_SECRET": SECRET})
    process = await asyncio.create_subprocess_exec(sys.executable, script, str(port), env=variables)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.bench
async def test_a_command_is_acknowledged_in_a_fifth_of_bolts_default_time(tmp_path: Path) -> None:
    port, other_port = free_port(), free_port()
    async with SlackSandbox().serving() as slack, serve(WeavSandbox()) as weav_url:
        variables = environment(slack, weav_url, f"sqlite:///{tmp_path}/ledger.db", "http")
        async with (
            running(tmp_path, **variables, PORT=str(port)),
            bare_bolt(other_port),
            HttpRing(f"http://127.0.0.1:{port}/slack/events", SECRET) as ring,
            HttpRing(f"http://127.0.0.1:{other_port}/slack/events", SECRET) as other_ring,
        ):
            await answer_of(f"http://127.0.0.1:{port}/readyz")
            await answer_of(f"http://127.0.0.1:{other_port}/", status=404)
            ann, other_ann = slack.person("U0ANN", ring), slack.person("U0ANN", other_ring)
            ours, bolts = [], []
            for _ in range(ROUNDS):
                ours.append((await ann.command("Export hangs")).seconds)
                bolts.append((await other_ann.command("Export hangs")).seconds)
            await slack.workspace.until(lambda ws: len(ws.calls_of("views.open")) == ROUNDS)
            connections = slack.workspace.connections()

    mine, theirs = statistics.median(ours) * 1000, statistics.median(bolts) * 1000
    print(f"ack p50: {mine:.2f} ms, Bolt's default mode {theirs:.2f} ms: {mine / theirs:.2f}")  # noqa: T201
    print(f"connections to Slack for {ROUNDS} commands: {connections}")  # noqa: T201
    assert mine <= theirs / 5
    assert connections <= 5


@pytest.mark.bench
async def test_a_hundred_commands_at_once_use_a_handful_of_connections(tmp_path: Path) -> None:
    port = free_port()
    async with SlackSandbox().serving() as slack, serve(WeavSandbox()) as weav_url:
        variables = environment(slack, weav_url, f"sqlite:///{tmp_path}/ledger.db", "http")
        async with (
            running(tmp_path, **variables, PORT=str(port)),
            HttpRing(f"http://127.0.0.1:{port}/slack/events", SECRET) as ring,
        ):
            await answer_of(f"http://127.0.0.1:{port}/readyz")
            ann = slack.person("U0ANN", ring)

            answers = await asyncio.gather(*(ann.command(f"Number {n}") for n in range(100)))

            await slack.workspace.until(lambda ws: len(ws.open_views("U0ANN")) == 100)
            assert not any(answer.trouble for answer in answers)
            assert slack.workspace.connections() <= 8
