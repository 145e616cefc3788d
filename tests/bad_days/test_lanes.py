"""Calls that hang hold up no others, and a burst opens no more connections than it needs."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

import bot.slack.lanes
from bot.sandbox.slack import Fault
from bot.slack.lanes import LANES
from tests.house import QUICK, house, public, text_on


@pytest.mark.bench
async def test_a_hundred_commands_use_as_many_connections_as_there_are_lanes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is: what is waited for is that a lane becomes free.
    monkeypatch.setattr(bot.slack.lanes, "STANDSTILL", 5.0)
    monkeypatch.setattr(bot.slack.lanes, "LONGEST_QUEUE", 30.0)
    async with house(tmp_path) as at_home:
        await asyncio.gather(*(at_home.ann.command(f"Number {n}") for n in range(100)))

        await at_home.slack.until(lambda slack: len(slack.open_views("U0ANN")) == 100, 20)
        assert at_home.slack.connections() <= LANES


async def test_while_cards_hang_forms_open(tmp_path: Path) -> None:
    async with house(tmp_path, pace=replace(QUICK, drain=0.2)) as at_home:
        for _ in range(LANES + 2):
            await at_home.fill_in(at_home.ben, subject="Export hangs")
            at_home.slack.faults.add(Fault("chat.postMessage", delay=9, times=1))
            await at_home.ben.submit()

        await at_home.ann.command("Export hangs")

        await at_home.slack.until(lambda slack: slack.top_view("U0ANN"), 3)
        assert public(at_home.slack, "C0SUPPORT") == []
        assert "Export hangs" not in "".join(map(text_on, at_home.slack.from_bot()))
