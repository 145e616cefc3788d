"""Whoever opens a form is answered at once, without waiting for Bolt."""

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


async def open_form_button(house: House) -> None:
    house.slack.triggers.seconds = 0
    await house.ann.command("Export hangs")
    await house.private_answer()
    house.slack.triggers.seconds = 3


@pytest.mark.parametrize("way", WAYS)
async def test_the_answer_does_not_wait_for_the_listener(
    any_way: House, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    await open_form_button(any_way)
    answered = asyncio.Event()
    dispatch = AsyncApp.async_dispatch

    async def slow_dispatch(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
        await answered.wait()
        return await dispatch(app, request)

    monkeypatch.setattr(AsyncApp, "async_dispatch", slow_dispatch)

    answer = await WAYS[way](any_way)

    assert answer.trouble == ""
    assert not any_way.slack.top_view("U0ANN")
    answered.set()
    await any_way.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_bug_outside_of_the_listeners_is_reported_with_its_reference(
    at_home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_app: AsyncApp, _request: AsyncBoltRequest) -> BoltResponse:
        raise ValueError

    monkeypatch.setattr(AsyncApp, "async_dispatch", broken)

    await at_home.ann.command("Export hangs")

    said = text_on(await at_home.private_answer())
    assert said.startswith("The bot made a mistake")
    assert "reference" in said
