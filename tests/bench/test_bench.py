"""The bench itself, from its first start to its table; how fast anybody is, is not asked here."""

import pytest

from tests.bench.__main__ import MOST_GROWTH
from tests.bench.chart import chart
from tests.bench.contestants import ASYNC, BOT
from tests.bench.measuring import QUICK, Figures, percentile
from tests.bench.memory import sizes
from tests.bench.running import measured
from tests.bench.table import NOT_INSTALLED, markdown, rows, table


@pytest.mark.bench
@pytest.mark.timeout(180)
async def test_the_quick_bench_fills_every_row_and_leaves_nobody_without_an_answer() -> None:
    metrics = await measured([BOT, ASYNC], QUICK)

    for each in metrics.values():
        assert (each.unanswered, each.without_card, each.twice) == (0, 0, 0)
        assert (each.slow_in_time, each.slow_cards) == (QUICK.slow, QUICK.slow)
    titles = {"bot": "weav-slack", "async": "async Bolt", "js": "Bolt for JavaScript"}
    [_, *lines] = table(metrics, titles, QUICK)
    assert [line[0] for line in lines] == [row.title for row in rows(QUICK)]
    assert all(cell for line in lines for cell in line[1:4])
    assert not any("never" in line for line in lines)
    assert {line[3] for line in lines} == {NOT_INSTALLED}
    assert markdown(table(metrics, titles, QUICK)).count("\n") == len(lines) + 2
    assert chart(metrics, titles, QUICK).count("<rect") == 2 * sum(
        bool(row.targets) for row in rows(QUICK)
    )


@pytest.mark.bench
@pytest.mark.timeout(180)
async def test_memory_does_not_grow_with_what_was_done() -> None:
    found = await sizes(3_000, 15_000)

    assert found.ratio <= MOST_GROWTH, found


def test_a_percentile_is_the_value_that_so_many_do_not_exceed() -> None:
    values = [float(each) for each in range(200, 0, -1)]

    assert percentile(99, values) == 198
    assert percentile(50, values) == 100
    assert percentile(99, [7.0]) == 7


def test_the_packages_alone_are_nobodys_rival() -> None:
    rates = {"bot": 2.0, "async": 4.0, "floor": 8.0}
    metrics = {name: Figures(rates=[rate]) for name, rate in rates.items()}
    [sustained] = [row for row in rows(QUICK) if row.title == "Submissions, sustained"]

    assert sustained.best_other(metrics) == 4
    assert sustained.beside(metrics, "best") == 0.5
