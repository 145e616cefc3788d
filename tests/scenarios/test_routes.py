"""The card's route: the channel, the form's response_url, or direct messages to the author."""

import pytest

from bot.sandbox.slack import RESPONSE_URL, SlackFault, rate_limited
from tests.house import House, public, text_on


@pytest.mark.parametrize("slack_channel_id", ["G0BILLING", "D0ANNBEN"])
async def test_where_the_bot_is_no_member_the_response_url_posts_the_card(
    at_home: House, slack_channel_id: str
) -> None:
    await at_home.fill_in(subject="Export hangs", post_to=slack_channel_id)

    await at_home.ann.submit()

    card = await at_home.card(slack_channel_id)
    assert "Export hangs" in text_on(card)
    assert card.via == "response_url"


async def test_a_public_channel_needs_no_membership(at_home: House) -> None:
    await at_home.fill_in(post_to="C0GENERAL")

    await at_home.ann.submit()

    assert (await at_home.card("C0GENERAL")).via == "api"


async def test_if_nothing_posts_there_the_author_gets_the_card_and_how_to_invite_the_bot(
    at_home: House,
) -> None:
    at_home.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    await at_home.fill_in(subject="Export hangs", post_to="G0BILLING")

    await at_home.ann.submit()

    message = await at_home.direct_message()
    assert "Export hangs" in text_on(message)
    assert "<#G0BILLING>" in text_on(message)
    assert "/invite" in text_on(message)
    assert len(at_home.weav.conversations) == 1


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault("chat.postMessage", error="not_in_channel"),
        SlackFault("chat.postMessage", drop="after"),
    ],
    ids=["certain", "not certain"],
)
async def test_a_direct_message_that_takes_no_card_is_not_named_and_the_bot_not_invited(
    at_home: House, fault: SlackFault
) -> None:
    at_home.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    at_home.slack.faults.add(fault)
    await at_home.fill_in(subject="Export hangs", post_to="D0ANNBEN")

    await at_home.ann.submit()

    message = await at_home.direct_message()
    assert "in your direct message" in text_on(message)
    assert "Export hangs" in text_on(message)
    assert "D0ANNBEN" not in f"{message.text} {message.blocks}"
    assert "/invite" not in text_on(message)


async def test_posting_waits_for_a_rate_limit(at_home: House) -> None:
    at_home.slack.faults.add(rate_limited("chat.postMessage", retry_after=1, times=2))
    await at_home.fill_in()

    await at_home.ann.submit()

    await at_home.card()
    calls = at_home.slack.calls_of("chat.postMessage")
    assert len(calls) == 3
    assert calls[1].at - calls[0].at >= 1


async def test_a_post_that_may_have_arrived_is_not_repeated_in_the_channel(
    at_home: House,
) -> None:
    at_home.slack.faults.add(SlackFault("chat.postMessage", drop="after"))
    await at_home.fill_in(subject="Export hangs")

    await at_home.ann.submit()

    message = await at_home.direct_message()
    assert "did not confirm" in text_on(message)
    assert len(public(at_home.slack, "C0SUPPORT")) == 1


@pytest.mark.long
async def test_a_card_that_slack_accepts_nowhere_is_retried_and_the_conversation_stays(
    at_home: House,
) -> None:
    at_home.slack.faults.add(SlackFault("chat.postMessage", error="account_inactive", times=None))
    at_home.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
    await at_home.fill_in(subject="Export hangs")

    await at_home.ann.submit()

    # The channel and the author.
    await at_home.slack.until(lambda slack: len(slack.calls_of("chat.postMessage")) == 2)
    at_home.slack.faults.clear()
    assert "Export hangs" in text_on(await at_home.card(within=25))
    assert len(at_home.weav.conversations) == 1


@pytest.mark.long
async def test_a_card_that_may_have_been_posted_is_retried_only_to_its_author(
    at_home: House,
) -> None:
    # https://docs.slack.dev/reference/methods/chat.postMessage#errors: part of it may be done.
    nowhere = SlackFault("chat.postMessage", error="fatal_error", times=None)
    at_home.slack.faults.add(nowhere)
    await at_home.fill_in(subject="Export hangs")

    await at_home.ann.submit()

    # The channel once, and the author twice.
    await at_home.slack.until(lambda slack: len(slack.calls_of("chat.postMessage")) == 3)
    at_home.slack.faults.clear()
    message = text_on(await at_home.direct_message(within=25))
    assert "Export hangs" in message
    assert "did not confirm" in message
    assert public(at_home.slack, "C0SUPPORT") == []
    assert len(at_home.weav.conversations) == 1
