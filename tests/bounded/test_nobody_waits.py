"""Whatever one user sends or Weav answers, another user's `help` is answered at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.weav import WeavFault
from tests.bounded.entries import ENTRIES
from tests.bounded.stage import Stage, staged
from tests.bounded.texts import RUNS, TEXTS, joined
from tests.new_examples import with_new_examples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Seconds; the best of three tries, since other work on the machine may stop any of these processes.
LIMIT: Final = 0.25
TRIES: Final = 3
# These blocked the bot longest before it cut its texts.
WORST: Final = (
    "letters",
    "equals",
    "new lines",
    "accents out of order",
    "an address without an end",
    "a word in a link",
)
# Lists from Weav in bodies of the largest size that the bot reads.
PAGES, ROWS = 5, 2000
FEW = settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
MANY = with_new_examples(settings(FEW, max_examples=1000))


@pytest.fixture(scope="module", params=["http", "socket"])
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage"), request.param) as opened:
        yield opened
        assert opened.bugs() == []


def wait(stage: Stage, entry: str, text: str) -> float:
    longest = float("inf")
    for _ in range(TRIES):
        longest = min(longest, stage.longest_wait(ENTRIES[entry](stage, text)))
        if longest < LIMIT:
            break
    return longest


def too_long(stage: Stage, entry: str, texts: Any) -> dict[str, float]:  # noqa: ANN401
    waits = {name: wait(stage, entry, TEXTS[name]) for name in texts}
    print(f"{entry}: {max(waits.values()) * 1000:.0f} ms at most")  # noqa: T201
    return {name: round(seconds, 2) for name, seconds in waits.items() if seconds >= LIMIT}


@pytest.mark.parametrize("entry", ENTRIES)
def test_nobody_waits_for_the_worst_texts(stage: Stage, entry: str) -> None:
    assert too_long(stage, entry, WORST) == {}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("entry", ENTRIES)
def test_nobody_waits_for_any_text_in_the_table(stage: Stage, entry: str) -> None:
    assert too_long(stage, entry, TEXTS) == {}


def wait_for_list(stage: Stage, path: str, payload: Any) -> float:  # noqa: ANN401
    """Measure while the bot reads Weav's list, whose names are hard, too, and once more."""
    body = {"name": TEXTS["accents out of order"][:100], "is_active": True}
    for page in range(PAGES):
        rows = [
            {"id": str(uuid4()), "email": f"number-{page * ROWS + row}@example.com"} | body
            for row in range(ROWS)
        ]
        answer = {"data": rows, "links": {"next": page + 1 < PAGES}}
        whole = json.dumps(answer, ensure_ascii=False).encode()
        stage.weav.fail(WeavFault(status=200, body=whole, times=1, method="GET", path=path))
    return max(stage.longest_wait(payload), stage.longest_wait(payload))


def pages_read(stage: Stage, path: str) -> int:
    return [request.path for request in stage.weav.requests].count(f"/v1{path}")


@pytest.mark.parametrize(
    "query", ["", "n u m b e r 9", "number-9999@example.com", "e\u0301" * 20_000]
)
def test_nobody_waits_for_a_company_of_ten_thousand(stage: Stage, query: str) -> None:
    payload = ENTRIES["customers typed ahead"](stage, query)
    waits: list[float] = []
    while len(waits) < TRIES and min(waits, default=LIMIT) >= LIMIT:
        company_id = str(uuid4())
        stage.run(stage.belongs_to(company_id))
        waits.append(wait_for_list(stage, f"/companies/{company_id}/customers", payload))

    print(f"{min(waits) * 1000:.0f} ms")  # noqa: T201
    assert min(waits) < LIMIT
    assert pages_read(stage, f"/companies/{company_id}/customers") == PAGES


def test_nobody_waits_for_ten_thousand_agents(tmp_path: Path) -> None:
    """Weav is asked for agents once in five minutes: this takes a new bot, and only one try."""
    with staged(tmp_path, "http") as stage:
        payload = ENTRIES["agents typed ahead"](stage, "n u m b e r")
        longest = wait_for_list(stage, "/agents", payload)
        pages = pages_read(stage, "/agents")

    print(f"{longest * 1000:.0f} ms")  # noqa: T201
    assert (longest < LIMIT, pages) == (True, PAGES)


def send_any_text(stage: Stage, data: st.DataObject) -> None:
    entry, runs = data.draw(st.sampled_from(sorted(ENTRIES))), data.draw(RUNS)
    assert wait(stage, entry, joined(runs)) < LIMIT


def test_nobody_waits_for_random_texts(stage: Stage) -> None:
    FEW(given(st.data())(lambda data: send_any_text(stage, data)))()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nobody_waits_for_very_many_random_texts(stage: Stage) -> None:
    MANY(given(st.data())(lambda data: send_any_text(stage, data)))()
