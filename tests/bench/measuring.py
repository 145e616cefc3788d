"""Measures the contestants, always in turns, so that the machine's other load affects all."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from tests.bench.contestants import Contestant, running
from tests.bench.rounds import NEVER, percentile
from tests.bench.team import Sent, Team


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of each measurement a round has; `weav_takes` and the other times in seconds.

    Busy means enough concurrent submissions that nobody is idle while an answer is on its way.
    """

    rounds: int = 5
    starts: int = 5
    commands: int = 80
    burst: int = 200
    cards: int = 20
    submissions: int = 600
    submissions_at_once: int = 200
    busy_commands: int = 300
    commands_at_once: int = 20
    slow: int = 100
    weav_takes: float = 5.0
    waits: float = 20.0


FULL: Final = Amount()
QUICK: Final = Amount(
    starts=1, commands=12, cards=4, submissions=250, busy_commands=100, slow=40, weav_takes=1
)
_WARM_UP: Final = 20
# Weav's own seconds, which are subtracted again.
WEAV_USUALLY_TAKES: Final = 0.02
# Seconds between polls for arrivals; and seconds without news after which nothing more will come.
_LOOK: Final = 0.005
_STUCK: Final = 20.0
# Seconds for a contestant to finish its work after a card, which counts, too.
_SETTLES: Final = 0.1


@dataclass(slots=True)
class Figures:
    """One contestant's values, one per round: seconds, or submissions/s; then counts and MB."""

    starts: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    answers_p99: list[float] = field(default_factory=list)
    views: list[float] = field(default_factory=list)
    views_p99: list[float] = field(default_factory=list)
    burst_p99: list[float] = field(default_factory=list)
    burst_views_p99: list[float] = field(default_factory=list)
    cards: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    submission_cpu: list[float] = field(default_factory=list)
    command_cpu: list[float] = field(default_factory=list)
    connections: int = 0
    slow_in_time: int = 0
    slow_cards: int = 0
    unanswered: int = 0
    without_card: int = 0
    twice: int = 0
    megabytes: float = 0.0


Results = defaultdict[str, Figures]


async def starts(contestants: list[Contestant], stage_url: str, times: int, of: Results) -> None:
    """From the start of the process to its first answer; the very first start only warms up."""
    for number in range(times + 1):
        for contestant in contestants:
            async with running(contestant, stage_url) as one:
                await one.answers()
                if number:
                    of[contestant.name].starts.append(time.monotonic() - one.began)


async def commands(teams: list[Team], amount: Amount, of: Results) -> None:
    """One at a time; each waits until everything that the previous one caused has happened."""
    for number in range(amount.rounds + 1):
        for team in teams:
            await team.forget()
        sent: dict[str, list[Sent]] = defaultdict(list)
        for place in range(amount.commands if number else _WARM_UP):
            for team in teams:
                sent[team.name].append(await team.command())
                await team.until_there(team.forms, place + 1)
        for team in teams if number else ():
            metrics, answers = of[team.name], [each.seconds for each in sent[team.name]]
            views = await team.views(sent[team.name])
            metrics.answers.append(median(answers))
            metrics.answers_p99.append(percentile(99, answers))
            metrics.views.append(median(views))
            metrics.views_p99.append(percentile(99, views))


async def bursts(teams: list[Team], amount: Amount, of: Results) -> None:
    for number in range(amount.rounds + 1):
        for team in teams:
            await team.forget()
            sent = await asyncio.gather(*(team.command() for _ in range(amount.burst)))
            views = await team.views(sent)
            if not number:
                continue
            metrics = of[team.name]
            metrics.burst_p99.append(percentile(99, [each.seconds for each in sent]))
            metrics.burst_views_p99.append(percentile(99, views))
            metrics.unanswered += sum(each.seconds == NEVER for each in sent)
            metrics.connections = max(metrics.connections, (await team.seen())["connections"])


async def cards(teams: list[Team], amount: Amount, of: Results) -> None:
    """One at a time: from sending a submission to the card, without Weav's time."""
    await teams[0].weav_takes(WEAV_USUALLY_TAKES)
    for number in range(amount.rounds + 1):
        took: dict[str, list[float]] = defaultdict(list)
        for _ in range(amount.cards if number else _WARM_UP):
            for team in teams:
                took[team.name].append(await _one_card(team, amount.waits, of[team.name]))
        for team in teams if number else ():
            of[team.name].cards.append(median(took[team.name]))
    await teams[0].weav_takes(0)


async def _one_card(team: Team, within: float, metrics: Figures) -> float:
    await team.forget()
    sent = await team.submit()
    there = await team.until_there(team.cards, 1, within)
    seen = await team.seen()
    metrics.twice += seen["more_than_once"]
    metrics.without_card += 1 - there
    metrics.unanswered += sent.seconds == NEVER
    weav = _time(seen, "weav_answered", sent) - _time(seen, "weav_asked", sent)
    return _time(seen, "cards", sent) - sent.at - weav


def _time(seen: dict[str, dict[int, float]], what: str, sent: Sent) -> float:
    return seen[what].get(sent.number, NEVER)


async def busy(teams: list[Team], amount: Amount, of: Results) -> None:
    """Submissions, then commands: how many per second, and the CPU time of each."""
    for number in range(amount.rounds + 1):
        for team in teams:
            warm_up = Figures()
            metrics = of[team.name] if number else warm_up
            await _submissions(team, amount, metrics)
            await _commands(team, amount, metrics)


async def _submissions(team: Team, amount: Amount, metrics: Figures) -> None:
    await team.forget()
    spent, began = team.contestant.cpu_seconds(), time.monotonic()
    count = amount.submissions
    done = await sending(team.submit, team.cards, count, amount.submissions_at_once)
    await asyncio.sleep(_SETTLES)
    spent = team.contestant.cpu_seconds() - spent
    seen = await team.seen()
    metrics.submission_cpu.append(spent / done.there if done.there else NEVER)
    metrics.rates.append(done.there / (max(seen["cards"].values(), default=NEVER) - began))
    metrics.unanswered += done.unanswered
    metrics.without_card += count - done.there
    metrics.twice += seen["more_than_once"]


async def _commands(team: Team, amount: Amount, metrics: Figures) -> None:
    await team.forget()
    spent = team.contestant.cpu_seconds()
    done = await sending(team.command, team.forms, amount.busy_commands, amount.commands_at_once)
    await asyncio.sleep(_SETTLES)
    spent = team.contestant.cpu_seconds() - spent
    metrics.command_cpu.append(spent / done.there if done.there else NEVER)
    metrics.unanswered += done.unanswered


@dataclass(frozen=True, slots=True)
class Done:
    there: int
    unanswered: int


async def sending(
    send: Callable[[], Awaitable[Sent]],
    arrived: Callable[[], Awaitable[int]],
    count: int,
    at_once: int,
) -> Done:
    """This many run at any time, from sending until their card or form arrives.

    Otherwise a contestant that answers Slack first would have all of them at once.
    """
    sent: list[asyncio.Future[Sent]] = []
    there, progress = 0, time.monotonic()
    while there < count and time.monotonic() - progress < _STUCK:
        room = min(count, there + at_once) - len(sent)
        sent += [asyncio.ensure_future(send()) for _ in range(room)]
        await asyncio.sleep(_LOOK)
        before, there = there, await arrived()
        if there > before:
            progress = time.monotonic()
    unanswered = sum(each.seconds == NEVER for each in await asyncio.gather(*sent))
    return Done(there, unanswered)


async def slow_weav(teams: list[Team], amount: Amount, of: Results) -> None:
    await teams[0].weav_takes(amount.weav_takes)
    for team in teams:
        await team.forget()
        metrics = of[team.name]
        began = time.monotonic()
        sent = await asyncio.gather(*(team.submit() for _ in range(amount.slow)))
        metrics.slow_in_time = sum(each.seconds < NEVER for each in sent)
        left = amount.waits - (time.monotonic() - began)
        metrics.slow_cards = await team.until_there(team.cards, amount.slow, left)
        metrics.twice += (await team.seen())["more_than_once"]
    await teams[0].weav_takes(0)
