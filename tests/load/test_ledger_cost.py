"""The cost of the ledger in a submission without trouble, compared with a no-op ledger."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.slack import SlackSandbox
from tests.harness import environment
from tests.killing.replicas import prepare_nothing
from tests.load.aged import age
from tests.load.no_op_ledger import use_no_op_ledger
from tests.load.throughput import side_by_side, start_bots
from tests.process import answer_of, free_port, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.killing.conftest import Tell

ROUNDS = 16
MANY = 100_000


@pytest.mark.bench
@pytest.mark.timeout(300)
async def test_the_ledger_costs_a_quarter_of_the_throughput_and_3_ms_at_most(
    tmp_path: Path, tell: Tell
) -> None:
    durable, blank = (
        (f"sqlite:///{tmp_path}/ledger.db", prepare_nothing),
        ("sqlite:///-", use_no_op_ledger),
    )
    async with start_bots(tmp_path, durable, blank) as (with_ledger, without):
        await side_by_side(ROUNDS, with_ledger, without)
    real, bare = with_ledger.metrics, without.metrics
    throughput, capacity = real.throughput_beside(bare), real.capacity_beside(bare)
    later = median(real.seconds) - median(bare.seconds)
    tell(f"with the ledger: {real}\nwith one that writes nothing: {bare}")
    tell(f"throughput {throughput:.0%}, per core {capacity:.0%}, card {1e3 * later:+.2f} ms")
    assert throughput >= 0.75
    assert capacity >= 0.75
    assert later <= 0.003


async def _filled(folder: Path) -> None:
    """Have the bot write a row, then fill the ledger with copies."""
    database = f"sqlite:///{folder}/aged.db"
    async with start_bots(folder, (database, prepare_nothing)) as (bot,):
        await bot.run_alone()
        await bot.replica.terminated()
    age(folder / "aged.db", MANY)


async def _seconds_to_ready(folder: Path, database: str) -> float:
    """From the start of the process to a ready /readyz."""
    port = free_port()
    async with SlackSandbox().serving() as slack:
        variables = environment(slack, "http://127.0.0.1:9", database, "http")
        began = time.perf_counter()
        async with running(folder, **variables, PORT=str(port)):
            await answer_of(f"http://127.0.0.1:{port}/readyz")
            return time.perf_counter() - began


@pytest.mark.bench
@pytest.mark.timeout(300)
async def test_a_hundred_thousand_rows_later_it_is_as_fast_as_at_the_start(
    tmp_path: Path, tell: Tell
) -> None:
    await _filled(tmp_path)
    fresh, aged = (f"sqlite:///{tmp_path}/{name}.db" for name in ("fresh", "aged"))
    async with start_bots(tmp_path, (aged, prepare_nothing), (fresh, prepare_nothing)) as (
        later,
        start,
    ):
        # The tolerance is below the difference between two minutes of a busy machine.
        await side_by_side(2 * ROUNDS, later, start)
    ready = sorted([await _seconds_to_ready(tmp_path, aged) for _ in range(3)])
    late, early = later.metrics, start.metrics
    throughput, capacity = late.throughput_beside(early), late.capacity_beside(early)
    slower = median(late.seconds) / median(early.seconds)
    tell(f"after {MANY} rows: {late}\nat the start: {early}")
    tell(f"throughput {throughput:.0%}, per core {capacity:.0%}, to the card {slower:.0%}")
    tell(f"started in {', '.join(f'{each:.2f} s' for each in ready)}")
    assert throughput >= 0.9
    assert capacity >= 0.9
    assert slower <= 1.1
    assert ready[1] < 3
