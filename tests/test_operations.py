"""The example dashboard and alert rules speak of figures that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

import bot
from bot.figures import Figures

OPERATIONS = Path(bot.__file__).parent / "operations"
DASHBOARD = json.loads((OPERATIONS / "grafana-dashboard.json").read_text(encoding="utf-8"))
ALERTS = yaml.safe_load((OPERATIONS / "alerts.yml").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",), "info": ("_info",)}
# Those of Prometheus itself, and of the process.
OTHERS = {"up", "process_resident_memory_bytes"}
METRIC = re.compile(r"\b(up|[a-z]+_[a-z_]+)(?:\{([^}]*)\})?(?=[\s\[)]|$)")
FUNCTIONS = {"histogram_quantile"}


def labels_by_name() -> dict[str, set[str]]:
    """Every name that /metrics can show, with its labels."""
    figures = Figures(CollectorRegistry())
    made = [each for each in vars(figures).values() if isinstance(each, MetricWrapperBase)]
    names: dict[str, set[str]] = {}
    for metric in made:
        [family] = metric.describe()
        for suffix in SUFFIXES.get(family.type, ("",)):
            names[family.name + suffix] = {*metric._labelnames, "le"}  # noqa: SLF001 - nothing public
    return names


KNOWN = labels_by_name()
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_figure_and_label_exists(expression: str) -> None:
    used = [each for each in METRIC.findall(expression) if each[0] not in FUNCTIONS]

    assert used
    for name, selectors in used:
        assert name in KNOWN.keys() | OTHERS
        labels = set(re.findall(r"(\w+)\s*=", selectors)) - {"job", "instance"}
        assert labels <= KNOWN.get(name, set())
    for grouped in re.findall(r"by \(([^)]*)\)", expression):
        known = set().union(*(KNOWN.get(name, set()) for name, _ in used))
        assert {label.strip() for label in grouped.split(",")} <= known


def test_every_figure_is_on_the_dashboard() -> None:
    shown = " ".join(EXPRESSIONS)

    missing = [name for name in KNOWN if name.removesuffix("_sum") not in shown]
    assert [name for name in missing if not name.endswith(("_count", "_bucket"))] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["alert"].startswith("WeavSlack")
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "mend"}


def test_the_dashboard_fits_its_grid() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (panel["gridPos"]["x"] + across, panel["gridPos"]["y"] + down)
        for panel in panels
        for across in range(panel["gridPos"]["w"])
        for down in range(panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
