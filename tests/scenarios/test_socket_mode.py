"""Socket Mode on bad days: deaf, dropped, ended; what is delivered afterwards works."""

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
from tests.house import CREATE, JANE, QUICK, House, house, settings_of
from tests.scenarios.sockets import OPEN, events, quick_house, ready, works

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.slack.socket_mode import Reason


@pytest.fixture
async def both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[House, io.StringIO]]:
    async with quick_house(tmp_path, monkeypatch) as opened:
        yield opened


@pytest.fixture
def quick(both: tuple[House, io.StringIO]) -> House:
    return both[0]


@pytest.fixture
def log(both: tuple[House, io.StringIO]) -> io.StringIO:
    return both[1]


async def test_a_deaf_connection_is_replaced_and_not_ready_meanwhile(
    quick: House, log: io.StringIO
) -> None:
    await ready(quick)
    # Slack has no other connection to give, so that there is time to look.
    quick.slack.faults.add(SlackFault(OPEN, error="internal_error", times=3))
    quick.slack.socket_mode.fall_silent()

    assert await ready(quick, status=503) == {"slack": True, "database": True, "socket": False}
    await ready(quick)

    # The silent one is still there: it hears nothing of its end.
    await quick.slack.socket_mode.connected(2)
    await drop_connection(quick.slack.socket_mode.connections[0].scope)
    await quick.slack.socket_mode.connected(1)
    await works(quick)
    assert events(log).count("socket_not_opened") == 3
    assert "socket_lost" in events(log)


async def test_a_deaf_connection_does_not_delay_the_end(tmp_path: Path) -> None:
    async with house(tmp_path, mode="socket") as at_home:
        assert at_home.bot.socket is not None
        at_home.slack.socket_mode.fall_silent()

        async with asyncio.timeout(3):
            await at_home.bot.socket.stop(1)


async def test_a_dropped_connection_comes_back(quick: House, log: io.StringIO) -> None:
    await quick.slack.socket_mode.drop()
    await quick.slack.socket_mode.connected(0)

    await quick.slack.socket_mode.connected(1)
    await ready(quick)
    await works(quick)
    assert "socket_not_opened" not in events(log)


REASONS = ["refresh_requested", "too_many_websockets", "link_disabled", "warning"]


@pytest.mark.parametrize("reason", REASONS)
async def test_a_connection_that_slack_ends_is_replaced_by_one(
    quick: House, reason: Reason
) -> None:
    [before] = quick.slack.socket_mode.connections

    await quick.slack.socket_mode.disconnect(reason)

    async with asyncio.timeout(5):
        while before in quick.slack.socket_mode.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await quick.slack.socket_mode.connected(1)
    await ready(quick)
    await works(quick)
    assert len(quick.slack.calls_of(OPEN)) == 2


async def test_of_two_bots_each_answers_what_it_is_given(tmp_path: Path) -> None:
    names: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        at_home = await stack.enter_async_context(
            house(tmp_path, mode="socket", change=names.update)
        )
        second = await stack.enter_async_context(assembled(settings_of(names), QUICK))
        assert second.socket is not None
        connecting = asyncio.create_task(second.socket.keep_connecting())
        stack.callback(connecting.cancel)
        await at_home.slack.socket_mode.connected(2)

        for _ in range(4):
            await works(at_home)

        assert len(at_home.weav.conversations) == 4
        assert len(at_home.slack.socket_mode.acknowledged) == 8


async def test_what_comes_while_draining_is_not_acknowledged_and_what_came_is(
    quick: House,
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


async def test_a_message_that_is_none_of_slacks_ends_nothing(
    quick: House, log: io.StringIO
) -> None:
    [websocket] = quick.slack.socket_mode.connections
    for text in ("", "x", "{", "[]", "null", "7", "{}", '{"type": 1}', "[" * 10_000):
        await websocket.send_text(text)
    payloads: list[object] = [None, 7, [], {}, {"type": "view_submission"}, {"command": {}}]
    for payload in payloads:
        envelope = {"envelope_id": "e", "type": "interactive", "payload": payload}
        await websocket.send_text(json.dumps(envelope))

    await works(quick)

    assert "Traceback" not in log.getvalue()


@pytest.mark.long
@pytest.mark.timeout(120)
async def test_a_connection_that_is_deaf_is_noticed_within_thirty_seconds(tmp_path: Path) -> None:
    async with house(tmp_path, mode="socket") as at_home:
        await ready(at_home)
        # Long enough for an answer to the last ping.
        await asyncio.sleep(6)
        at_home.slack.faults.add(SlackFault(OPEN, error="internal_error"))
        at_home.slack.socket_mode.fall_silent()
        loop = asyncio.get_running_loop()
        began = loop.time()

        await ready(at_home, status=503, within=30)
        lost = loop.time() - began
        await ready(at_home, within=30)

        print(f"deaf: noticed after {lost:.1f} s, back after {loop.time() - began:.1f} s")  # noqa: T201
        await drop_connection(at_home.slack.socket_mode.connections[0].scope)
        await at_home.slack.socket_mode.connected(1)
        await works(at_home)
