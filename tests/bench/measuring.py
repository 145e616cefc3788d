"""What is done to the contestants, always in turns: what else the machine does falls on all."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from tests.bench.contestants import Contestant, running
from tests.bench.team import Sent, Team


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of everything; `weav_takes` in seconds, as the other times."""

    starts: int = 3
    commands: int = 400
    bursts: int = 5
    burst: int = 200
    alone: int = 100
    blocks: int = 5
    block: int = 400
    at_once: int = 32
    slow: int = 100
    weav_takes: float = 5.0
    waits: float = 20.0


FULL: Final = Amount()
QUICK: Final = Amount(
    starts=1, commands=60, bursts=2, alone=20, blocks=2, block=120, slow=40, weav_takes=1, waits=5
)
_WARM_UP: Final = 20
_NEVER: Final = float("inf")
# Seconds of Weav's own, which are taken off again.
WEAV_USUALLY_TAKES: Final = 0.02


@dataclass(slots=True)
class Figures:
    """Of one contestant: seconds, submissions a second, counts and megabytes."""

    starts: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    views: list[float] = field(default_factory=list)
    burst_p99: list[float] = field(default_factory=list)
    burst_views_p99: list[float] = field(default_factory=list)
    cards: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    connections: int = 0
    slow_in_time: int = 0
    slow_cards: int = 0
    slow_sent: int = 0
    unanswered: int = 0
    without_card: int = 0
    twice: int = 0
    megabytes: float = 0.0


Results = defaultdict[str, Figures]


async def starts(contestants: list[Contestant], stage_url: str, times: int, of: Results) -> None:
    """From the process's beginning to its first answer; the first time of all only warms up."""
    for number in range(times + 1):
        for contestant in contestants:
            began = time.monotonic()
            async with running(contestant, stage_url) as one:
                await one.answers()
                if number:
                    of[contestant.name].starts.append(time.monotonic() - began)


async def commands(teams: list[Team], amount: Amount, of: Results) -> None:
    """One after the other, and none before all that the one before it caused has happened."""
    for team in teams:
        await team.forget()
    sent: dict[str, list[Sent]] = defaultdict(list)
    for number in range(_WARM_UP + amount.commands):
        for team in teams:
            sent[team.name].append(await team.command())
            await team.one_more_view(number + 1)
    for team in teams:
        of[team.name].answers += [each.seconds for each in sent[team.name][_WARM_UP:]]
        of[team.name].views += (await team.views(sent[team.name]))[_WARM_UP:]


async def bursts(teams: list[Team], amount: Amount, of: Results) -> None:
    for number in range(amount.bursts + 1):
        for team in teams:
            await team.forget()
            sent = await asyncio.gather(*(team.command() for _ in range(amount.burst)))
            views = await team.views(sent)
            if not number:
                continue
            metrics = of[team.name]
            metrics.burst_p99.append(percentile(99, [each.seconds for each in sent]))
            metrics.burst_views_p99.append(percentile(99, views))
            metrics.unanswered += sum(each.seconds == _NEVER for each in sent)
            metrics.connections = max(metrics.connections, (await team.seen())["connections"])


async def cards(teams: list[Team], amount: Amount, of: Results) -> None:
    """One after the other: from the submission's leaving Slack to the card, without Weav's time."""
    await teams[0].weav_takes(WEAV_USUALLY_TAKES)
    for number in range(_WARM_UP + amount.alone):
        for team in teams:
            await team.forget()
            sent = await team.submit()
            there = await team.cards(1, amount.waits)
            seen = await team.seen()
            metrics = of[team.name]
            metrics.twice += seen["more_than_once"]
            metrics.without_card += 1 - there
            metrics.unanswered += sent.seconds == _NEVER
            if number >= _WARM_UP:
                weav = _time(seen, "weav_answered", sent) - _time(seen, "weav_asked", sent)
                metrics.cards.append(_time(seen, "cards", sent) - sent.at - weav)
    await teams[0].weav_takes(0)


def _time(seen: dict[str, dict[int, float]], what: str, sent: Sent) -> float:
    return seen[what].get(sent.number, _NEVER)


async def rates(teams: list[Team], amount: Amount, of: Results) -> None:
    """`at_once` submissions are under way at any time; a block ends with its last card."""
    for number in range(amount.blocks + 1):
        for team in teams:
            await team.forget()
            spent = team.contestant.cpu_seconds()
            began, waiting = time.monotonic(), iter(range(amount.block))
            unanswered = sum(
                await asyncio.gather(
                    *(keep_submitting(team, waiting) for _ in range(amount.at_once))
                )
            )
            there = await team.cards(amount.block, amount.waits)
            seen = await team.seen()
            if not number:
                continue
            metrics = of[team.name]
            metrics.cpu.append((team.contestant.cpu_seconds() - spent) / amount.block)
            metrics.rates.append(there / (max(seen["cards"].values()) - began))
            metrics.unanswered += unanswered
            metrics.without_card += amount.block - there
            metrics.twice += seen["more_than_once"]


async def keep_submitting(team: Team, waiting: Iterator[int]) -> int:
    """One after the other, for as long as there are some; how many were not answered in time."""
    unanswered = 0
    for _ in waiting:
        unanswered += (await team.submit()).seconds == _NEVER
    return unanswered


async def slow_weav(teams: list[Team], amount: Amount, of: Results) -> None:
    await teams[0].weav_takes(amount.weav_takes)
    for team in teams:
        await team.forget()
        metrics = of[team.name]
        began = time.monotonic()
        sent = await asyncio.gather(*(team.submit() for _ in range(amount.slow)))
        metrics.slow_sent = amount.slow
        metrics.slow_in_time = sum(each.seconds < _NEVER for each in sent)
        left = amount.waits - (time.monotonic() - began)
        metrics.slow_cards = await team.cards(amount.slow, left)
        metrics.twice += (await team.seen())["more_than_once"]
    await teams[0].weav_takes(0)


def percentile(percent: int, values: list[float]) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def middle(values: list[float]) -> float:
    return median(values) if values else _NEVER
