"""Runs the whole bench, and checks the rows that the machine's load does not change.

Times are only printed.
"""

import pytest

from tests.bench.__main__ import MOST_GROWTH
from tests.bench.chart import chart
from tests.bench.contestants import ASYNC, BOT, DURABLE, FLOOR, SHARED_COMMITS
from tests.bench.measuring import QUICK, Amount, Figures
from tests.bench.memory import sizes
from tests.bench.rounds import NEVER, Spread, percentile, ratios, spread
from tests.bench.running import cpu_measured, measured
from tests.bench.table import NOT_INSTALLED, Row, Target, markdown, rows, table

TITLES = {"bot": "weav-slack", "async": "async Bolt", "js": "Bolt for JavaScript"}
# Multiples of the CPU time of the least durable code. The target is 1.3, which a submission reaches
# compared with the floor with one commit per write. The others must not become worse than they are.
MOST_CPU = [
    ("CPU per submission", DURABLE, 1.3),
    ("CPU per submission", SHARED_COMMITS, 1.7),
    ("CPU per command", DURABLE, 1.6),
]


@pytest.mark.bench
@pytest.mark.timeout(180)
async def test_the_quick_bench_fills_every_row_and_answers_everybody() -> None:
    metrics = await measured([BOT, ASYNC], QUICK)

    for each in metrics.values():
        assert (each.unanswered, each.without_card, each.twice) == (0, 0, 0)
        assert (each.slow_in_time, each.slow_cards) == (QUICK.slow, QUICK.slow)
    [_, *lines] = table(metrics, TITLES, QUICK)
    assert [line[0] for line in lines] == [row.title for row in rows(QUICK)]
    assert all(cell for line in lines for cell in line[1:4])
    assert not any("never" in cell for line in lines for cell in line)
    assert {line[3] for line in lines} == {NOT_INSTALLED}
    drawn = markdown(table(metrics, TITLES, QUICK))
    print(drawn)  # noqa: T201 - what the machine's mood may move
    assert drawn.count("\n") == len(lines) + 2
    assert chart(metrics, TITLES, QUICK).count("<rect") == 2 * sum(
        bool(row.targets) for row in rows(QUICK)
    )


@pytest.mark.bench
@pytest.mark.timeout(180)
async def test_the_bot_takes_little_more_cpu_than_the_least_durable_code() -> None:
    amount = Amount(submissions=400)

    metrics = await cpu_measured([BOT, DURABLE, SHARED_COMMITS], amount)

    for title, floor, most in MOST_CPU:
        found = _row(title).verdict(Target(most, floor.name), metrics)
        print(f"{title}, beside {floor.title}: {found}")  # noqa: T201
        assert found is not None
        assert found.reached, f"{title}: {found}"


@pytest.mark.bench
@pytest.mark.timeout(180)
async def test_memory_does_not_grow_with_the_number_of_submissions() -> None:
    found = await sizes(3_000, 15_000)

    assert found.ratio <= MOST_GROWTH, found


def test_a_percentile_is_the_value_that_this_share_does_not_exceed() -> None:
    values = [float(each) for each in range(200, 0, -1)]

    assert percentile(99, values) == 198
    assert percentile(50, values) == 100
    assert percentile(99, [7.0]) == 7


def test_the_spread_of_five_rounds_leaves_out_the_lowest_and_the_highest() -> None:
    assert spread([5.0, 1.0, 9.0, 4.0, 6.0]) == Spread(middle=5, low=4, high=6)
    assert spread([]) == Spread(NEVER, NEVER, NEVER)


def test_load_during_a_round_cancels_out_of_the_ratios() -> None:
    assert ratios([2.0, 20.0, 2.0], [1.0, 10.0, 1.0]) == [2, 2, 2]


def test_the_best_rival_is_a_program_that_people_would_write_without_a_ledger() -> None:
    rates = {"bot": 2.0, "sync": 3.0, "async": 4.0, "floor": 8.0, "durable": 16.0, "peer": 32.0}
    metrics = {name: Figures(rates=[rate]) for name, rate in rates.items()}
    sustained = _row("Submissions, 200 in flight")

    best = sustained.verdict(Target(0.5, "best"), metrics)

    assert best is not None
    assert (best.ratio.middle, best.reached) == (0.5, True)


def test_a_target_is_judged_by_the_median_of_its_ratios() -> None:
    metrics = {
        "bot": Figures(rates=[3.0, 3.0, 30.0]),
        "durable": Figures(rates=[4.0, 6.0, 10.0]),
    }
    row = _row("Submissions, 200 in flight")

    found = row.verdict(Target(0.75, DURABLE.name), metrics)

    assert found is not None
    assert (found.ratio.middle, found.reached) == (0.75, True)
    assert row.verdict(Target(0.75, FLOOR.name), metrics) is None


def _row(title: str) -> Row:
    [row] = [each for each in rows(QUICK) if each.title == title]
    return row
