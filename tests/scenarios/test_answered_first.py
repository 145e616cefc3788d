"""Slack's answer to whoever opens a form waits for nothing that Bolt does."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.sandbox.slack import Answer
from bot.slack import ids
from tests.house import House, text_on

Opens = Callable[[House], Awaitable[Answer]]


def the_message_shortcut(house: House) -> Awaitable[Answer]:
    message_ts = house.ann.say("The export hangs", "C0SUPPORT")
    return house.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)


WAYS: dict[str, Opens] = {
    "words for the form": lambda house: house.ann.command("Export hangs"),
    "defaults": lambda house: house.ann.command("defaults"),
    "message shortcut": the_message_shortcut,
    "global shortcut": lambda house: house.ann.global_shortcut(ids.GLOBAL_SHORTCUT),
    "open again": lambda house: house.ann.click(ids.REOPEN),
}


async def offer_to_open_again(house: House) -> None:
    house.slack.triggers.seconds = 0
    await house.ann.command("Export hangs")
    await house.private_answer()
    house.slack.triggers.seconds = 3


@pytest.mark.parametrize("way", WAYS)
async def test_the_answer_waits_for_no_listener(
    any_way: House, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    await offer_to_open_again(any_way)
    answered = asyncio.Event()
    dispatch = AsyncApp.async_dispatch

    async def dispatch_later(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
        await answered.wait()
        return await dispatch(app, request)

    monkeypatch.setattr(AsyncApp, "async_dispatch", dispatch_later)

    answer = await WAYS[way](any_way)

    assert answer.trouble == ""
    assert not any_way.slack.top_view("U0ANN")
    answered.set()
    await any_way.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_mistake_outside_of_the_listeners_is_told_with_its_reference(
    at_home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_app: AsyncApp, _request: AsyncBoltRequest) -> BoltResponse:
        raise ValueError

    monkeypatch.setattr(AsyncApp, "async_dispatch", broken)

    await at_home.ann.command("Export hangs")

    said = text_on(await at_home.private_answer())
    assert said.startswith("The bot made a mistake")
    assert "reference" in said
