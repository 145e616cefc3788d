"""How fast a command is acknowledged, against Bolt's default mode, and with which connections."""

import asyncio
import statistics
from contextlib import closing
from pathlib import Path

import pytest

from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, SlackSandbox
from bot.sandbox.weav import WeavSandbox
from tests.bench.contestants import BARE, BOT, stage
from tests.bench.contestants import running as contending
from tests.bench.team import Team
from tests.harness import SECRET, environment
from tests.process import answer_of, free_port, running

ROUNDS = 200
WARM_UP = 20


@pytest.mark.bench
async def test_a_command_is_acknowledged_in_a_fifth_of_bolts_default_time() -> None:
    async with stage() as url, contending(BOT, url) as bot, contending(BARE, url) as bare:
        await bot.answers()
        await bare.answers()
        with closing(Team(bot, url)) as team, closing(Team(bare, url)) as other:
            ours, bolts = [], []
            for _ in range(WARM_UP + ROUNDS):
                ours.append((await team.command()).seconds)
                bolts.append((await other.command()).seconds)
            await team.until_there(team.forms, WARM_UP + ROUNDS)
            connections = (await team.seen())["connections"]

    mine, theirs = (statistics.median(each[WARM_UP:]) * 1000 for each in (ours, bolts))
    print(f"ack p50: {mine:.2f} ms, Bolt's default mode {theirs:.2f} ms: {mine / theirs:.2f}")  # noqa: T201
    print(f"connections to Slack for {len(ours)} commands: {connections}")  # noqa: T201
    assert mine <= theirs / 5
    assert connections <= 5


@pytest.mark.bench
async def test_a_hundred_commands_at_once_use_a_handful_of_connections(tmp_path: Path) -> None:
    port = free_port()
    async with SlackSandbox().serving() as slack, serve(WeavSandbox()) as weav_url:
        variables = environment(slack, weav_url, f"sqlite:///{tmp_path}/ledger.db", "http")
        async with (
            running(tmp_path, **variables, PORT=str(port)),
            HttpEndpoint(f"http://127.0.0.1:{port}/slack/events", SECRET) as endpoint,
        ):
            await answer_of(f"http://127.0.0.1:{port}/readyz")
            ann = slack.person("U0ANN", endpoint)

            answers = await asyncio.gather(*(ann.command(f"Number {n}") for n in range(100)))

            await slack.workspace.until(lambda ws: len(ws.open_views("U0ANN")) == 100)
            assert not any(answer.trouble for answer in answers)
            assert slack.workspace.connections() <= 8
