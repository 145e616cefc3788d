"""Slack gives no address for Socket Mode, or none that works: the bot goes on asking."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.slack import SlackFault, rate_limited
from tests.bad_days.logs import logged, logged_badly
from tests.bad_days.replies import JSON, REDIRECTS, broken, http, says
from tests.bad_days.weather import Spell, Weather, weather
from tests.house import House, house
from tests.scenarios.sockets import LIVELY, OPEN, events, quick_house, ready, works
from tests.seams import connect_again_after, leave_a_silent_address_after
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
async def test_slack_gives_no_address_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: SlackFault
) -> None:
    async with quick_house(tmp_path, monkeypatch) as (quick, log):
        await ready(quick)
        quick.slack.faults.add(fault)

        await quick.slack.socket_mode.drop()

        assert not (await ready(quick, status=503))["socket"]
        await ready(quick)
        await works(quick)
        assert events(log).count("socket_not_opened") == fault.times
        assert "Traceback" not in log.getvalue()


@asynccontextmanager
async def by_road(tmp_path: Path, *bad: Spell) -> AsyncIterator[tuple[House, Weather]]:
    """Put a road to Slack before a house in Socket Mode; its WebSocket does not go by it."""
    async with weather() as road:
        for spell in bad:
            road.expect(spell)

        def go_by_road(names: dict[str, str]) -> None:
            road.to = names["SLACK_API_URL"].removesuffix("/api/")
            names["SLACK_API_URL"] = f"{road.url}/api/"

        async with house(tmp_path, mode="socket", pace=LIVELY, change=go_by_road) as at_home:
            yield at_home, road


async def test_whatever_slack_answers_instead_of_an_address_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    connect_again_after(monkeypatch, 0.01)
    ways = {**broken(b"200"), **REDIRECTS, "an object": says(http(200, b'{"ok": true}', kind=JSON))}
    spells = [Spell(f"/api/{OPEN}", "", reply) for reply in ways.values()]

    async with by_road(tmp_path, *spells) as (at_home, road):
        await works(at_home)

    assert road.spells == []
    assert logged_badly(log) == []


async def test_an_address_that_does_not_work_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    connect_again_after(monkeypatch, 0.15)
    async with by_road(tmp_path) as (at_home, road):
        stale = f"ws{road.to.removeprefix('http')}/socket?ticket=stale"
        body = json.dumps({"ok": True, "url": stale}).encode()
        road.expect(Spell(f"/api/{OPEN}", "", says(http(200, body, kind=JSON))))
        await at_home.slack.socket_mode.drop()
        await at_home.slack.socket_mode.connected(0)

        await at_home.slack.socket_mode.connected(1)
        await works(at_home)

    ours = [line for line in log.getvalue().splitlines() if "uvicorn" not in line]
    assert not any("stale" in line for line in ours)


async def test_an_address_that_takes_the_connection_and_says_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    connect_again_after(monkeypatch, 0.15)
    leave_a_silent_address_after(monkeypatch, 0.5)
    async with by_road(tmp_path) as (at_home, road), raw_server(hangs) as silent:
        address = f"ws{silent.url.removeprefix('http')}/socket?ticket=silent"
        body = json.dumps({"ok": True, "url": address}).encode()
        road.expect(Spell(f"/api/{OPEN}", "", says(http(200, body, kind=JSON))))
        await at_home.slack.socket_mode.drop()
        async with asyncio.timeout(5):
            await silent.first_request.wait()
        assert not (await ready(at_home, status=503))["socket"]

        await at_home.slack.socket_mode.connected(1)
        await ready(at_home)
        await works(at_home)

    ours = [line for line in log.getvalue().splitlines() if "uvicorn" not in line]
    assert not any("ticket" in line for line in ours)


async def test_a_connection_outlives_the_time_that_its_handshake_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_a_silent_address_after(monkeypatch, 0.5)
    async with house(tmp_path, mode="socket", pace=LIVELY) as at_home:
        [first] = at_home.slack.socket_mode.connections

        await asyncio.sleep(1)  # twice that time: there is nothing else to wait for

        await works(at_home)
        assert at_home.slack.socket_mode.connections == [first]
