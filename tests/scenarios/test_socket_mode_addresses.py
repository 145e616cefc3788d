"""Slack gives no Socket Mode address, or a broken one: the bot keeps asking."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.slack import SlackFault, rate_limited
from tests.bad_days.faulty_proxy import FaultyProxy, ProxyFault, faulty_proxy
from tests.bad_days.logs import logged, logged_badly
from tests.bad_days.replies import JSON, REDIRECTS, broken, http, says
from tests.harness import Harness, open_harness
from tests.scenarios.sockets import (
    LIVELY,
    OPEN,
    check_main_job,
    logged_events,
    quick_socket_mode,
    until_readyz,
)
from tests.shorter_waits import set_handshake_timeout, set_reconnect_pause
from tests.weav.raw_server import hangs, raw_server

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with logged() as written:
        yield written


FAILURES = [
    SlackFault(OPEN, status=500, body="<html>", times=3),
    SlackFault(OPEN, error="internal_error", times=3),
    SlackFault(OPEN, error="invalid_auth", times=3),
    SlackFault(OPEN, drop="before", times=3),
    rate_limited(OPEN, retry_after=1),
    SlackFault(OPEN, error="ratelimited", status=429),
]


@pytest.mark.parametrize("fault", FAILURES)
async def test_the_bot_reconnects_after_slack_gave_no_address_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: SlackFault
) -> None:
    async with quick_socket_mode(tmp_path, monkeypatch) as (quick, log):
        await until_readyz(quick)
        quick.slack.faults.add(fault)

        await quick.slack.socket_mode.drop()

        assert not (await until_readyz(quick, status=503))["socket"]
        await until_readyz(quick)
        await check_main_job(quick)
        assert logged_events(log).count("socket_not_opened") == fault.times
        assert "Traceback" not in log.getvalue()


@asynccontextmanager
async def behind_proxy(
    tmp_path: Path, *bad: ProxyFault
) -> AsyncIterator[tuple[Harness, FaultyProxy]]:
    """Put a proxy before Slack's Web API, for Socket Mode; the WebSocket bypasses it."""
    async with faulty_proxy() as proxy:
        for fault in bad:
            proxy.add_fault(fault)

        def use_proxies(names: dict[str, str]) -> None:
            proxy.to = names["SLACK_API_URL"].removesuffix("/api/")
            names["SLACK_API_URL"] = f"{proxy.url}/api/"

        async with open_harness(
            tmp_path, mode="socket", pace=LIVELY, change=use_proxies
        ) as harness:
            yield harness, proxy


async def test_no_answer_in_place_of_an_address_ends_the_reconnecting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    set_reconnect_pause(monkeypatch, 0.01)
    ways = {**broken(b"200"), **REDIRECTS, "an object": says(http(200, b'{"ok": true}', kind=JSON))}
    faults = [ProxyFault(f"/api/{OPEN}", "", reply) for reply in ways.values()]

    async with behind_proxy(tmp_path, *faults) as (harness, proxy):
        await check_main_job(harness)

    assert proxy.faults == []
    assert logged_badly(log) == []


async def test_a_broken_address_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    set_reconnect_pause(monkeypatch, 0.15)
    async with behind_proxy(tmp_path) as (harness, proxy):
        stale = f"ws{proxy.to.removeprefix('http')}/socket?ticket=stale"
        body = json.dumps({"ok": True, "url": stale}).encode()
        proxy.add_fault(ProxyFault(f"/api/{OPEN}", "", says(http(200, body, kind=JSON))))
        await harness.slack.socket_mode.drop()
        await harness.slack.socket_mode.connected(0)

        await harness.slack.socket_mode.connected(1)
        await check_main_job(harness)

    ours = [line for line in log.getvalue().splitlines() if "uvicorn" not in line]
    assert not any("stale" in line for line in ours)


async def test_an_address_that_accepts_and_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    set_reconnect_pause(monkeypatch, 0.15)
    set_handshake_timeout(monkeypatch, 0.5)
    async with behind_proxy(tmp_path) as (harness, proxy), raw_server(hangs) as silent:
        address = f"ws{silent.url.removeprefix('http')}/socket?ticket=silent"
        body = json.dumps({"ok": True, "url": address}).encode()
        proxy.add_fault(ProxyFault(f"/api/{OPEN}", "", says(http(200, body, kind=JSON))))
        await harness.slack.socket_mode.drop()
        async with asyncio.timeout(5):
            await silent.first_request.wait()
        assert not (await until_readyz(harness, status=503))["socket"]

        await harness.slack.socket_mode.connected(1)
        await until_readyz(harness)
        await check_main_job(harness)

    ours = [line for line in log.getvalue().splitlines() if "uvicorn" not in line]
    assert not any("ticket" in line for line in ours)


async def test_a_connection_outlives_the_handshake_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_handshake_timeout(monkeypatch, 0.5)
    async with open_harness(tmp_path, mode="socket", pace=LIVELY) as harness:
        [first] = harness.slack.socket_mode.connections

        await asyncio.sleep(1)  # twice that time: no event marks it

        await check_main_job(harness)
        assert harness.slack.socket_mode.connections == [first]
