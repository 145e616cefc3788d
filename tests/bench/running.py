"""Runs the bench: all of it, or only the CPU time of a submission and a command."""

import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing

from tests.bench import measuring
from tests.bench.contestants import Contestant, running, stage
from tests.bench.measuring import Amount, Figures, Results
from tests.bench.team import Team


async def measured(contestants: list[Contestant], amount: Amount) -> Results:
    """All programs run from beginning to end; only one at a time has something to do."""
    metrics: Results = defaultdict(Figures)
    async with stage() as url:
        _tell("starts")
        await measuring.starts(contestants, url, amount.starts, metrics)
        async with _teams(contestants, url) as teams:
            _tell("commands")
            await measuring.commands(teams, amount, metrics)
            _tell("bursts")
            await measuring.bursts(teams, amount, metrics)
            _tell("cards")
            await measuring.cards(teams, amount, metrics)
            _tell("many at once")
            await measuring.busy(teams, amount, metrics)
            _tell("a slow Weav")
            await measuring.slow_weav(teams, amount, metrics)
            for team in teams:
                metrics[team.name].megabytes = team.contestant.megabytes()
    return metrics


async def cpu_measured(contestants: list[Contestant], amount: Amount) -> Results:
    metrics: Results = defaultdict(Figures)
    async with stage() as url, _teams(contestants, url) as teams:
        await measuring.busy(teams, amount, metrics)
    return metrics


@asynccontextmanager
async def _teams(contestants: list[Contestant], stage_url: str) -> AsyncIterator[list[Team]]:
    async with AsyncExitStack() as stack:
        teams = []
        for contestant in contestants:
            one = await stack.enter_async_context(running(contestant, stage_url))
            await one.answers()
            team = stack.enter_context(closing(Team(one, stage_url)))
            await team.learn_the_form()
            teams.append(team)
        yield teams


def _tell(phase: str) -> None:
    print(f"{time.strftime('%X')} measuring {phase} …", file=sys.stderr, flush=True)  # noqa: T201 - a command's progress
