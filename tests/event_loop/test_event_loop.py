"""Nothing that people do stalls the event loop, and a stall is logged."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
import uvloop

from bot.event_loop import EventLoopWatch
from bot.logs import get_logger, new_reference
from tests.bad_days.logs import logged
from tests.event_loop.alone import Alone, alone
from tests.event_loop.bot_alone import SECONDS, STALLS
from tests.event_loop.ways import do_everything
from tests.harness import JANE, Mode

MOST: Final = "0.05"
RUNS: Final = 3


@pytest.mark.timeout(150)
@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_no_action_stalls_the_loop_for_50_ms(tmp_path: Path, mode: Mode) -> None:
    """In at least one of three runs, each in a new process in which everything is done first.

    What the bot does itself holds its loop in every run; another program that has the CPU just
    then, on a noisy machine, does so in one or the other.
    """
    found = []
    for run in range(RUNS):
        (folder := tmp_path / str(run)).mkdir()
        async with alone(folder, mode, MOST, SLACK_ADMINS="U0ANN") as bot:
            await do_everything(bot)
            lags = await bot.lags()
            if 0 < lags["+Inf"] == lags[MOST]:
                return
            found.append(bot.lines("event_loop_stalled"))
    pytest.fail(f"The loop stood in each run: {found}")


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_no_library_module_is_imported_once_people_use_the_bot(
    tmp_path: Path, mode: Mode
) -> None:
    """An import takes milliseconds, and much longer without cached bytecode."""
    variables = {"SLACK_ADMINS": "U0ANN", "PYTHONPROFILEIMPORTTIME": "1"}
    async with alone(tmp_path, mode, MOST, **variables) as bot:
        await do_everything(bot)

        late = {name.partition(".")[0] for name in bot.imported_late()}

    assert late - sys.stdlib_module_names == set()


async def test_a_long_manifest_is_checked_off_the_loop(tmp_path: Path) -> None:
    """Reading this manifest takes more than a second, far above the limit of half a second."""
    async with alone(tmp_path, "http", MOST, SLACK_ADMINS="U0ANN") as bot:
        lines = [f"- {{number: {number}}}" for number in range(20_000)]
        (tmp_path / "manifest.yml").write_text("\n".join(["features:", *lines]))

        await bot.ann.command("check")

        await bot.told("lacks /weav-conversation")
        lags = await bot.lags()
        assert lags["+Inf"] == lags["0.5"]


@pytest.mark.parametrize("stall", STALLS)
async def test_a_stall_is_measured_and_logged_with_the_task_that_caused_it(
    tmp_path: Path, stall: str
) -> None:
    async with alone(tmp_path, "http", "0.1", stall) as bot:
        await submit(bot)

        lags = await bot.lags()

        assert lags["+Inf"] - lags["0.1"] >= 1
        [answered] = bot.lines("weav_answered")
        [told] = [line for line in bot.lines("event_loop_stalled") if is_innermost(line, stall)]
        assert told["seconds"] >= SECONDS - 0.05
        assert told["reference"] == answered["reference"]
        assert told["level"] == "warning"


async def submit(bot: Alone) -> None:
    await bot.ann.command(f"email {JANE} Export hangs")
    await bot.view()
    await bot.ann.submit()
    await bot.card(1)


def is_innermost(line: dict[str, Any], function: str) -> bool:
    """Whether this function was the innermost one running."""
    return str(line.get("at", "")).partition(" < ")[0].endswith(f" {function}")


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop])
def watched(request: pytest.FixtureRequest) -> Callable[..., list[dict[str, Any]]]:
    def run(work: Callable[[], Awaitable[None]], stuck: float = 9.0) -> list[dict[str, Any]]:
        """Return the lines logged while `work` runs on a watched loop."""

        async def main() -> None:
            with EventLoopWatch(lambda _: None, 0.05, stuck).watching():
                await work()
                await asyncio.sleep(0.05)

        with logged() as log, asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(main())
        return [json.loads(line) for line in log.getvalue().splitlines()]

    return run


def of(lines: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == event]


def test_the_stalled_one_of_many_tasks_is_named(
    watched: Callable[..., list[dict[str, Any]]],
) -> None:
    async def wait() -> None:
        await asyncio.sleep(0.15)

    async def stand() -> None:
        await asyncio.sleep(0.03)
        get_logger("tests").warning("standing")
        time.sleep(0.2)  # noqa: ASYNC251 - the stall

    async def work() -> None:
        tasks = []
        for each in (wait, stand, wait):
            with new_reference():
                tasks.append(asyncio.create_task(each(), name=each.__name__))
        await asyncio.gather(*tasks)

    lines = watched(work)

    [standing] = of(lines, "standing")
    [told] = [line for line in of(lines, "event_loop_stalled") if is_innermost(line, "stand")]
    assert (told["task"], told["reference"]) == ("stand", standing["reference"])


def test_a_stall_outside_of_any_task_is_logged_with_its_place(
    watched: Callable[..., list[dict[str, Any]]],
) -> None:
    def stand() -> None:
        time.sleep(0.2)

    async def work() -> None:
        with new_reference():
            asyncio.get_running_loop().call_soon(stand)

    [told] = [
        line for line in of(watched(work), "event_loop_stalled") if is_innermost(line, "stand")
    ]

    assert told.keys().isdisjoint({"task", "reference"})


def test_a_long_stall_is_logged_while_it_lasts(
    watched: Callable[..., list[dict[str, Any]]],
) -> None:
    async def stand() -> None:
        time.sleep(0.5)  # noqa: ASYNC251 - the stall
        get_logger("tests").warning("going_on")

    events = [line["event"] for line in watched(stand, stuck=0.2)]

    assert events[:2] == ["event_loop_stands", "going_on"]
    assert "event_loop_stalled" in events[2:]
