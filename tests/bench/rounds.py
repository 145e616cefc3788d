"""Statistics of values measured in rounds: median, spread and ratios."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Final

NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Spread:
    """The median and the quartiles: of five rounds, the second and the fourth."""

    middle: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    if not values:
        return Spread(NEVER, NEVER, NEVER)
    ordered = list(values)
    return Spread(median(ordered), percentile(25, ordered), percentile(75, ordered))


def ratios(own: Sequence[float], others: Sequence[float]) -> list[float]:
    """Computed round by round, so that the machine's other load cancels out."""
    pairs = zip(own, others, strict=True)
    return [mine / other for mine, other in pairs if other and isfinite(other)]


def percentile(percent: int, values: Sequence[float]) -> float:
    """The value that this percentage does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
