import asyncio

import pytest

from bot.tasks import Tasks


async def test_drain_waits_for_tasks_and_the_tasks_that_they_start() -> None:
    tasks = Tasks()
    done: list[str] = []

    async def inner() -> None:
        await asyncio.sleep(0.01)
        done.append("inner")

    async def outer() -> None:
        tasks.spawn(inner(), name="inner")
        done.append("outer")

    tasks.spawn(outer(), name="outer")

    assert await tasks.drain(5) == 0
    assert done == ["outer", "inner"]


async def test_drain_cancels_and_counts_tasks_that_take_too_long() -> None:
    tasks = Tasks()
    endless = tasks.spawn(asyncio.Event().wait(), name="endless")

    assert await tasks.drain(0.01) == 1
    assert endless.cancelled()


async def test_a_failed_task_is_logged_with_a_reference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tasks = Tasks()

    async def failing() -> None:
        raise ValueError("odd")

    tasks.spawn(failing(), name="failing")

    assert await tasks.drain(5) == 0
    logged = capsys.readouterr().out
    assert "task_failed" in logged
    assert "reference=" in logged


async def test_repeat_goes_on_after_an_error_which_is_logged_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failures: list[str] = []
    tasks = Tasks(failed=lambda: failures.append("one more"))
    taken = 0
    third = asyncio.Event()

    async def sweep() -> None:
        nonlocal taken
        taken += 1
        if taken == 3:
            third.set()
        raise ValueError("odd")

    repeating = asyncio.create_task(tasks.repeat(sweep, every=0.01))
    await third.wait()
    repeating.cancel()

    logged = capsys.readouterr().out
    assert "task=sweep" in logged
    assert "ValueError" in logged
    assert len(failures) >= 2
