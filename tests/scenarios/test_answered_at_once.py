"""Whoever opens a form is answered at once, without waiting for Bolt."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.sandbox.slack import Answer
from bot.slack import ids
from tests.harness import Harness, text_on

Opens = Callable[[Harness], Awaitable[Answer]]


def the_message_shortcut(harness: Harness) -> Awaitable[Answer]:
    message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
    return harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)


WAYS: dict[str, Opens] = {
    "words for the form": lambda harness: harness.ann.command("Export hangs"),
    "defaults": lambda harness: harness.ann.command("defaults"),
    "message shortcut": the_message_shortcut,
    "global shortcut": lambda harness: harness.ann.global_shortcut(ids.GLOBAL_SHORTCUT),
    "open again": lambda harness: harness.ann.click(ids.REOPEN),
}


async def open_form_button(harness: Harness) -> None:
    harness.slack.triggers.seconds = 0
    await harness.ann.command("Export hangs")
    await harness.private_answer()
    harness.slack.triggers.seconds = 3


@pytest.mark.parametrize("way", WAYS)
async def test_the_answer_does_not_wait_for_the_listener(
    any_harness: Harness, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    await open_form_button(any_harness)
    answered = asyncio.Event()
    dispatch = AsyncApp.async_dispatch

    async def slow_dispatch(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
        await answered.wait()
        return await dispatch(app, request)

    monkeypatch.setattr(AsyncApp, "async_dispatch", slow_dispatch)

    answer = await WAYS[way](any_harness)

    assert answer.trouble == ""
    assert not any_harness.slack.top_view("U0ANN")
    answered.set()
    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_bug_outside_of_the_listeners_is_reported_with_its_reference(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_app: AsyncApp, _request: AsyncBoltRequest) -> BoltResponse:
        raise ValueError

    monkeypatch.setattr(AsyncApp, "async_dispatch", broken)

    await harness.ann.command("Export hangs")

    said = text_on(await harness.private_answer())
    assert said.startswith("The bot made a mistake")
    assert "reference" in said
