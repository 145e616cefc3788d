"""Prometheus accepts the alert rules and the dashboard's queries, and the bot has their metrics."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
import yaml

import bot
from tests.metrics import Samples
from tests.operations.day import figures_of_a_day
from tests.operations.promtool import promtool

FILES: Final = Path(bot.__file__).parent / "operations"
ALERTS: Final = FILES / "alerts.yml"
ALERTS_TEST: Final = Path(__file__).parent / "alerts.test.yml"
DASHBOARD: Final = json.loads((FILES / "grafana-dashboard.json").read_text(encoding="utf-8"))
PANELS: Final[list[dict[str, Any]]] = DASHBOARD["panels"]
TARGETS: Final = [target for panel in PANELS for target in panel["targets"]]
RULES: Final[list[dict[str, Any]]] = [
    rule
    for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
# Labels and series that Prometheus and Grafana add themselves.
THEIRS: Final = {"up"}
THEIR_LABELS: Final = {"job", "instance"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shown(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return await figures_of_a_day(tmp_path_factory.mktemp("day"))


def test_prometheus_accepts_the_alert_rules() -> None:
    promtool("check", "rules", ALERTS)


def test_each_alert_fires_when_it_should_and_no_other_does() -> None:
    promtool("test", "rules", ALERTS_TEST)


def test_every_alert_has_such_a_test() -> None:
    tested = ALERTS_TEST.read_text(encoding="utf-8")

    assert [rule["alert"] for rule in RULES if rule["alert"] not in tested] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["alert"].startswith("WeavSlack")
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "mend"}


def test_the_alert_tests_use_metrics_that_the_bot_has(shown: Samples) -> None:
    tests = yaml.safe_load(ALERTS_TEST.read_text(encoding="utf-8"))["tests"]

    used = {read_series(each["series"]) for test in tests for each in test["input_series"]}

    assert {each for each in used if each[0] not in THEIRS} <= shown.keys()


def test_every_query_of_the_dashboard_returns_something_from_a_running_bot(
    shown: Samples, tmp_path: Path
) -> None:
    unit_test = tmp_path / "dashboard.test.yml"
    unit_test.write_text(yaml.safe_dump(as_unit_test(shown)), encoding="utf-8")

    promtool("test", "rules", unit_test)


def test_every_label_in_the_dashboard_exists_in_the_metrics(shown: Samples) -> None:
    for target in TARGETS:
        labels = {label for name, pairs in shown if name in target["expr"] for label, _ in pairs}
        grouped = ", ".join(re.findall(r"by \(([^)]*)\)", target["expr"]))
        named = re.findall(r"\{\{(\w+)}}", target["legendFormat"])
        assert {*re.findall(r"\w+", grouped), *named} <= labels | THEIR_LABELS


def test_every_metric_is_on_the_dashboard(shown: Samples) -> None:
    families = {
        re.sub(r"_(bucket|sum|count|created)$", "", name)
        for name, _ in shown
        if name.startswith("weav_slack_")
    }

    drawn = " ".join(target["expr"] for target in TARGETS)

    assert [name for name in families if name not in drawn] == []


def test_the_dashboard_fits_its_grid() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    cells = [
        (panel["gridPos"]["x"] + across, panel["gridPos"]["y"] + down)
        for panel in PANELS
        for across in range(panel["gridPos"]["w"])
        for down in range(panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_every_panel_queries_the_chosen_prometheus_and_job() -> None:
    variables = {each["name"]: each["type"] for each in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource": "datasource", "job": "textbox"}
    for panel in PANELS:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        names = [target["refId"] for target in panel["targets"]]
        assert len(set(names)) == len(names)
    for target in TARGETS:
        selectors = re.findall(r"\b(?:weav_slack|process)_\w+(\{[^}]*\})?", target["expr"])
        assert set(selectors) == {'{job="$job"}'}


def read_series(series: str) -> tuple[str, frozenset[tuple[str, str]]]:
    name, _, labels = series.partition("{")
    pairs = frozenset(re.findall(r'(\w+)="([^"]*)"', labels))
    return name, frozenset((label, text) for label, text in pairs if label not in THEIR_LABELS)


def as_unit_test(samples: Samples) -> dict[str, Any]:
    """Let all metrics grow to their values, and check that each query returns something."""
    series = [
        {"series": f"{name}{{{selector(labels)}}}", "values": f"0+{abs(value)}x30"}
        for (name, labels), value in samples.items()
    ]
    tests = [
        {
            "expr": f"count({in_prometheus(target['expr'])}) > bool 0",
            "eval_time": "20m",
            "exp_samples": [{"labels": "{}", "value": 1}],
        }
        for target in TARGETS
    ]
    return {"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": tests}]}


def selector(labels: frozenset[tuple[str, str]]) -> str:
    return ",".join(f'{name}="{text}"' for name, text in sorted({*labels, ("job", "weav-slack")}))


def in_prometheus(expression: str) -> str:
    """Fill in the variables, as Grafana does."""
    return expression.replace("$job", "weav-slack").replace("$__rate_interval", "5m")
