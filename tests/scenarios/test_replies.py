"""The customer replied: the card's thread is told, once, and as its channel wants it."""

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
from tests.house import CONVERSATION_URL, CREATE, JANE, House, house, text_on
from tests.scenarios.cards import (
    BEN_IN_WEAV,
    READ,
    Route,
    another_bot,
    conversation_in,
    drawn,
    execute,
    introduced,
    posted,
)
from tests.scenarios.following import SECRET, change, redraws, select, settled
from tests.scenarios.test_defaults import saved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.slack import SlackMessage
    from bot.sandbox.weav import Exchange

LIST = {"method": "GET", "path": "/conversations/*/messages"}
SHARED = "C0PARTNERS"
LONG = pytest.mark.long


@pytest.fixture
async def at_home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, weav_webhook_secret=SECRET) as opened:
        await opened.bot.health.poll_slack()
        yield opened


def write(at_home: House, content: str = "It still hangs.", **more: object) -> str:
    """Let the customer write; the message's ID."""
    written = at_home.weav.store.write(conversation_in(at_home)["id"], content, **more)  # type: ignore[arg-type]
    return str(written["id"])


def notices(at_home: House) -> list[SlackMessage]:
    return [each for each in at_home.slack.from_bot() if " replied" in each.text]


def lists(at_home: House) -> list[Exchange]:
    return [each for each in at_home.weav.requests if each.path.endswith("/messages")]


async def noticed(at_home: House, number: int = 1, within: float = 10) -> SlackMessage:
    """Wait for as many notices, and return the last."""
    await at_home.slack.until(lambda _: len(notices(at_home)) >= number, within)
    return notices(at_home)[-1]


@pytest.mark.parametrize("route", ["channel", "thread", "direct"])
async def test_the_thread_of_the_card_is_told_wherever_it_stands(
    at_home: House, route: Route
) -> None:
    card = await posted(at_home, route)

    write(at_home)

    notice = await noticed(at_home)
    assert notice.slack_channel_id == card.slack_channel_id
    assert notice.thread_ts == (card.thread_ts or card.ts)
    assert not notice.only_for


async def test_it_says_who_and_when_and_leads_there_and_mentions_the_author(
    at_home: House,
) -> None:
    await posted(at_home)
    await settled(at_home)

    write(at_home)

    said = text_on(await noticed(at_home))
    link = CONVERSATION_URL.format(id=conversation_in(at_home)["id"])
    assert "*Jane Doe replied* · <!date^" in said
    assert f"<{link}|Open in Weav>" in said
    assert said.endswith("<@U0ANN>")
    assert "It still hangs" not in said


async def test_it_mentions_the_assignee_whom_the_bot_knows(at_home: House) -> None:
    await introduced(at_home.ben, BEN_IN_WEAV)
    await posted(at_home, assignee_type="user", assignee_id=BEN_IN_WEAV)

    write(at_home)

    assert text_on(await noticed(at_home)).endswith("<@U0BEN>")


async def test_it_mentions_the_author_where_nobody_knows_the_assignee(at_home: House) -> None:
    await posted(at_home, assignee_type="user", assignee_id=BEN_IN_WEAV)

    write(at_home)

    assert text_on(await noticed(at_home)).endswith("<@U0ANN>")


async def test_a_channel_may_have_the_text_as_well(at_home: House) -> None:
    await saved(at_home, replies="text")
    await posted(at_home)

    write(at_home, f"<p>It <b>still</b> hangs.</p><p>{'Look! ' * 100}</p>")

    notice = await noticed(at_home)
    quoted = notice.blocks[-1]["text"]
    assert quoted["type"] == "plain_text"
    assert quoted["text"].startswith("It still hangs. Look! Look!")
    assert len(quoted["text"]) == 300
    assert quoted["text"].endswith("…")


async def test_a_channel_may_want_to_hear_nothing_and_then_again(at_home: House) -> None:
    await saved(at_home, replies="off")
    await posted(at_home)
    write(at_home, "Nobody is told of this")
    await settled(at_home)
    assert notices(at_home) == []

    await saved(at_home, replies="text")
    write(at_home, "But of this")

    assert text_on(await noticed(at_home)).endswith("But of this")


async def test_the_defaults_say_what_is_chosen(at_home: House) -> None:
    await at_home.ann.command("defaults")
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    values = at_home.ann.view.values["replies"]["replies"]
    assert values["selected_option"]["value"] == "notice"
    await at_home.ann.submit({"replies": "off"})

    await at_home.ann.command("defaults")
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))

    values = at_home.ann.view.values["replies"]["replies"]
    assert values["selected_option"]["value"] == "off"


async def test_the_defaults_of_the_cards_own_channel_count(at_home: House) -> None:
    await saved(at_home, replies="off")
    await posted(at_home, post_to="C0GENERAL")

    write(at_home)

    assert (await noticed(at_home)).slack_channel_id == "C0GENERAL"


async def test_what_is_no_reply_is_not_told(at_home: House) -> None:
    card = await posted(at_home)
    write(at_home, "A note of ours", is_internal=True)
    write(at_home, "An answer of ours", sender_type="user")
    write(at_home, "The agent's", sender_type="agent")
    await settled(at_home)

    assert notices(at_home) == []
    assert not card.edited


async def test_a_reply_that_came_before_the_bot_knew_of_the_conversation_is_told(
    at_home: House,
) -> None:
    at_home.weav.fail(WeavFault(hold=0.5, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    submitting = asyncio.create_task(at_home.ann.submit())
    await at_home.weav.until(lambda: bool(at_home.weav.conversations))

    write(at_home)
    await submitting

    card = await at_home.card()
    assert (await noticed(at_home)).thread_ts == card.ts


async def test_a_reply_that_nobody_told_of_is_told_also_when_a_click_sees_it_first(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, weav_refresh_every="60") as at_home:
        card = await posted(at_home)
        await at_home.entry_in(State.ANNOUNCED)
        write(at_home)

        await at_home.ben.click(ids.SET_PRIORITY, card.ts, "low")

        assert (await noticed(at_home)).thread_ts == card.ts


async def test_a_reply_that_came_while_the_card_was_gone_is_told_when_it_is_there_again(
    at_home: House,
) -> None:
    card = await posted(at_home)
    await settled(at_home)
    at_home.slack.faults.add(SlackFault("chat.update", error="is_archived"))
    change(at_home, status="closed")
    await settled(at_home)
    conversation_in(at_home)["last_message_at"] = None
    write(at_home)
    conversation_in(at_home)["last_message_at"] = None
    await settled(at_home)

    await at_home.ben.click(ids.SET_PRIORITY, card.ts, "low")

    assert (await noticed(at_home)).thread_ts == card.ts
    await settled(at_home)
    assert len(notices(at_home)) == 1


async def test_a_reply_is_waited_for_also_when_weav_was_away_before(at_home: House) -> None:
    await posted(at_home)
    await settled(at_home)
    at_home.weav.webhooks.is_active = False
    at_home.weav.fail(WeavFault(status=503, times=5, **LIST))  # type: ignore[arg-type]
    await Weav.to(at_home).tell(CUSTOMER_WROTE, conversation_in(at_home)["id"])
    await at_home.weav.until(lambda: [each.status for each in lists(at_home)][5:] == [200], 20)

    write(at_home)

    await noticed(at_home)


async def test_where_no_card_follows_weav_a_click_asks_for_no_look(tmp_path: Path) -> None:
    async with house(tmp_path) as at_home:
        card = await posted(at_home)
        await at_home.entry_in(State.ANNOUNCED)
        write(at_home)

        await at_home.ben.click(ids.SET_PRIORITY, card.ts, "low")
        await drawn(at_home, card, "set the priority to Low")

        assert await select(at_home, "SELECT * FROM due") == []


async def test_messages_that_come_together_are_one_notice_and_a_later_one_another(
    at_home: House,
) -> None:
    await saved(at_home, replies="text")
    await posted(at_home)
    for content in ("One.", "Two.", "Three."):
        write(at_home, content)

    first = await noticed(at_home)
    assert "(3 messages)" in text_on(first)
    assert text_on(first).endswith("One. Two. Three.")
    await settled(at_home)
    write(at_home, "Four.")

    assert text_on(await noticed(at_home, 2)).endswith("Four.")
    await settled(at_home)
    assert len(notices(at_home)) == 2


@pytest.mark.parametrize(
    "options",
    [
        WebhookOptions(twice=True),
        pytest.param(WebhookOptions(reversed=True), marks=LONG),
        pytest.param(WebhookOptions(late=0.5), marks=LONG),
    ],
    ids=["twice", "the other way round", "late"],
)
async def test_however_it_is_told_the_thread_hears_it_once(
    at_home: House, options: WebhookOptions
) -> None:
    at_home.weav.webhooks.options = options
    await posted(at_home)

    write(at_home)
    change(at_home, priority="low")
    await noticed(at_home)
    await settled(at_home)
    [delivery] = [d for d in at_home.weav.webhooks.deliveries if d.event == CUSTOMER_WROTE]
    for _ in range(3):
        await at_home.weav.webhooks.post(delivery.body, delivery.event)
    await settled(at_home)

    assert len(notices(at_home)) == 1


@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_long_conversation_is_read_to_its_end(
    at_home: House,
    newest_first: bool,  # noqa: FBT001 - pytest's
) -> None:
    at_home.weav.listing.newest_first, at_home.weav.listing.bare = newest_first, True
    await saved(at_home, replies="text")
    await posted(at_home)
    await settled(at_home)
    at_home.weav.webhooks.is_active = False
    old = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    for number in range(250):
        write(at_home, f"Old {number}", sent_at=old, created_at=old)
    at_home.weav.webhooks.is_active = True

    write(at_home, "New")

    notice = await noticed(at_home)
    assert text_on(notice).endswith("New")
    assert "messages)" not in notice.text


async def test_a_thread_of_long_mails_is_read_to_its_end(at_home: House) -> None:
    await saved(at_home, replies="text")
    await posted(at_home)
    await settled(at_home)
    at_home.weav.webhooks.is_active = False
    for number in range(12):
        write(at_home, f"Mail {number} {'> It hangs. ' * 8000}", sender_type="user")
    at_home.weav.webhooks.is_active = True

    write(at_home, "It still hangs.")

    assert text_on(await noticed(at_home)).endswith("It still hangs.")
    await settled(at_home)
    assert len(notices(at_home)) == 1


async def test_in_a_shared_channel_it_has_neither_name_nor_text(tmp_path: Path) -> None:
    async with house(tmp_path, weav_webhook_secret=SECRET) as at_home:
        at_home.slack.scopes += ("channels:read",)
        await at_home.bot.health.poll_slack()
        await at_home.ann.command("defaults", SHARED)
        await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
        await at_home.ann.submit({"replies": "text"})
        await posted(at_home, post_to=SHARED)

        write(at_home, "Secret")

        notice = await noticed(at_home)
        assert notice.text.startswith("The customer replied · ")
        assert notice.text.endswith("<@U0ANN>")
        seen = f"{notice.text} {notice.blocks}"
        for private in ("Secret", "Jane", "jane", JANE, "Export hangs"):
            assert private not in seen


async def test_whatever_the_customer_writes_is_text(at_home: House) -> None:
    await saved(at_home, replies="text")
    await posted(at_home)

    write(at_home, "<!channel> <@U0BEN> *bold* https://evil.example/<x>\x00\u202e")

    notice = await noticed(at_home)
    assert "<!channel>" not in notice.text
    assert "<@U0BEN>" not in notice.text
    assert notice.blocks[-1]["text"]["type"] == "plain_text"


async def test_half_an_emoji_in_a_mail_or_a_subject_hides_no_reply(at_home: House) -> None:
    await saved(at_home, replies="text")
    await posted(at_home)
    conversation_in(at_home)["subject"] = "Export \ud83d hangs"

    write(at_home, "It \ud83d still hangs.")

    notice = await noticed(at_home)
    assert notice.blocks[-1]["text"]["text"] == "It ? still hangs."
    await settled(at_home)
    assert "Export ? hangs" in text_on(await at_home.card())


async def test_a_card_that_cannot_be_found_again_has_no_thread(at_home: House) -> None:
    await posted(at_home, "response_url")

    write(at_home)
    await settled(at_home)

    assert notices(at_home) == []


# When others are away.


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
async def test_weav_is_asked_until_it_tells(at_home: House, fault: WeavFault) -> None:
    await posted(at_home)
    await settled(at_home)
    at_home.weav.fail(fault)

    write(at_home)

    await noticed(at_home)
    await settled(at_home)
    assert len(notices(at_home)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault("chat.postMessage", status=429, error="ratelimited", retry_after=1),
        pytest.param(SlackFault("chat.postMessage", error="token_revoked", times=2), marks=LONG),
    ],
    ids=["429", "revoked"],
)
async def test_slack_is_told_until_it_takes_it(at_home: House, fault: SlackFault) -> None:
    await posted(at_home)
    await settled(at_home)
    at_home.slack.faults.add(fault)

    write(at_home)

    await noticed(at_home)
    await settled(at_home)
    assert len(notices(at_home)) == 1


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
async def test_what_slack_does_not_confirm_or_never_takes_is_on_the_card_and_not_told_again(
    at_home: House, fault: SlackFault
) -> None:
    card = await posted(at_home)
    await settled(at_home)
    asked = len(at_home.slack.calls_of("chat.postMessage"))
    at_home.slack.faults.add(fault)

    write(at_home)

    await drawn(at_home, card, "The customer replied · <!date^")
    await settled(at_home)
    assert len(at_home.slack.calls_of("chat.postMessage")) - asked == 1
    at_home.slack.faults.clear()
    change(at_home, priority="low")
    await drawn(at_home, card, ":white_circle: Low")


async def test_a_thread_that_is_gone_ends_it(at_home: House) -> None:
    card = await posted(at_home)
    await settled(at_home)
    at_home.slack.remove_message(card)

    write(at_home)
    await settled(at_home)
    change(at_home, priority="low")
    await settled(at_home)

    assert notices(at_home) == []
    assert [call.answer["error"] for call in redraws(at_home)] == ["message_not_found"]


async def test_of_a_deleted_conversation_nothing_is_told(at_home: House) -> None:
    card = await posted(at_home)
    await settled(at_home)
    write(at_home)

    at_home.weav.store.delete(conversation_in(at_home)["id"])

    await drawn(at_home, card, "Deleted in Weav")
    await settled(at_home)
    assert notices(at_home) == []


async def test_where_a_bot_died_while_it_told_the_card_says_it_and_nobody_is_told_twice(
    at_home: House,
) -> None:
    card = await posted(at_home)
    await settled(at_home)
    at_home.weav.webhooks.is_active = False
    message_id = write(at_home)
    telling = ToldMessages(telling=(WrittenMessage(id=message_id).key,)).dump()
    at_home.weav.webhooks.is_active = True
    await execute(
        at_home,
        "INSERT INTO due (conversation_id, look, due_at, marks, marked_at, memo) SELECT"  # noqa: S608 - ours
        f" conversation_id, 'replies', 1, 1, marked_at, '{json.dumps(telling)}' FROM due",
    )

    await drawn(at_home, card, "The customer replied · <!date^")
    await settled(at_home)
    assert [each for each in notices(at_home) if each is not card] == []

    write(at_home, "Another")
    await at_home.slack.until(lambda _: [each for each in notices(at_home) if each is not card], 10)
    await settled(at_home)
    [notice] = [each for each in notices(at_home) if each is not card]
    assert "messages)" not in notice.text
    assert text_on(card).count("The customer replied") == 1
    await at_home.ben.click("weav_conversation_close", card.ts)
    await drawn(at_home, card, "closed it", "The customer replied · <!date^")


async def test_what_was_told_long_ago_is_not_told_again_after_a_doubt(at_home: House) -> None:
    card = await posted(at_home)
    await settled(at_home)
    at_home.weav.webhooks.is_active = False
    for number in range(205):
        write(at_home, f"Message {number}")
    messages = at_home.weav.store.messages[conversation_in(at_home)["id"]]
    start = datetime.now(UTC) - timedelta(hours=1)
    for number, message in enumerate(messages):
        message["sent_at"] = message["created_at"] = (start + timedelta(seconds=number)).isoformat()
    keys = [WrittenMessage(id=message["id"]).key for message in messages]
    until = (start + timedelta(seconds=3)).timestamp()
    memo = ToldMessages(told=tuple(keys[4:204]), until=until, telling=(keys[204],)).dump()
    await execute(
        at_home,
        "INSERT INTO due (conversation_id, look, due_at, marks, marked_at, memo) SELECT"  # noqa: S608 - ours
        f" conversation_id, 'replies', 1, 1, marked_at, '{json.dumps(memo)}' FROM due",
    )

    await drawn(at_home, card, "The customer replied · <!date^")
    await settled(at_home)

    assert [each for each in notices(at_home) if each is not card] == []


async def test_two_replicas_tell_it_once(tmp_path: Path, postgres_url: str) -> None:
    async with (
        house(tmp_path, database=postgres_url, weav_webhook_secret=SECRET) as at_home,
        another_bot(at_home),
    ):
        await posted(at_home)

        for number in range(3):
            write(at_home, f"Message {number}")
            await noticed(at_home, number + 1)
            await settled(at_home)

        assert len(notices(at_home)) == 3
        [row] = await select(at_home, "SELECT COUNT(*) FROM due WHERE owner IS NOT NULL")
        assert row[0] == 0


async def test_nothing_is_ever_written_to_the_customer(at_home: House) -> None:
    await posted(at_home)
    write(at_home)
    await noticed(at_home)
    await asyncio.sleep(0)

    assert [each.path for each in at_home.weav.requests if each.method == "POST"] == [
        "/v1/conversations"
    ]
