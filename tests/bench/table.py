"""The figures as a table, with the targets and which of them the bot reaches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal

from tests.bench.contestants import ASYNC, BOT, DURABLE, JAVASCRIPT, PEER, SHARED_COMMITS, SYNC
from tests.bench.measuring import Amount, Figures
from tests.bench.rounds import Spread, ratios, spread

NOT_INSTALLED: Final = "not installed"
_THOUSANDTHS: Final = 1000.0
# Programs that people would write, without a ledger. The peer opens its forms as the floors do.
_RIVALS: Final = (SYNC.name, ASYNC.name, JAVASCRIPT.name)
_BEST: Final = "best"
_REACHED: Final = {True: "reached", False: "**missed**"}


@dataclass(frozen=True, slots=True)
class Target:
    """At most, or for "more" at least, this many times a contestant's or the best rival's value."""

    factor: float
    of: str


@dataclass(frozen=True, slots=True)
class Verdict:
    target: Target
    ratio: Spread
    reached: bool


@dataclass(frozen=True, slots=True)
class Row:
    """`values`: one per round, or just one. `wanted`: the only acceptable count."""

    title: str
    unit: str
    values: Callable[[Figures], Sequence[float]]
    better: Literal["less", "more"] = "less"
    targets: tuple[Target, ...] = ()
    wanted: int | None = None

    def spread(self, figures: Figures) -> Spread:
        return spread(self.values(figures))

    def best(self, metrics: Mapping[str, Figures]) -> str:
        """The name of the best rival; "" without any."""
        rivals = [name for name in _RIVALS if name in metrics]
        choose = min if self.better == "less" else max
        return choose(rivals, key=lambda name: self.spread(metrics[name]).middle, default="")

    def verdict(self, target: Target, metrics: Mapping[str, Figures]) -> Verdict | None:
        """Judge the median of the ratios per round; None if there is nobody to compare with."""
        name = self.best(metrics) if target.of == _BEST else target.of
        if name not in metrics:
            return None
        ratio = spread(ratios(self.values(metrics[BOT.name]), self.values(metrics[name])))
        if not isfinite(ratio.middle):
            return None
        reached = (
            ratio.middle <= target.factor
            if self.better == "less"
            else ratio.middle >= target.factor
        )
        return Verdict(target, ratio, reached)


def rows(amount: Amount) -> list[Row]:
    slow = f"{amount.slow} submissions, Weav takes {amount.weav_takes:g} s"
    burst = f"{amount.burst} commands at once"
    return [
        Row(
            "CPU per submission",
            "ms",
            lambda f: _milliseconds(f.submission_cpu),
            targets=(Target(1.3, DURABLE.name), Target(1.3, SHARED_COMMITS.name)),
        ),
        Row(
            "CPU per command",
            "ms",
            lambda f: _milliseconds(f.command_cpu),
            targets=(Target(1.3, DURABLE.name), Target(1.3, SHARED_COMMITS.name)),
        ),
        Row(
            f"Submissions, {amount.submissions_at_once} in flight",
            "/s",
            lambda f: f.rates,
            "more",
            targets=(
                Target(0.75, DURABLE.name),
                Target(0.75, SHARED_COMMITS.name),
                Target(0.8, JAVASCRIPT.name),
                Target(1.5, ASYNC.name),
                Target(1.0, PEER.name),
            ),
        ),
        Row(
            "Submission to card, without Weav's time, p50",
            "ms",
            lambda f: _milliseconds(f.cards),
            targets=(Target(1.2, _BEST),),
        ),
        Row(
            "Command to `views.open`, p50",
            "ms",
            lambda f: _milliseconds(f.views),
            targets=(Target(1.05, _BEST),),
        ),
        Row("Command to `views.open`, p99", "ms", lambda f: _milliseconds(f.views_p99)),
        Row(
            "Command to acknowledgement, p50",
            "ms",
            lambda f: _milliseconds(f.answers),
            targets=(Target(0.15, ASYNC.name), Target(1.0, JAVASCRIPT.name)),
        ),
        Row("Command to acknowledgement, p99", "ms", lambda f: _milliseconds(f.answers_p99)),
        Row(
            f"{burst}: acknowledgement, p99",
            "ms",
            lambda f: _milliseconds(f.burst_p99),
            targets=(Target(0.7, _BEST),),
        ),
        Row(f"{burst}: `views.open`, p99", "ms", lambda f: _milliseconds(f.burst_views_p99)),
        Row(
            f"{slow}: answered in 3 s",
            "",
            lambda f: [f.slow_in_time],
            "more",
            wanted=amount.slow,
        ),
        Row(
            f"{slow}: cards in {amount.waits:g} s",
            "",
            lambda f: [f.slow_cards],
            "more",
            wanted=amount.slow,
        ),
        Row(
            "Memory at the end",
            "MB",
            lambda f: [f.megabytes],
            targets=(Target(0.7, JAVASCRIPT.name),),
        ),
        Row(
            "Start to first answer",
            "s",
            lambda f: f.starts,
            targets=(Target(1.2, DURABLE.name),),
        ),
        Row(f"{burst}: connections to Slack", "", lambda f: [f.connections]),
        Row(
            "Unanswered, no card, or created twice in other rows",
            "",
            lambda f: [f.unanswered + f.without_card + f.twice],
            wanted=0,
        ),
    ]


def _milliseconds(seconds: Sequence[float]) -> list[float]:
    return [_THOUSANDTHS * each for each in seconds]


def number(value: float, unit: str) -> str:
    if not isfinite(value):
        return "never"
    digits = 2 if unit == "s" or (unit == "ms" and value < 10) else 0
    return f"{value:,.{digits}f}"


def cell(row: Row, figures: Figures) -> str:
    """The median, with the quartiles if there were rounds."""
    found, unit = row.spread(figures), row.unit
    middle = f"{number(found.middle, unit)} {unit}".strip()
    if len(row.values(figures)) == 1:
        return middle
    return f"{middle} ({number(found.low, unit)} to {number(found.high, unit)})"


def verdicts(row: Row, metrics: Mapping[str, Figures], titles: Mapping[str, str]) -> str:
    """Each target and whether it is reached, as text for a cell."""
    if row.wanted is not None:
        [there] = row.values(metrics[BOT.name])
        return f"{row.wanted}: {_REACHED[there == row.wanted]}"
    sign = "≤" if row.better == "less" else "≥"
    named = {_BEST: "the best that stores nothing", **titles}
    found = [row.verdict(target, metrics) for target in row.targets]
    return "; ".join(
        f"{sign} {each.target.factor:g} of {named[each.target.of]}:"
        f" {each.ratio.middle:.2f} ({each.ratio.low:.2f} to {each.ratio.high:.2f}),"
        f" {_REACHED[each.reached]}"
        for each in found
        if each is not None
    )


def table(
    metrics: Mapping[str, Figures], titles: Mapping[str, str], amount: Amount
) -> list[list[str]]:
    """The header and the rows; contestants missing in `metrics` are not installed."""
    lines = [["", *titles.values(), "target"]]
    for row in rows(amount):
        cells = [cell(row, metrics[name]) if name in metrics else NOT_INSTALLED for name in titles]
        lines.append([row.title, *cells, verdicts(row, metrics, titles)])
    return lines


def markdown(lines: list[list[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    drawn = [_line(line, widths) for line in lines]
    rule = "|" + "|".join("-" * (w + 1) + (":" if n else "-") for n, w in enumerate(widths)) + "|"
    return "\n".join([drawn[0], rule, *drawn[1:]]) + "\n"


def _line(cells: list[str], widths: list[int]) -> str:
    padded = [
        cell.rjust(width) if place else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"
