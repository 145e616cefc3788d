"""The card's route: the channel, the form's response_url, or direct messages to the author."""

import pytest

from bot.sandbox.slack import RESPONSE_URL, SlackFault, rate_limited
from tests.harness import Harness, public, text_on


@pytest.mark.parametrize("slack_channel_id", ["G0BILLING", "D0ANNBEN"])
async def test_where_the_bot_is_no_member_the_response_url_posts_the_card(
    harness: Harness, slack_channel_id: str
) -> None:
    await harness.fill_in(subject="Export hangs", post_to=slack_channel_id)

    await harness.ann.submit()

    card = await harness.card(slack_channel_id)
    assert "Export hangs" in text_on(card)
    assert card.via == "response_url"


async def test_a_public_channel_needs_no_membership(harness: Harness) -> None:
    await harness.fill_in(post_to="C0GENERAL")

    await harness.ann.submit()

    assert (await harness.card("C0GENERAL")).via == "api"


async def test_if_nothing_posts_there_the_author_gets_the_card_and_how_to_invite_the_bot(
    harness: Harness,
) -> None:
    harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    await harness.fill_in(subject="Export hangs", post_to="G0BILLING")

    await harness.ann.submit()

    message = await harness.direct_message()
    assert "Export hangs" in text_on(message)
    assert "<#G0BILLING>" in text_on(message)
    assert "/invite" in text_on(message)
    assert len(harness.weav.conversations) == 1


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault("chat.postMessage", error="not_in_channel"),
        SlackFault("chat.postMessage", drop="after"),
    ],
    ids=["certain", "not certain"],
)
async def test_a_direct_message_that_takes_no_card_is_not_named_and_the_bot_not_invited(
    harness: Harness, fault: SlackFault
) -> None:
    harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    harness.slack.faults.add(fault)
    await harness.fill_in(subject="Export hangs", post_to="D0ANNBEN")

    await harness.ann.submit()

    message = await harness.direct_message()
    assert "in your direct message" in text_on(message)
    assert "Export hangs" in text_on(message)
    assert "D0ANNBEN" not in f"{message.text} {message.blocks}"
    assert "/invite" not in text_on(message)


async def test_posting_waits_for_a_rate_limit(harness: Harness) -> None:
    harness.slack.faults.add(rate_limited("chat.postMessage", retry_after=1, times=2))
    await harness.fill_in()

    await harness.ann.submit()

    await harness.card()
    calls = harness.slack.calls_of("chat.postMessage")
    assert len(calls) == 3
    assert calls[1].at - calls[0].at >= 1


async def test_a_post_that_may_have_arrived_is_not_repeated_in_the_channel(
    harness: Harness,
) -> None:
    harness.slack.faults.add(SlackFault("chat.postMessage", drop="after"))
    await harness.fill_in(subject="Export hangs")

    await harness.ann.submit()

    message = await harness.direct_message()
    assert "did not confirm" in text_on(message)
    assert len(public(harness.slack, "C0SUPPORT")) == 1


@pytest.mark.long
async def test_a_card_that_slack_accepts_nowhere_is_retried_and_the_conversation_stays(
    harness: Harness,
) -> None:
    harness.slack.faults.add(SlackFault("chat.postMessage", error="account_inactive", times=None))
    harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    await harness.fill_in(subject="Export hangs")

    await harness.ann.submit()

    # The channel and the author.
    await harness.slack.until(lambda slack: len(slack.calls_of("chat.postMessage")) == 2)
    harness.slack.faults.clear()
    assert "Export hangs" in text_on(await harness.card(within=25))
    assert len(harness.weav.conversations) == 1


@pytest.mark.long
async def test_a_card_that_may_have_been_posted_is_retried_only_to_its_author(
    harness: Harness,
) -> None:
    # https://docs.slack.dev/reference/methods/chat.postMessage#errors: part of it may be done.
    nowhere = SlackFault("chat.postMessage", error="fatal_error", times=None)
    harness.slack.faults.add(nowhere)
    await harness.fill_in(subject="Export hangs")

    await harness.ann.submit()

    # The channel once, and the author twice.
    await harness.slack.until(lambda slack: len(slack.calls_of("chat.postMessage")) == 3)
    harness.slack.faults.clear()
    message = text_on(await harness.direct_message(within=25))
    assert "Export hangs" in message
    assert "did not confirm" in message
    assert public(harness.slack, "C0SUPPORT") == []
    assert len(harness.weav.conversations) == 1
