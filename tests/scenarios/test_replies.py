"""The customer replied: the card's thread gets one notice, in the way that the channel chose."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.follow.replies import ToldMessages
from bot.ledger import State
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.webhooks import WebhookOptions
from bot.slack import ids
from bot.weav.messages import WrittenMessage
from tests.follow.deliveries import CUSTOMER_WROTE, Weav
from tests.harness import CONVERSATION_URL, CREATE, JANE, Harness, open_harness, text_on
from tests.scenarios.cards import (
    BEN_IN_WEAV,
    READ,
    Route,
    another_bot,
    execute,
    only_conversation,
    post_card,
    tell_weav_id,
    until_card_says,
)
from tests.scenarios.following import SECRET, change_in_weav, redraws, select, until_nothing_is_due
from tests.scenarios.test_defaults import save_defaults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.slack import SlackMessage
    from bot.sandbox.weav import Exchange

LIST = {"method": "GET", "path": "/conversations/*/messages"}
SHARED = "C0PARTNERS"
LONG = pytest.mark.long


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path, weav_webhook_secret=SECRET) as opened:
        await opened.bot.health.poll_slack()
        yield opened


def customer_writes(harness: Harness, content: str = "It still hangs.", **more: object) -> str:
    """Let the customer write, and return the message's ID."""
    written = harness.weav.store.write(only_conversation(harness)["id"], content, **more)  # type: ignore[arg-type]
    return str(written["id"])


def notices(harness: Harness) -> list[SlackMessage]:
    return [each for each in harness.slack.from_bot() if " replied" in each.text]


def lists(harness: Harness) -> list[Exchange]:
    return [each for each in harness.weav.requests if each.path.endswith("/messages")]


async def until_notices(harness: Harness, number: int = 1, within: float = 10) -> SlackMessage:
    """Wait for this many notices, and return the last."""
    await harness.slack.until(lambda _: len(notices(harness)) >= number, within)
    return notices(harness)[-1]


@pytest.mark.parametrize("route", ["channel", "thread", "direct"])
async def test_the_cards_thread_gets_the_notice_on_every_route(
    harness: Harness, route: Route
) -> None:
    card = await post_card(harness, route)

    customer_writes(harness)

    notice = await until_notices(harness)
    assert notice.slack_channel_id == card.slack_channel_id
    assert notice.thread_ts == (card.thread_ts or card.ts)
    assert not notice.only_for


async def test_the_notice_has_the_customer_the_time_and_a_link_and_mentions_the_author(
    harness: Harness,
) -> None:
    await post_card(harness)
    await until_nothing_is_due(harness)

    customer_writes(harness)

    said = text_on(await until_notices(harness))
    link = CONVERSATION_URL.format(id=only_conversation(harness)["id"])
    assert "*Jane Doe replied* · <!date^" in said
    assert f"<{link}|Open in Weav>" in said
    assert said.endswith("<@U0ANN>")
    assert "It still hangs" not in said


async def test_the_notice_mentions_an_assignee_whom_the_bot_knows(harness: Harness) -> None:
    await tell_weav_id(harness.ben, BEN_IN_WEAV)
    await post_card(harness, assignee_type="user", assignee_id=BEN_IN_WEAV)

    customer_writes(harness)

    assert text_on(await until_notices(harness)).endswith("<@U0BEN>")


async def test_the_notice_mentions_the_author_if_the_assignee_is_unknown(harness: Harness) -> None:
    await post_card(harness, assignee_type="user", assignee_id=BEN_IN_WEAV)

    customer_writes(harness)

    assert text_on(await until_notices(harness)).endswith("<@U0ANN>")


async def test_a_channel_can_choose_to_get_the_text(harness: Harness) -> None:
    await save_defaults(harness, replies="text")
    await post_card(harness)

    customer_writes(harness, f"<p>It <b>still</b> hangs.</p><p>{'Look! ' * 100}</p>")

    notice = await until_notices(harness)
    quoted = notice.blocks[-1]["text"]
    assert quoted["type"] == "plain_text"
    assert quoted["text"].startswith("It still hangs. Look! Look!")
    assert len(quoted["text"]) == 300
    assert quoted["text"].endswith("…")


async def test_a_channel_can_turn_notices_off_and_on(harness: Harness) -> None:
    await save_defaults(harness, replies="off")
    await post_card(harness)
    customer_writes(harness, "Nobody is told of this")
    await until_nothing_is_due(harness)
    assert notices(harness) == []

    await save_defaults(harness, replies="text")
    customer_writes(harness, "But of this")

    assert text_on(await until_notices(harness)).endswith("But of this")


async def test_the_defaults_form_shows_the_choice(harness: Harness) -> None:
    await harness.ann.command("defaults")
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    values = harness.ann.view.values["replies"]["replies"]
    assert values["selected_option"]["value"] == "notice"
    await harness.ann.submit({"replies": "off"})

    await harness.ann.command("defaults")
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    values = harness.ann.view.values["replies"]["replies"]
    assert values["selected_option"]["value"] == "off"


async def test_the_choice_of_the_cards_own_channel_applies(harness: Harness) -> None:
    await save_defaults(harness, replies="off")
    await post_card(harness, post_to="C0GENERAL")

    customer_writes(harness)

    assert (await until_notices(harness)).slack_channel_id == "C0GENERAL"


async def test_a_message_that_is_no_reply_gives_no_notice(harness: Harness) -> None:
    card = await post_card(harness)
    customer_writes(harness, "A note of ours", is_internal=True)
    customer_writes(harness, "An answer of ours", sender_type="user")
    customer_writes(harness, "The agent's", sender_type="agent")
    await until_nothing_is_due(harness)

    assert notices(harness) == []
    assert not card.edited


async def test_a_reply_from_before_the_bot_knew_the_conversation_gives_a_notice(
    harness: Harness,
) -> None:
    harness.weav.fail(WeavFault(hold=0.5, **CREATE))
    await harness.fill_in(subject="Export hangs")
    submitting = asyncio.create_task(harness.ann.submit())
    await harness.weav.until(lambda: bool(harness.weav.conversations))

    customer_writes(harness)
    await submitting

    card = await harness.card()
    assert (await until_notices(harness)).thread_ts == card.ts


async def test_a_reply_without_an_event_gives_a_notice_also_if_a_click_sees_it_first(
    tmp_path: Path,
) -> None:
    async with open_harness(tmp_path, weav_refresh_every="60") as harness:
        card = await post_card(harness)
        await harness.entry_in(State.ANNOUNCED)
        customer_writes(harness)

        await harness.ben.click(ids.SET_PRIORITY, card.ts, "low")

        assert (await until_notices(harness)).thread_ts == card.ts


async def test_a_reply_while_the_card_was_gone_gives_a_notice_once_it_is_back(
    harness: Harness,
) -> None:
    card = await post_card(harness)
    await until_nothing_is_due(harness)
    harness.slack.faults.add(SlackFault("chat.update", error="is_archived"))
    change_in_weav(harness, status="closed")
    await until_nothing_is_due(harness)
    only_conversation(harness)["last_message_at"] = None
    customer_writes(harness)
    only_conversation(harness)["last_message_at"] = None
    await until_nothing_is_due(harness)

    await harness.ben.click(ids.SET_PRIORITY, card.ts, "low")

    assert (await until_notices(harness)).thread_ts == card.ts
    await until_nothing_is_due(harness)
    assert len(notices(harness)) == 1


async def test_the_bot_waits_for_an_announced_reply_also_after_an_outage_of_weav(
    harness: Harness,
) -> None:
    await post_card(harness)
    await until_nothing_is_due(harness)
    harness.weav.webhooks.is_active = False
    harness.weav.fail(WeavFault(status=503, times=5, **LIST))  # type: ignore[arg-type]
    await Weav.to(harness).tell(CUSTOMER_WROTE, only_conversation(harness)["id"])
    await harness.weav.until(lambda: [each.status for each in lists(harness)][5:] == [200], 20)

    customer_writes(harness)

    await until_notices(harness)


async def test_without_following_a_click_marks_no_look(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        card = await post_card(harness)
        await harness.entry_in(State.ANNOUNCED)
        customer_writes(harness)

        await harness.ben.click(ids.SET_PRIORITY, card.ts, "low")
        await until_card_says(harness, card, "set the priority to Low")

        assert await select(harness, "SELECT * FROM due") == []


async def test_messages_close_together_are_one_notice_and_a_later_one_is_another(
    harness: Harness,
) -> None:
    await save_defaults(harness, replies="text")
    await post_card(harness)
    for content in ("One.", "Two.", "Three."):
        customer_writes(harness, content)

    first = await until_notices(harness)
    assert "(3 messages)" in text_on(first)
    assert text_on(first).endswith("One. Two. Three.")
    await until_nothing_is_due(harness)
    customer_writes(harness, "Four.")

    assert text_on(await until_notices(harness, 2)).endswith("Four.")
    await until_nothing_is_due(harness)
    assert len(notices(harness)) == 2


@pytest.mark.parametrize(
    "options",
    [
        WebhookOptions(twice=True),
        pytest.param(WebhookOptions(reversed=True), marks=LONG),
        pytest.param(WebhookOptions(late=0.5), marks=LONG),
    ],
    ids=["twice", "the other way round", "late"],
)
async def test_several_events_about_a_reply_give_one_notice(
    harness: Harness, options: WebhookOptions
) -> None:
    harness.weav.webhooks.options = options
    await post_card(harness)

    customer_writes(harness)
    change_in_weav(harness, priority="low")
    await until_notices(harness)
    await until_nothing_is_due(harness)
    [delivery] = [d for d in harness.weav.webhooks.deliveries if d.event == CUSTOMER_WROTE]
    for _ in range(3):
        await harness.weav.webhooks.post(delivery.body, delivery.event)
    await until_nothing_is_due(harness)

    assert len(notices(harness)) == 1


@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_long_conversation_is_read_to_its_end(
    harness: Harness,
    newest_first: bool,  # noqa: FBT001 - pytest's
) -> None:
    harness.weav.listing.newest_first, harness.weav.listing.bare = newest_first, True
    await save_defaults(harness, replies="text")
    await post_card(harness)
    await until_nothing_is_due(harness)
    harness.weav.webhooks.is_active = False
    old = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    for number in range(250):
        customer_writes(harness, f"Old {number}", sent_at=old, created_at=old)
    harness.weav.webhooks.is_active = True

    customer_writes(harness, "New")

    notice = await until_notices(harness)
    assert text_on(notice).endswith("New")
    assert "messages)" not in notice.text


async def test_a_conversation_of_long_mails_is_read_to_its_end(harness: Harness) -> None:
    await save_defaults(harness, replies="text")
    await post_card(harness)
    await until_nothing_is_due(harness)
    harness.weav.webhooks.is_active = False
    for number in range(12):
        customer_writes(harness, f"Mail {number} {'> It hangs. ' * 8000}", sender_type="user")
    harness.weav.webhooks.is_active = True

    customer_writes(harness, "It still hangs.")

    assert text_on(await until_notices(harness)).endswith("It still hangs.")
    await until_nothing_is_due(harness)
    assert len(notices(harness)) == 1


async def test_in_a_shared_channel_the_notice_has_neither_name_nor_text(tmp_path: Path) -> None:
    async with open_harness(tmp_path, weav_webhook_secret=SECRET) as harness:
        harness.slack.scopes += ("channels:read",)
        await harness.bot.health.poll_slack()
        await harness.ann.command("defaults", SHARED)
        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
        await harness.ann.submit({"replies": "text"})
        await post_card(harness, post_to=SHARED)

        customer_writes(harness, "Secret")

        notice = await until_notices(harness)
        assert notice.text.startswith("The customer replied · ")
        assert notice.text.endswith("<@U0ANN>")
        seen = f"{notice.text} {notice.blocks}"
        for private in ("Secret", "Jane", "jane", JANE, "Export hangs"):
            assert private not in seen


async def test_text_of_the_customer_is_never_markup(harness: Harness) -> None:
    await save_defaults(harness, replies="text")
    await post_card(harness)

    customer_writes(harness, "<!channel> <@U0BEN> *bold* https://evil.example/<x>\x00\u202e")

    notice = await until_notices(harness)
    assert "<!channel>" not in notice.text
    assert "<@U0BEN>" not in notice.text
    assert notice.blocks[-1]["text"]["type"] == "plain_text"


async def test_half_an_emoji_in_a_mail_or_a_subject_loses_no_notice(harness: Harness) -> None:
    await save_defaults(harness, replies="text")
    await post_card(harness)
    only_conversation(harness)["subject"] = "Export \ud83d hangs"

    customer_writes(harness, "It \ud83d still hangs.")

    notice = await until_notices(harness)
    assert notice.blocks[-1]["text"]["text"] == "It ? still hangs."
    await until_nothing_is_due(harness)
    assert "Export ? hangs" in text_on(await harness.card())


async def test_a_card_that_cannot_be_found_again_gets_no_notice(harness: Harness) -> None:
    await post_card(harness, "response_url")

    customer_writes(harness)
    await until_nothing_is_due(harness)

    assert notices(harness) == []


# Weav or Slack is down.


@pytest.mark.parametrize(
    "fault",
    [
        WeavFault(status=503, times=2, **LIST),  # type: ignore[arg-type]
        pytest.param(WeavFault(status=200, body=b"{}", times=2, **LIST), marks=LONG),  # type: ignore[arg-type]
        WeavFault.lost_request(times=3, **LIST),
        pytest.param(WeavFault(status=500, times=4, **READ), marks=LONG),
    ],
    ids=["503", "no list", "cut", "500"],
)
async def test_messages_are_requested_until_weav_answers(
    harness: Harness, fault: WeavFault
) -> None:
    await post_card(harness)
    await until_nothing_is_due(harness)
    harness.weav.fail(fault)

    customer_writes(harness)

    await until_notices(harness)
    await until_nothing_is_due(harness)
    assert len(notices(harness)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault("chat.postMessage", status=429, error="ratelimited", retry_after=1),
        pytest.param(SlackFault("chat.postMessage", error="token_revoked", times=2), marks=LONG),
    ],
    ids=["429", "revoked"],
)
async def test_a_notice_is_retried_until_slack_accepts_it(
    harness: Harness, fault: SlackFault
) -> None:
    await post_card(harness)
    await until_nothing_is_due(harness)
    harness.slack.faults.add(fault)

    customer_writes(harness)

    await until_notices(harness)
    await until_nothing_is_due(harness)
    assert len(notices(harness)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault("chat.postMessage", status=500, times=None),
        SlackFault("chat.postMessage", drop="after", times=None),
        SlackFault("chat.postMessage", error="restricted_action_thread_locked", times=None),
        SlackFault("chat.postMessage", error="thread_not_found", times=None),
        pytest.param(SlackFault("chat.postMessage", error="internal_error"), marks=LONG),
        pytest.param(SlackFault("chat.postMessage", drop="before"), marks=LONG),
    ],
    ids=["500", "cut after", "locked", "no thread", "internal", "cut before"],
)
async def test_a_notice_that_slack_does_not_confirm_or_accept_is_on_the_card_and_not_repeated(
    harness: Harness, fault: SlackFault
) -> None:
    card = await post_card(harness)
    await until_nothing_is_due(harness)
    asked = len(harness.slack.calls_of("chat.postMessage"))
    harness.slack.faults.add(fault)

    customer_writes(harness)

    await until_card_says(harness, card, "The customer replied · <!date^")
    await until_nothing_is_due(harness)
    assert len(harness.slack.calls_of("chat.postMessage")) - asked == 1
    harness.slack.faults.clear()
    change_in_weav(harness, priority="low")
    await until_card_says(harness, card, ":white_circle: Low")


async def test_a_thread_that_is_gone_ends_notices(harness: Harness) -> None:
    card = await post_card(harness)
    await until_nothing_is_due(harness)
    harness.slack.remove_message(card)

    customer_writes(harness)
    await until_nothing_is_due(harness)
    change_in_weav(harness, priority="low")
    await until_nothing_is_due(harness)

    assert notices(harness) == []
    assert [call.answer["error"] for call in redraws(harness)] == ["message_not_found"]


async def test_a_deleted_conversation_gives_no_notice(harness: Harness) -> None:
    card = await post_card(harness)
    await until_nothing_is_due(harness)
    customer_writes(harness)

    harness.weav.store.delete(only_conversation(harness)["id"])

    await until_card_says(harness, card, "Deleted in Weav")
    await until_nothing_is_due(harness)
    assert notices(harness) == []


async def test_after_a_crash_during_a_notice_the_card_says_it_and_nothing_is_repeated(
    harness: Harness,
) -> None:
    card = await post_card(harness)
    await until_nothing_is_due(harness)
    harness.weav.webhooks.is_active = False
    message_id = customer_writes(harness)
    telling = ToldMessages(telling=(WrittenMessage(id=message_id).key,)).dump()
    harness.weav.webhooks.is_active = True
    await execute(
        harness,
        "INSERT INTO due (conversation_id, look, due_at, marks, marked_at, memo) SELECT"  # noqa: S608 - ours
        f" conversation_id, 'replies', 1, 1, marked_at, '{json.dumps(telling)}' FROM due",
    )

    await until_card_says(harness, card, "The customer replied · <!date^")
    await until_nothing_is_due(harness)
    assert [each for each in notices(harness) if each is not card] == []

    customer_writes(harness, "Another")
    await harness.slack.until(lambda _: [each for each in notices(harness) if each is not card], 10)
    await until_nothing_is_due(harness)
    [notice] = [each for each in notices(harness) if each is not card]
    assert "messages)" not in notice.text
    assert text_on(card).count("The customer replied") == 1
    await harness.ben.click("weav_conversation_close", card.ts)
    await until_card_says(harness, card, "closed it", "The customer replied · <!date^")


async def test_old_notices_are_not_repeated_after_an_unconfirmed_one(harness: Harness) -> None:
    card = await post_card(harness)
    await until_nothing_is_due(harness)
    harness.weav.webhooks.is_active = False
    for number in range(205):
        customer_writes(harness, f"Message {number}")
    messages = harness.weav.store.messages[only_conversation(harness)["id"]]
    start = datetime.now(UTC) - timedelta(hours=1)
    for number, message in enumerate(messages):
        message["sent_at"] = message["created_at"] = (start + timedelta(seconds=number)).isoformat()
    keys = [WrittenMessage(id=message["id"]).key for message in messages]
    until = (start + timedelta(seconds=3)).timestamp()
    memo = ToldMessages(told=tuple(keys[4:204]), until=until, telling=(keys[204],)).dump()
    await execute(
        harness,
        "INSERT INTO due (conversation_id, look, due_at, marks, marked_at, memo) SELECT"  # noqa: S608 - ours
        f" conversation_id, 'replies', 1, 1, marked_at, '{json.dumps(memo)}' FROM due",
    )

    await until_card_says(harness, card, "The customer replied · <!date^")
    await until_nothing_is_due(harness)

    assert [each for each in notices(harness) if each is not card] == []


async def test_two_replicas_give_one_notice(tmp_path: Path, postgres_url: str) -> None:
    async with (
        open_harness(tmp_path, database=postgres_url, weav_webhook_secret=SECRET) as harness,
        another_bot(harness),
    ):
        await post_card(harness)

        for number in range(3):
            customer_writes(harness, f"Message {number}")
            await until_notices(harness, number + 1)
            await until_nothing_is_due(harness)

        assert len(notices(harness)) == 3
        [row] = await select(harness, "SELECT COUNT(*) FROM due WHERE owner IS NOT NULL")
        assert row[0] == 0


async def test_the_bot_never_writes_to_the_customer(harness: Harness) -> None:
    await post_card(harness)
    customer_writes(harness)
    await until_notices(harness)
    await asyncio.sleep(0)

    assert [each.path for each in harness.weav.requests if each.method == "POST"] == [
        "/v1/conversations"
    ]
