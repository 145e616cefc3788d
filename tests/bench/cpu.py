"""The CPU time of a submission and a command: bots compared with the durable floors, in turns."""

from collections.abc import Sequence
from typing import Final

from tests.bench.contestants import DURABLE, SHARED_COMMITS, Contestant
from tests.bench.measuring import Amount, Results
from tests.bench.rounds import Spread, ratios, spread
from tests.bench.running import cpu_measured

AMOUNT: Final = Amount(rounds=9, submissions=400)
_THOUSANDTHS: Final = 1000.0


async def compare(bots: Sequence[Contestant], amount: Amount) -> str:
    """The first bot is the one under test."""
    floors = [DURABLE, SHARED_COMMITS]
    metrics = await cpu_measured([*bots, *floors], amount)
    lines = [f"Medians of {amount.rounds} rounds, with quartiles; ratios are taken round by round."]
    for each in (*bots, *floors):
        figures = metrics[each.name]
        milliseconds = [
            _told(spread([_THOUSANDTHS * one for one in values]), "ms")
            for values in (figures.submission_cpu, figures.command_cpu)
        ]
        lines.append(
            f"{each.title}: a submission {milliseconds[0]}, a command {milliseconds[1]};"
            f" {_told(spread(figures.rates), '/s')}"
        )
    lines += [_beside(each, floor, metrics) for each in bots for floor in floors]
    lines += [_beside(bots[0], each, metrics) for each in bots[1:]]
    return "\n".join(lines)


def _beside(own: Contestant, other: Contestant, metrics: Results) -> str:
    mine, others = metrics[own.name], metrics[other.name]
    submission = spread(ratios(mine.submission_cpu, others.submission_cpu))
    command = spread(ratios(mine.command_cpu, others.command_cpu))
    return (
        f"{own.title} of {other.title}: a submission {_told(submission)},"
        f" a command {_told(command)}"
    )


def _told(one: Spread, unit: str = "") -> str:
    digits = 0 if unit == "/s" else 3
    low, high = (f"{value:.{digits}f}" for value in (one.low, one.high))
    return f"{one.middle:.{digits}f} {unit}".strip() + f" ({low} to {high})"
