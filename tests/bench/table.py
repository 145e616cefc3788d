"""The figures as rows with ratios, and which of the targets are reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal

from tests.bench.contestants import BOT, FLOOR
from tests.bench.measuring import Amount, Figures, middle, percentile

NOT_INSTALLED: Final = "not installed"
_THOUSANDTHS: Final = 1000.0
_NO_OTHERS: Final = (BOT.name, FLOOR.name)


@dataclass(frozen=True, slots=True)
class Target:
    """At most, or for "more" at least, this many times a contestant's value, or the best's."""

    factor: float
    of: Literal["best", "async", "js"]


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    unit: str
    value: Callable[[Figures], float]
    better: Literal["less", "more"] = "less"
    targets: tuple[Target, ...] = ()

    def best_other(self, metrics: Mapping[str, Figures]) -> float | None:
        others = [self.value(each) for name, each in metrics.items() if name not in _NO_OTHERS]
        choose = min if self.better == "less" else max
        return choose(others) if others else None

    def beside(self, metrics: Mapping[str, Figures], name: str) -> float | None:
        """How many times the other's value the bot's is; None without both."""
        best = self.best_other(metrics)
        other = best if name == "best" else self.value(metrics[name]) if name in metrics else None
        own = self.value(metrics["bot"])
        return own / other if other and isfinite(other) and isfinite(own) else None

    def reached(self, target: Target, ratio: float) -> bool:
        return ratio <= target.factor if self.better == "less" else ratio >= target.factor


def rows(amount: Amount) -> list[Row]:
    slow = f"{amount.slow} submissions, Weav takes {amount.weav_takes:g} s"
    burst = f"{amount.burst} commands at once"
    best = (Target(1.0, "best"),)
    return [
        Row(
            "Command to acknowledgement, p50",
            "ms",
            lambda f: _THOUSANDTHS * middle(f.answers),
            targets=(Target(0.15, "async"), Target(1.0, "js")),
        ),
        Row(
            "Command to acknowledgement, p99",
            "ms",
            lambda f: _THOUSANDTHS * percentile(99, f.answers),
        ),
        Row(
            "Command to `views.open`, p50",
            "ms",
            lambda f: _THOUSANDTHS * middle(f.views),
            targets=best,
        ),
        Row("Command to `views.open`, p99", "ms", lambda f: _THOUSANDTHS * percentile(99, f.views)),
        Row(
            f"{burst}: acknowledgement, p99",
            "ms",
            lambda f: _THOUSANDTHS * middle(f.burst_p99),
            targets=(Target(0.7, "best"),),
        ),
        Row(
            f"{burst}: `views.open`, p99", "ms", lambda f: _THOUSANDTHS * middle(f.burst_views_p99)
        ),
        Row(
            "Submission to card, less Weav's time, p50",
            "ms",
            lambda f: _THOUSANDTHS * middle(f.cards),
            targets=(Target(1.2, "best"),),
        ),
        Row(f"{slow}: answered in 3 s", "", lambda f: f.slow_in_time, "more"),
        Row(f"{slow}: cards in {amount.waits:g} s", "", lambda f: f.slow_cards, "more"),
        Row(
            "Submissions, sustained",
            "/s",
            lambda f: middle(f.rates),
            "more",
            targets=(Target(1.3, "best"),),
        ),
        Row("CPU for each of them", "ms", lambda f: _THOUSANDTHS * middle(f.cpu)),
        Row(f"{burst}: connections to Slack", "", lambda f: f.connections),
        Row("Memory after it all", "MB", lambda f: f.megabytes, targets=(Target(0.7, "js"),)),
        Row("Start to the first answer", "s", lambda f: middle(f.starts)),
        Row(
            "Else not answered, no card, or done twice",
            "",
            lambda f: f.unanswered + f.without_card + f.twice,
        ),
    ]


def number(value: float, unit: str) -> str:
    if not isfinite(value):
        return "never"
    digits = 2 if unit == "s" or (unit == "ms" and value < 10) else 0
    return f"{value:,.{digits}f} {unit}".strip()


def verdict(row: Row, metrics: Mapping[str, Figures], titles: Mapping[str, str]) -> str:
    """Return each target and whether it is reached, as words for a cell."""
    sign = "≤" if row.better == "less" else "≥"
    said = []
    for target in row.targets:
        ratio = row.beside(metrics, target.of)
        if ratio is None:
            continue
        against = "the best other" if target.of == "best" else titles[target.of]
        word = "reached" if row.reached(target, ratio) else "**missed**"
        said.append(f"{sign} {target.factor:g} of {against}: {ratio:.2f}, {word}")
    return "; ".join(said)


def table(
    metrics: Mapping[str, Figures], titles: Mapping[str, str], amount: Amount
) -> list[list[str]]:
    """Return the header and the rows; who is not in `figures` is not installed."""
    lines = [["", *titles.values(), "of the best other", "target"]]
    for row in rows(amount):
        ratio = row.beside(metrics, "best")
        values = [
            number(row.value(metrics[name]), row.unit) if name in metrics else NOT_INSTALLED
            for name in titles
        ]
        beside = "" if ratio is None else f"{ratio:.2f}"
        lines.append([row.title, *values, beside, _slow_target(row, metrics, amount, titles)])
    return lines


def _slow_target(
    row: Row, metrics: Mapping[str, Figures], amount: Amount, titles: Mapping[str, str]
) -> str:
    if not row.title.startswith(f"{amount.slow} submissions"):
        return verdict(row, metrics, titles)
    word = "reached" if row.value(metrics["bot"]) == amount.slow else "**missed**"
    return f"{amount.slow}: {word}"


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
