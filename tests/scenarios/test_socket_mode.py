"""Socket Mode connections that go silent, drop or end: what Slack delivers afterwards works."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from bot.app import assembled
from bot.sandbox.serving import drop_connection
from bot.sandbox.slack import OPERATION_TIMEOUT, SlackFault
from bot.sandbox.weav import WeavFault
from tests.harness import CREATE, JANE, QUICK, Harness, open_harness, settings_of
from tests.scenarios.sockets import (
    OPEN,
    check_main_job,
    logged_events,
    quick_socket_mode,
    until_readyz,
)

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.slack.socket_mode import Reason


@pytest.fixture
async def both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Harness, io.StringIO]]:
    async with quick_socket_mode(tmp_path, monkeypatch) as opened:
        yield opened


@pytest.fixture
def quick(both: tuple[Harness, io.StringIO]) -> Harness:
    return both[0]


@pytest.fixture
def log(both: tuple[Harness, io.StringIO]) -> io.StringIO:
    return both[1]


async def test_a_silent_connection_is_replaced_and_the_bot_not_ready_meanwhile(
    quick: Harness, log: io.StringIO
) -> None:
    await until_readyz(quick)
    # Slack gives no other connection for now, so there is time to look.
    quick.slack.faults.add(SlackFault(OPEN, error="internal_error", times=3))
    quick.slack.socket_mode.fall_silent()

    assert await until_readyz(quick, status=503) == {
        "slack": True,
        "database": True,
        "socket": False,
    }
    await until_readyz(quick)

    # The silent connection is still open: the bot does not hear that it ends.
    await quick.slack.socket_mode.connected(2)
    await drop_connection(quick.slack.socket_mode.connections[0].scope)
    await quick.slack.socket_mode.connected(1)
    await check_main_job(quick)
    assert logged_events(log).count("socket_not_opened") == 3
    assert "socket_lost" in logged_events(log)


async def test_a_silent_connection_does_not_delay_shutdown(tmp_path: Path) -> None:
    async with open_harness(tmp_path, mode="socket") as harness:
        assert harness.bot.socket is not None
        harness.slack.socket_mode.fall_silent()

        async with asyncio.timeout(3):
            await harness.bot.socket.stop(1)


async def test_a_dropped_connection_is_replaced(quick: Harness, log: io.StringIO) -> None:
    await quick.slack.socket_mode.drop()
    await quick.slack.socket_mode.connected(0)

    await quick.slack.socket_mode.connected(1)
    await until_readyz(quick)
    await check_main_job(quick)
    assert "socket_not_opened" not in logged_events(log)


REASONS = ["refresh_requested", "too_many_websockets", "link_disabled", "warning"]


@pytest.mark.parametrize("reason", REASONS)
async def test_a_connection_that_slack_ends_is_replaced_by_one(
    quick: Harness, reason: Reason
) -> None:
    [before] = quick.slack.socket_mode.connections

    await quick.slack.socket_mode.disconnect(reason)

    async with asyncio.timeout(5):
        while before in quick.slack.socket_mode.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await quick.slack.socket_mode.connected(1)
    await until_readyz(quick)
    await check_main_job(quick)
    assert len(quick.slack.calls_of(OPEN)) == 2


async def test_with_two_bots_each_answers_its_own_payloads(tmp_path: Path) -> None:
    names: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        harness = await stack.enter_async_context(
            open_harness(tmp_path, mode="socket", change=names.update)
        )
        second = await stack.enter_async_context(assembled(settings_of(names), QUICK))
        assert second.socket is not None
        connecting = asyncio.create_task(second.socket.keep_connecting())
        stack.callback(connecting.cancel)
        await harness.slack.socket_mode.connected(2)

        for _ in range(4):
            await check_main_job(harness)

        assert len(harness.weav.conversations) == 4
        assert len(harness.slack.socket_mode.acknowledged) == 8


async def test_payloads_during_draining_are_not_acknowledged_and_earlier_ones_are(
    quick: Harness,
) -> None:
    assert quick.bot.socket is not None
    quick.weav.fail(WeavFault(delay=1, **CREATE))
    await quick.ann.command(f"email {JANE} Before the end")
    await quick.slack.until(lambda slack: slack.top_view("U0ANN"))
    submitting = asyncio.create_task(quick.ann.submit())
    await quick.weav.until(lambda: len(quick.weav.creations) == 1)

    stopping = asyncio.create_task(quick.bot.socket.stop(3))
    await asyncio.sleep(0)
    quick.slack.socket_mode.timeout = 0.5
    late = await quick.ben.command("too late")

    assert late.trouble == OPERATION_TIMEOUT
    assert (await submitting).trouble == ""
    await stopping
    assert quick.slack.top_view("U0BEN") is None


async def test_a_message_that_is_not_slacks_ends_nothing(quick: Harness, log: io.StringIO) -> None:
    [websocket] = quick.slack.socket_mode.connections
    for text in ("", "x", "{", "[]", "null", "7", "{}", '{"type": 1}', "[" * 10_000):
        await websocket.send_text(text)
    payloads: list[object] = [None, 7, [], {}, {"type": "view_submission"}, {"command": {}}]
    for payload in payloads:
        envelope = {"envelope_id": "e", "type": "interactive", "payload": payload}
        await websocket.send_text(json.dumps(envelope))

    await check_main_job(quick)

    assert "Traceback" not in log.getvalue()


@pytest.mark.long
@pytest.mark.timeout(120)
async def test_a_silent_connection_is_noticed_within_thirty_seconds(tmp_path: Path) -> None:
    async with open_harness(tmp_path, mode="socket") as harness:
        await until_readyz(harness)
        # Long enough for the answer to the last ping.
        await asyncio.sleep(6)
        harness.slack.faults.add(SlackFault(OPEN, error="internal_error"))
        harness.slack.socket_mode.fall_silent()
        loop = asyncio.get_running_loop()
        began = loop.time()

        await until_readyz(harness, status=503, within=30)
        lost = loop.time() - began
        await until_readyz(harness, within=30)

        print(f"deaf: noticed after {lost:.1f} s, back after {loop.time() - began:.1f} s")  # noqa: T201
        await drop_connection(harness.slack.socket_mode.connections[0].scope)
        await harness.slack.socket_mode.connected(1)
        await check_main_job(harness)
