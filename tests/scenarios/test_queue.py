"""Weav is down: the conversation is queued, and the author is told the outcome."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.ledger import State
from bot.sandbox.serving import serve
from bot.sandbox.weav import WeavFault, WeavSandbox
from tests.harness import CREATE, JANE, Harness, open_harness, public, selected_value, text_on
from tests.process import free_port


async def test_a_conversation_is_queued_while_weav_is_down_and_created_later(
    any_harness: Harness,
) -> None:
    any_harness.weav.fail(WeavFault(status=503, times=2, **CREATE))
    await any_harness.fill_in(subject="Export hangs")

    await any_harness.ann.submit()

    said = text_on(any_harness.ann.view)
    assert "queued and will be created" in said
    assert "Weav is not accepting requests at the moment." in said
    assert "If it cannot be created within 15 minutes, you get the filled form" in said
    card = await any_harness.card()
    assert "It waited" in text_on(card)
    assert len(any_harness.weav.conversations) == 1
    assert len(any_harness.weav.creations) == 3


async def test_the_queue_survives_a_restart_until_weav_is_back(tmp_path: Path) -> None:
    port = free_port()
    async with open_harness(tmp_path, weav_url=f"http://127.0.0.1:{port}") as harness:
        await harness.fill_in(subject="Export hangs")

        answer = await harness.ann.submit()

        assert answer.seconds < 3
        assert (
            "Weav does not answer. Your conversation is queued and will be created as soon as it"
            " does; you can close this window."
        ) in text_on(harness.ann.view)
        weav = WeavSandbox()
        async with serve(weav, port):
            await harness.card(within=15)
            assert [each["subject"] for each in weav.conversations] == ["Export hangs"]


async def test_retry_after_is_honoured(harness: Harness) -> None:
    harness.weav.fail(WeavFault.rate_limit("3", times=1, **CREATE))
    await harness.fill_in()

    await harness.ann.submit()

    await harness.card()
    first, second = harness.weav.creations
    assert (second.at - first.at).total_seconds() >= 3


async def test_the_same_submission_while_queued_gets_the_same_answer(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=503, times=2, **CREATE))
    await harness.fill_in()
    delivery = harness.ann.submission_delivery()

    first = await harness.ann.send(delivery)
    again = await harness.ann.send(delivery)

    assert "queued" in str(first.body)
    assert "queued" in str(again.body)
    await harness.card()
    assert len(harness.weav.conversations) == 1


async def test_when_the_retries_end_the_author_gets_the_filled_form_back(
    tmp_path: Path,
) -> None:
    async with open_harness(tmp_path, weav_retry_for="2") as harness:
        harness.weav.fail(WeavFault(status=503, **CREATE))
        await harness.fill_in(subject="Export hangs", priority="high")
        await harness.ann.submit()

        message = await harness.direct_message()

        assert "Nothing was created" in text_on(message)
        harness.weav.faults.clear()
        await harness.ann.close()
        await harness.ann.click("weav_conversation_reopen")
        view = await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
        assert view.values["subject"]["subject"]["value"] == "Export hangs"
        assert selected_value(view, "customer_id") == JANE
        await harness.ann.submit()
        await harness.card()
        assert [entry.state for entry in await harness.entries()][1] is State.EXPIRED
        assert len(harness.weav.conversations) == 1


async def test_a_queued_submission_that_weav_refuses_comes_back_as_a_message(
    harness: Harness,
) -> None:
    harness.weav.fail(WeavFault(status=503, times=1, **CREATE))
    await harness.fill_in(customer_id="3c90c3cc-0d44-4b50-8888-999999999999")

    await harness.ann.submit()

    message = await harness.direct_message()
    assert "The selected customer id is invalid." in text_on(message)
    assert public(harness.slack, "C0SUPPORT") == []


@pytest.mark.parametrize("state", [State.QUEUED, State.RECEIVED])
async def test_a_queued_submission_that_is_long_overdue_is_not_sent(
    harness: Harness, state: State
) -> None:
    harness.weav.fail(WeavFault.rate_limit("600", times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await harness.ann.close()

    path = harness.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        # A night passes without a running bot.
        night = "received_at = received_at - 30000, due_at = due_at - 30000"
        other.execute(f"UPDATE submissions SET {night}, state = '{state}'")  # noqa: S608 - ours

    message = await harness.direct_message()
    assert "no longer sends it automatically. Nothing was created." in text_on(message)
    await harness.entry_in(State.EXPIRED)
    assert len(harness.weav.creations) == 1
    await harness.ann.click("weav_conversation_reopen")
    view = await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
