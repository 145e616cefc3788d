"""Draws the most telling rows as bars, in an SVG that is readable on light and dark pages."""

from collections.abc import Iterator, Mapping
from html import escape
from math import isfinite
from typing import Final

from tests.bench.measuring import Amount, Figures
from tests.bench.table import Row, cell, rows

_WIDTH: Final = 760
_LEFT: Final = 230
_LONGEST: Final = 350
_BAR: Final = 16
_STEP: Final = 20
# Grey and one blue, each with enough contrast on white and on GitHub's dark page.
_STYLE: Final = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .other { fill: #8c959f }
  .bot { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .other { fill: #6e7681 }
    .bot { fill: #4493f8 }
  }
"""


def chart(metrics: Mapping[str, Figures], titles: Mapping[str, str], amount: Amount) -> str:
    shown = [row for row in rows(amount) if row.targets]
    height = 10 + len(shown) * (30 + len(metrics) * _STEP + 10)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        "<title>The bot compared with the same form written with Bolt</title>",
        f"<style>{_STYLE}</style>",
    ]
    top = 10
    for row in shown:
        parts += _group(row, metrics, titles, top)
        top += 40 + len(metrics) * _STEP
    return "\n".join([*parts, "</svg>"]) + "\n"


def _group(
    row: Row, metrics: Mapping[str, Figures], titles: Mapping[str, str], top: int
) -> Iterator[str]:
    better = "less is better" if row.better == "less" else "more is better"
    title = escape(f"{row.title.replace('`', '')} ({better})")
    yield f'<text class="title" x="10" y="{top + 16}">{title}</text>'
    shown = {name: row.spread(metrics[name]).middle for name in titles if name in metrics}
    most = max((value for value in shown.values() if isfinite(value)), default=0) or 1
    for place, (name, value) in enumerate(shown.items()):
        y = top + 28 + place * _STEP
        width = max(1, round(_LONGEST * min(value / most, 1)))
        kind = "bot" if name == "bot" else "other"
        yield f'<text x="10" y="{y + 12}">{escape(titles[name])}</text>'
        yield (f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{width}" height="{_BAR}" rx="2"/>')
        yield f'<text x="{_LEFT + width + 8}" y="{y + 12}">{cell(row, metrics[name])}</text>'
