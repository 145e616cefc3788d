"""The table is complete, and the README shows its counts."""

from collections import Counter
from pathlib import Path

from tests.bad_days.slack_codes import CODES
from tests.bad_days.table import METHODS, NOWHERE, WEAV, slack

README = Path(__file__).parents[1] / "README.md"


def test_the_table_has_every_status_and_every_documented_code() -> None:
    statuses = {str(status) for status in range(400, 600)}
    assert statuses <= {day.name for day in WEAV}
    for method in METHODS:
        names = {day.name for day in slack(method)}
        assert statuses <= names
        assert {f"`{code}`" for code in CODES.get(method, [])} <= names


def test_the_table_has_no_row_twice() -> None:
    for names in (map(str, WEAV), *(map(str, slack(method)) for method in METHODS)):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_the_readme_shows_the_counts() -> None:
    by_method = {method: len(slack(method)) for method in METHODS}
    for method in ("views.open", "chat.postMessage"):  # tests/bad_days/test_unreachable.py
        by_method[method] += len(NOWHERE)
    at_weav, at_slack = len(WEAV) + len(NOWHERE), sum(by_method.values())
    codes = sum(len(codes) for codes in CODES.values())
    print(f"rows for Weav: {at_weav}")  # noqa: T201
    print(f"rows for Slack: {at_slack}, of which error codes: {codes}")  # noqa: T201
    print("by method:", by_method)  # noqa: T201

    readme = " ".join(README.read_text(encoding="utf-8").split())

    assert f"{at_weav} ways and Slack in {at_slack:,}; {codes} of Slack's are its" in readme
