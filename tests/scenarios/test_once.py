"""Submitting the same form twice creates one conversation and gives the same answer."""

import asyncio
from pathlib import Path

from bot.ledger import State
from bot.sandbox.slack import HttpEndpoint
from bot.sandbox.weav import WeavFault
from tests.harness import CREATE, JANE, SECRET, Harness, open_harness, public, text_on


async def test_a_double_click_is_one_conversation(any_harness: Harness) -> None:
    any_harness.weav.fail(WeavFault(delay=0.3, **CREATE))
    await any_harness.fill_in(subject="Export hangs")
    delivery = any_harness.ann.submission_delivery()

    answers = await asyncio.gather(*(any_harness.ann.send(delivery) for _ in range(5)))

    assert {(answer.status, str(answer.body)) for answer in answers} == {(200, "")}
    await any_harness.card()
    assert len(any_harness.weav.creations) == 1


async def test_a_repeated_submission_after_the_end_gets_the_same_answer(
    any_harness: Harness,
) -> None:
    await any_harness.fill_in(subject="Export hangs")
    delivery = any_harness.ann.submission_delivery()
    first = await any_harness.ann.send(delivery)
    await any_harness.card()

    again = await any_harness.ann.send(delivery)

    assert (again.status, again.body) == (first.status, first.body) == (200, "")
    assert len(any_harness.weav.creations) == 1
    assert len(public(any_harness.slack, "C0SUPPORT")) == 1


async def test_two_forms_are_two_conversations(harness: Harness) -> None:
    for _ in range(2):
        await harness.fill_in(subject="Export hangs")
        await harness.ann.submit()
    await harness.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 2)
    assert len(harness.weav.conversations) == 2


async def test_two_replicas_that_get_the_same_submission_create_it_once(
    tmp_path: Path, postgres_url: str
) -> None:
    async with (
        open_harness(tmp_path, database=postgres_url) as one,
        open_harness(tmp_path, database=postgres_url) as other,
    ):
        one.weav.fail(WeavFault(delay=0.5, **CREATE))
        await one.fill_in(subject="Export hangs")
        delivery = one.ann.submission_delivery()
        async with HttpEndpoint(f"{other.url}/slack/events", SECRET) as endpoint:
            replies = await asyncio.gather(one.ann.send(delivery), endpoint.deliver(delivery))

        assert [reply.status for reply in replies] == [200, 200]
        assert replies[1].body == b""
        await one.entry_in(State.ANNOUNCED)  # by whichever was first
        assert len(public(one.slack, "C0SUPPORT") + public(other.slack, "C0SUPPORT")) == 1
        assert len(one.weav.creations) + len(other.weav.creations) == 1


async def test_a_repetition_during_a_slow_create_waits_for_the_same_outcome(
    harness: Harness,
) -> None:
    harness.weav.fail(WeavFault(delay=2.5, **CREATE))
    await harness.fill_in(subject="Export hangs", customer_id=JANE)
    delivery = harness.ann.submission_delivery()

    answers = await asyncio.gather(harness.ann.send(delivery), harness.ann.send(delivery))

    assert all("Creating" in str(answer.body) for answer in answers)
    await harness.slack.until(lambda slack: "is open in Weav" in text_on(slack.top_view("U0ANN")))
    assert len(harness.weav.creations) == 1
