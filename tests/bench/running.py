"""One run of the bench from the first start to the last figure."""

import sys
import time
from collections import defaultdict
from contextlib import AsyncExitStack, closing

from tests.bench import measuring
from tests.bench.contestants import Contestant, Running, running, stage
from tests.bench.measuring import Amount, Figures, Results
from tests.bench.team import Team


async def measured(contestants: list[Contestant], amount: Amount) -> Results:
    """All of them run from beginning to end; only one has something to do at a time."""
    metrics: Results = defaultdict(Figures)
    async with AsyncExitStack() as stack:
        stage_url = await stack.enter_async_context(stage())
        _tell("starts")
        await measuring.starts(contestants, stage_url, amount.starts, metrics)
        teams = []
        for contestant in contestants:
            one: Running = await stack.enter_async_context(running(contestant, stage_url))
            await one.answers()
            team = stack.enter_context(closing(Team(one, stage_url)))
            await team.learn_the_form()
            teams.append(team)
        await _all_phases(teams, amount, metrics)
    return metrics


async def _all_phases(teams: list[Team], amount: Amount, metrics: Results) -> None:
    _tell("commands")
    await measuring.commands(teams, amount, metrics)
    _tell("bursts")
    await measuring.bursts(teams, amount, metrics)
    _tell("cards")
    await measuring.cards(teams, amount, metrics)
    _tell("rates")
    await measuring.rates(teams, amount, metrics)
    _tell("a slow Weav")
    await measuring.slow_weav(teams, amount, metrics)
    for team in teams:
        metrics[team.name].megabytes = team.contestant.megabytes()


def _tell(phase: str) -> None:
    print(f"{time.strftime('%X')} measuring {phase} …", file=sys.stderr, flush=True)  # noqa: T201 - a command's progress
