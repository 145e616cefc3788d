"""Weav refuses connections while users submit: rows are queued, and their retries are spread."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.harness import text_on
from tests.killing.service import Service, service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.killing.conftest import Tell

SUBMISSIONS = 50


async def away(system: Service, seconds: float) -> None:
    """Half of the submissions come at once when Weav goes down, the others during the outage."""
    cases = system.next_cases(SUBMISSIONS)
    half = SUBMISSIONS // 2
    await system.ports.close()
    together = asyncio.create_task(system.submit(cases[:half]))
    for case in cases[half:]:
        await asyncio.sleep(seconds / half)
        await case.submit()
    await together
    await system.ports.open()


async def created_after(system: Service, within: float) -> list[float]:
    """Seconds from now to each creation."""
    returned = time.time()
    weav = system.weav
    await weav.until(lambda: len(weav.conversations) == SUBMISSIONS, within)
    return [request.at.timestamp() - returned for request in weav.creations]


async def outage(folder: Path, seconds: float, tell: Tell) -> None:
    async with service(folder, f"sqlite:///{folder}/ledger.db", replicas=1) as system:
        await system.open_forms(SUBMISSIONS)

        await away(system, seconds)
        after = await created_after(system, within=10)

        answers = [case.answer.seconds for case in system.cases if case.answer]
        in_second = Counter(int(each) for each in after)
        tell(
            f"Weav away for {seconds:.0f} s: slowest of {len(answers)} answers"
            f" {max(answers):.2f} s, last created {max(after):.1f} s after its return,"
            f" by second {[in_second[each] for each in sorted(in_second)]}"
        )
        assert max(answers) < 3
        assert all("queued and will be created" in text_on(case.view) for case in system.cases)
        assert max(in_second.values()) <= SUBMISSIONS * 3 / 4
        await system.slack.until(lambda _: len(system.cards()) == SUBMISSIONS, 10)
        assert set(system.cards().values()) == {1}


@pytest.mark.bench
async def test_queued_submissions_are_created_spread_over_time(tmp_path: Path, tell: Tell) -> None:
    await outage(tmp_path, 4, tell)


@pytest.mark.long
@pytest.mark.timeout(150)
async def test_after_a_minute_without_weav_everything_is_created_in_ten_seconds(
    tmp_path: Path, tell: Tell
) -> None:
    await outage(tmp_path, 60, tell)
