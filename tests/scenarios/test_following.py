"""Cards follow changes in Weav, whatever the order or form of the webhooks."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest

from bot.card.digest import CardDigest
from bot.ledger import Ledger, State
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from bot.sandbox.weav.webhooks import Shape, Signature, WebhookOptions
from bot.slack import ids
from bot.weav.models import Conversation
from tests.follow.deliveries import STATUS, Weav
from tests.harness import CREATE, JANE, QUICK, QUICK_FOLLOW, Harness, Mode, open_harness, text_on
from tests.metrics import scrape, value
from tests.scenarios.cards import (
    BEN_IN_WEAV,
    READ,
    WRITE,
    Route,
    another_bot,
    clicker,
    execute,
    only_conversation,
    post_card,
    private_text,
    put_requests,
    tell_weav_id,
    until_card_says,
)
from tests.scenarios.following import (
    SECRET,
    change_in_weav,
    reads,
    redraws,
    select,
    until_nothing_is_due,
)
from tests.scenarios.test_status import status, until_status_says

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.slack import SlackMessage

LONG = pytest.mark.long
REDRAWN: list[Route] = ["channel", "thread", "direct"]
SHARED = "C0PARTNERS"


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path, weav_webhook_secret=SECRET) as opened:
        await opened.bot.health.poll_slack()
        yield opened


async def post_settled_card(
    harness: Harness, route: Route = "channel", **values: str
) -> SlackMessage:
    """Post a card, and wait until Weav's webhooks about its creation are handled."""
    card = await post_card(harness, route, **values)
    await until_nothing_is_due(harness)
    return card


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_conversation_closed_in_weav_is_closed_on_its_card(
    tmp_path: Path, mode: Mode
) -> None:
    async with open_harness(tmp_path, mode=mode, weav_webhook_secret=SECRET) as harness:
        card = await post_card(harness)

        change_in_weav(harness, status="closed")

        await until_card_says(
            harness, card, "*Status*\n:white_check_mark: Closed", "Closed in Weav · <!date^"
        )
        assert "Reopen" in text_on(card)
        assert "Closed in Weav" in card.text


@pytest.mark.parametrize("route", REDRAWN)
async def test_the_card_follows_on_every_route_that_can_be_redrawn(
    harness: Harness, route: Route
) -> None:
    card = await post_card(harness, route)
    before = text_on(card).splitlines()

    change_in_weav(harness, priority="low")

    await until_card_says(harness, card, ":white_circle: Low", "Priority set to Low in Weav")
    after = text_on(card).splitlines()
    gone = [line for line in before if line not in after]
    assert gone == [":large_blue_circle: Normal", ":white_circle: Priority: Low"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"priority": "urgent"}, "Priority set to Urgent in Weav"),
        ({"assignee_type": "agent", "assignee_id": EMAIL_AGENT}, "Assigned in Weav"),
        ({"status": "closed"}, "Closed in Weav"),
        ({"status": "closed", "priority": "high"}, "Priority set to High in Weav"),
    ],
)
async def test_each_kind_of_change_has_its_line(
    harness: Harness, fields: dict[str, str], said: str
) -> None:
    card = await post_card(harness)

    change_in_weav(harness, **fields)

    await until_card_says(harness, card, said)


async def test_a_change_that_is_reverted_in_weav_is_reverted_on_the_card(harness: Harness) -> None:
    card = await post_card(harness, assignee_type="user", assignee_id=BEN_IN_WEAV)

    change_in_weav(harness, assignee_type=None, assignee_id=None)
    await until_card_says(harness, card, "Unassigned in Weav", "*Assignee*\nUnassigned")
    change_in_weav(harness, status="closed")
    await until_card_says(harness, card, "Closed in Weav")
    change_in_weav(harness, status="open")

    await until_card_says(harness, card, "Reopened in Weav", "Closed in Weav", "Unassigned in Weav")


async def test_a_change_without_an_event_appears_with_the_next_event(harness: Harness) -> None:
    card = await post_settled_card(harness)
    only_conversation(harness)["subject"] = "Export hangs since Monday"

    change_in_weav(harness, priority="high")

    await until_card_says(
        harness, card, "Export hangs since Monday", "Priority set to High in Weav"
    )


@pytest.mark.parametrize(
    ("signature", "shape"),
    [
        (Signature.PREFIXED_HEX, Shape.UNKNOWN),
        (Signature.BASE64, Shape.FLAT),
        *(pytest.param(*each, marks=LONG) for each in product(Signature, Shape)),
    ],
)
async def test_values_are_understood_however_weav_writes_them(
    harness: Harness, signature: Signature, shape: Shape
) -> None:
    harness.weav.webhooks.options = WebhookOptions(signature=signature, shape=shape)
    card = await post_card(harness)

    change_in_weav(harness, status="closed")

    await until_card_says(harness, card, "Closed in Weav")


@pytest.mark.parametrize(
    "options",
    [WebhookOptions(twice=True), WebhookOptions(reversed=True), WebhookOptions(late=0.5)],
    ids=["twice", "the other way round", "late"],
)
async def test_webhooks_in_any_order_leave_the_card_in_the_latest_state(
    harness: Harness, options: WebhookOptions
) -> None:
    harness.weav.webhooks.options = options
    card = await post_card(harness)

    for fields in ({"status": "closed"}, {"priority": "low"}, {"status": "open"}):
        change_in_weav(harness, **fields)
    change_in_weav(harness, priority="urgent")

    await until_card_says(
        harness, card, ":red_circle: Urgent", "*Status*\n:large_green_circle: Open"
    )
    await until_nothing_is_due(harness)
    assert "Priority set to Urgent in Weav" in text_on(card)
    assert text_on(card).count("Priority set to Urgent") == 1


async def test_webhooks_about_the_bots_own_changes_change_nothing(harness: Harness) -> None:
    await tell_weav_id(harness.ben, BEN_IN_WEAV)
    card = await post_settled_card(harness)
    assert redraws(harness) == []

    await harness.ben.click(ids.CLOSE, card.ts)
    await until_card_says(harness, card, "<@U0BEN> closed it")
    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)
    await until_card_says(harness, card, "<@U0BEN> took it")
    await until_nothing_is_due(harness)

    events = [delivery.event for delivery in harness.weav.webhooks.deliveries]
    assert events == ["conversation.created", STATUS, "conversation.assigned.updated"]
    assert len(redraws(harness)) == 2
    assert "in Weav ·" not in text_on(card)


async def test_a_repeated_webhook_reads_weav_and_redraws_nothing(harness: Harness) -> None:
    card = await post_settled_card(harness)
    change_in_weav(harness, status="closed")
    await until_card_says(harness, card, "Closed in Weav")
    await until_nothing_is_due(harness)
    [delivery] = [each for each in harness.weav.webhooks.deliveries if each.event == STATUS]

    for _ in range(5):
        await harness.weav.webhooks.post(delivery.body, delivery.event)
    await until_nothing_is_due(harness)

    assert len(redraws(harness)) == 1
    assert text_on(card).count("Closed in Weav") == 1


async def test_a_burst_of_webhooks_is_one_look_and_one_redraw(harness: Harness) -> None:
    card = await post_settled_card(harness)
    read = len(reads(harness))

    for priority in ("low", "high", "urgent") * 5:
        change_in_weav(harness, priority=priority)
    await until_nothing_is_due(harness)

    assert ":red_circle: Urgent" in text_on(card)
    assert len(reads(harness)) - read <= 2
    assert len(redraws(harness)) == 1


async def test_buttons_work_on_a_redrawn_card_and_both_changes_are_shown(harness: Harness) -> None:
    card = await post_card(harness)
    change_in_weav(harness, status="closed", priority="high")
    await until_card_says(harness, card, "Closed in Weav")

    await harness.ben.click(ids.OPEN_AGAIN, card.ts)

    await until_card_says(
        harness, card, "<@U0BEN> reopened it", "Closed in Weav", "set to High in Weav"
    )
    await until_nothing_is_due(harness)
    assert only_conversation(harness)["status"] == "open"
    assert len(redraws(harness)) == 2


async def test_a_click_on_a_field_that_weav_just_changed_is_reported_and_changes_nothing(
    harness: Harness,
) -> None:
    card = await post_settled_card(harness)
    harness.weav.webhooks.options = WebhookOptions(late=1.0)
    change_in_weav(harness, priority="low")

    await harness.ben.click(ids.SET_PRIORITY, card.ts, "urgent")

    assert "Its priority is Low now." in await private_text(harness)
    await until_nothing_is_due(harness)
    assert put_requests(harness) == []
    assert len(redraws(harness)) == 1


async def test_a_change_before_the_bot_knew_the_conversation_is_seen(harness: Harness) -> None:
    """A workflow in Weav may change a conversation as soon as it is created."""
    harness.weav.fail(WeavFault(hold=0.5, **CREATE))
    await harness.fill_in(subject="Export hangs")
    submitting = asyncio.create_task(harness.ann.submit())
    await harness.weav.until(lambda: bool(harness.weav.conversations))

    change_in_weav(harness, priority="urgent")
    await submitting

    card = await harness.card()
    await until_card_says(harness, card, "*Priority*\n:red_circle: Urgent")


# Cards that cannot be redrawn.


async def test_a_card_that_only_a_click_can_redraw_shows_the_change_then_and_status_at_once(
    harness: Harness,
) -> None:
    card = await post_card(harness, "response_url")

    change_in_weav(harness, status="closed")
    await until_nothing_is_due(harness)

    assert redraws(harness) == []
    assert not card.edited
    assert "created · Closed, Normal · " in str(await status(harness.ann))
    await clicker(harness, "response_url").click(ids.SET_PRIORITY, card.ts, "low")
    await until_card_says(
        harness, card, "*Status*\n:white_check_mark: Closed", "set the priority to Low"
    )


@pytest.mark.parametrize(
    "code", ["message_not_found", "channel_not_found", "is_archived", "not_in_channel"]
)
async def test_a_card_that_is_gone_from_slack_is_no_longer_followed(
    harness: Harness, code: str
) -> None:
    await post_settled_card(harness)
    harness.slack.faults.add(SlackFault("chat.update", error=code))
    change_in_weav(harness, status="closed")
    await until_nothing_is_due(harness)
    read = len(reads(harness))

    change_in_weav(harness, status="open")
    change_in_weav(harness, priority="low")
    await until_nothing_is_due(harness)

    assert len(redraws(harness)) == 1
    assert len(reads(harness)) == read


async def test_a_message_deleted_in_slack_ends_following(harness: Harness) -> None:
    card = await post_settled_card(harness)
    harness.slack.remove_message(card)

    change_in_weav(harness, status="closed")
    await until_nothing_is_due(harness)

    assert [call.answer["error"] for call in redraws(harness)] == ["message_not_found"]


async def test_a_click_that_redraws_the_card_resumes_following(harness: Harness) -> None:
    card = await post_settled_card(harness)
    harness.slack.faults.add(SlackFault("chat.update", error="is_archived"))
    change_in_weav(harness, status="closed")
    await until_nothing_is_due(harness)
    assert not card.edited

    await harness.ben.click(ids.SET_PRIORITY, card.ts, "low")
    await until_card_says(
        harness, card, "set the priority to Low", "*Status*\n:white_check_mark: Closed"
    )
    await until_nothing_is_due(harness)
    change_in_weav(harness, status="open")

    await until_card_says(harness, card, "Reopened in Weav")


# Deleted conversations.


@pytest.mark.parametrize("route", REDRAWN)
async def test_a_deleted_conversation_is_shown_as_deleted_without_buttons(
    harness: Harness, route: Route
) -> None:
    card = await post_card(harness, route)

    harness.weav.store.delete(only_conversation(harness)["id"])

    await until_card_says(
        harness, card, "*Status*\n:wastebasket: Deleted", "Deleted in Weav · <!date^"
    )
    assert "Export hangs" in text_on(card)
    assert "Open in Weav" not in text_on(card)
    assert [block for block in card.blocks if block["type"] == "actions"] == []
    await until_status_says(harness, "created · Deleted")


async def test_a_deletion_after_the_ledger_forgot_changes_only_the_status_and_says_so(
    harness: Harness,
) -> None:
    card = await post_settled_card(harness, assignee_type="user", assignee_id=BEN_IN_WEAV)
    change_in_weav(harness, priority="high")
    await until_card_says(harness, card, "set to High in Weav")
    await until_nothing_is_due(harness)
    async with Ledger.open(harness.database) as ledger:
        assert await ledger.forget(0) == 1

    harness.weav.store.delete(only_conversation(harness)["id"])

    await until_card_says(harness, card, "Deleted", "the bot no longer keeps its details")
    await until_nothing_is_due(harness)
    for untrue in ("Unassigned", "not set", "No subject"):
        assert untrue not in f"{card.text} {card.blocks}"
    [row] = await select(harness, "SELECT changes FROM cards")
    assert [each["field"] for each in json.loads(row[0])] == ["priority", "status"]
    assert [block for block in card.blocks if block["type"] == "actions"] == []


async def test_without_an_event_two_404s_count_as_deleted(harness: Harness) -> None:
    card = await post_settled_card(harness)
    conversation = harness.weav.store.conversations.pop(only_conversation(harness)["id"])
    read = len(harness.weav.requests)

    await Weav.to(harness).tell(STATUS, conversation["id"])

    await until_card_says(harness, card, "Deleted in Weav")
    assert len(harness.weav.requests) - read == 2


async def test_one_404_does_not_count_as_deleted(harness: Harness) -> None:
    card = await post_settled_card(harness)
    harness.weav.fail(WeavFault(status=404, times=1, **READ))

    change_in_weav(harness, status="closed")

    await until_card_says(harness, card, "Closed in Weav")
    await until_nothing_is_due(harness)
    assert "Deleted" not in text_on(card)


async def test_a_deletion_that_weav_confirms_late_is_seen(harness: Harness) -> None:
    card = await post_settled_card(harness)
    conversation_id = only_conversation(harness)["id"]
    await Weav.to(harness).tell("conversation.deleted", conversation_id)
    read = len(reads(harness))
    await harness.weav.until(lambda: len(reads(harness)) > read)

    harness.weav.webhooks.is_active = False
    harness.weav.store.delete(conversation_id)

    await until_card_says(harness, card, "Deleted in Weav")


async def test_a_deletion_event_without_a_404_does_not_count(harness: Harness) -> None:
    card = await post_settled_card(harness)

    await Weav.to(harness).tell("conversation.deleted", only_conversation(harness)["id"])
    await until_nothing_is_due(harness)

    assert not card.edited
    change_in_weav(harness, status="closed")
    await until_card_says(harness, card, "Closed in Weav")


async def test_webhooks_after_a_deletion_change_nothing(harness: Harness) -> None:
    card = await post_settled_card(harness)
    conversation_id = only_conversation(harness)["id"]
    harness.weav.store.delete(conversation_id)
    await until_card_says(harness, card, "Deleted in Weav")

    await Weav.to(harness).tell(STATUS, conversation_id)
    await until_nothing_is_due(harness)

    assert len(redraws(harness)) == 1
    assert text_on(card).count("Deleted in Weav") == 1


# Weav, Slack or the database is down.


@pytest.mark.parametrize(
    "fault",
    [
        WeavFault(status=503, times=3, **READ),
        pytest.param(WeavFault(status=500, times=3, **READ), marks=LONG),
        pytest.param(WeavFault(status=401, times=3, **READ), marks=LONG),
        pytest.param(
            WeavFault(status=429, headers={"Retry-After": "1"}, times=2, **READ), marks=LONG
        ),
        WeavFault.lost_request(times=3, **READ),
    ],
    ids=["503", "500", "401", "429", "cut"],
)
async def test_a_look_is_retried_until_weav_answers(harness: Harness, fault: WeavFault) -> None:
    card = await post_settled_card(harness)
    harness.weav.fail(fault)

    change_in_weav(harness, status="closed")

    await until_card_says(harness, card, "Closed in Weav")
    await until_nothing_is_due(harness)
    samples = await scrape(harness)
    assert value(samples, "weav_slack_looks_total", look="card", outcome="weav_away") >= 1
    assert value(samples, "weav_slack_looks_total", look="card", outcome="redrawn") == 1
    assert value(samples, "weav_slack_looks_oldest_seconds") == 0


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (410, None),
        (200, b'{"id": "another"}'),
        pytest.param(400, None, marks=LONG),
        pytest.param(422, None, marks=LONG),
        pytest.param(200, b"<html>", marks=LONG),
        pytest.param(200, b'{"subject": "\\ud83d"}', marks=LONG),
    ],
    ids=["410", "another", "400", "422", "html", "half a character"],
)
async def test_an_unreadable_conversation_does_not_delay_others_and_is_given_up(
    harness: Harness, status: int, body: bytes | None
) -> None:
    await post_settled_card(harness)
    unread = only_conversation(harness)["id"]
    await harness.fill_in(subject="Another")
    await harness.ann.submit()
    await harness.slack.until(lambda slack: len(slack.from_bot("C0SUPPORT")) == 2)
    await until_nothing_is_due(harness)
    another = harness.slack.from_bot("C0SUPPORT")[-1]
    harness.weav.fail(
        WeavFault(status=status, body=body, method="GET", path=f"/conversations/{unread}")
    )

    for conversation in harness.weav.conversations:
        harness.weav.store.change(conversation["id"], status="closed")
    await until_card_says(harness, another, "Closed in Weav")
    await until_nothing_is_due(harness)

    assert len(redraws(harness)) == 1
    samples = await scrape(harness)
    assert value(samples, "weav_slack_looks_total", look="card", outcome="weav_away") == 0
    assert value(samples, "weav_slack_looks_total", look="card", outcome="unreadable") == 1
    harness.weav.faults.clear()
    await Weav.to(harness).tell(STATUS, unread)
    await harness.slack.until(lambda _: len(redraws(harness)) == 2)


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault("chat.update", status=500, times=2),
        SlackFault("chat.update", status=429, error="ratelimited", retry_after=1),
        pytest.param(SlackFault("chat.update", error="internal_error", times=2), marks=LONG),
        pytest.param(SlackFault("chat.update", error="token_revoked", times=2), marks=LONG),
        SlackFault("chat.update", drop="after"),
        pytest.param(SlackFault("chat.update", drop="before", times=2), marks=LONG),
    ],
    ids=["500", "429", "internal", "revoked", "cut after", "cut before"],
)
async def test_a_redraw_is_retried_until_slack_accepts_it(
    harness: Harness, fault: SlackFault
) -> None:
    card = await post_settled_card(harness)
    harness.slack.faults.add(fault)

    change_in_weav(harness, status="closed")

    await until_card_says(harness, card, "Closed in Weav")
    await until_nothing_is_due(harness)
    assert text_on(card).count("Closed in Weav") == 1


async def test_a_click_does_not_wait_for_a_redraw_that_slack_delays(harness: Harness) -> None:
    card = await post_settled_card(harness)
    harness.slack.faults.add(
        SlackFault("chat.update", status=429, error="ratelimited", retry_after=8)
    )
    change_in_weav(harness, status="closed")
    await harness.slack.until(lambda _: bool(redraws(harness)))

    await harness.ben.click(ids.SET_PRIORITY, card.ts, "low")

    await until_card_says(harness, card, "set the priority to Low", "Closed in Weav", within=4)


async def test_while_slack_rejects_the_token_looks_rest_longer_and_longer(harness: Harness) -> None:
    card = await post_settled_card(harness)
    harness.slack.faults.add(SlackFault("chat.update", error="token_revoked", times=None))

    change_in_weav(harness, status="closed")
    await harness.slack.until(lambda _: len(redraws(harness)) >= 5, 15)

    times = [call.at for call in redraws(harness)][:5]
    pauses = [b - a for a, b in pairwise(times)]
    assert pauses[-1] > 2 * pauses[0], pauses
    harness.slack.faults.clear()
    await until_card_says(harness, card, "Closed in Weav", within=15)


async def test_while_the_database_is_down_weav_retries_its_webhooks(harness: Harness) -> None:
    card = await post_settled_card(harness)
    await execute(harness, "ALTER TABLE due RENAME TO away")
    harness.weav.webhooks.options = WebhookOptions(backoff=0.3)

    change_in_weav(harness, status="closed")
    await harness.weav.until(lambda: bool(harness.weav.webhooks.deliveries[-1].attempts))
    assert harness.weav.webhooks.deliveries[-1].attempts[0].status == 503
    await execute(harness, "ALTER TABLE away RENAME TO due")

    await until_card_says(harness, card, "Closed in Weav")


# Who may read the card, and what its text contains.


async def test_in_a_shared_channel_a_card_follows_and_stays_short(
    tmp_path: Path,
) -> None:
    async with open_harness(tmp_path, weav_webhook_secret=SECRET) as harness:
        harness.slack.scopes += ("channels:read",)
        await harness.bot.health.poll_slack()
        card = await post_card(harness, post_to=SHARED)

        change_in_weav(harness, status="closed", priority="urgent")

        await until_card_says(harness, card, "Closed")
        seen = f"{card.text} {card.blocks}"
        for private in ("Export hangs", JANE, "U0ANN", "Urgent"):
            assert private not in seen.replace(":red_circle: Priority: Urgent", "")


async def test_text_from_weav_is_never_markup(harness: Harness) -> None:
    card = await post_settled_card(harness)
    only_conversation(harness).update(
        subject="<!channel> *bold* &amp; <https://evil.example|click>", status="<!here>"
    )

    await Weav.to(harness).tell(STATUS, only_conversation(harness)["id"])

    await until_card_says(harness, card, "&lt;!here&gt;")
    assert "<!here>" not in f"{card.text} {card.blocks}"
    assert "<!channel>" not in card.text


async def test_a_card_is_redrawn_without_the_data_that_the_ledger_removed(harness: Harness) -> None:
    card = await post_settled_card(harness, "thread")
    [line] = [each for each in text_on(card).splitlines() if each.startswith("Opened by")]
    async with Ledger.open(harness.database) as ledger:
        assert await ledger.forget(0) == 1

    change_in_weav(harness, priority="low")

    await until_card_says(harness, card, ":white_circle: Low", line)
    [entry] = await harness.entries()
    assert entry.conversation is None


async def test_a_card_of_an_earlier_release_is_followed(harness: Harness) -> None:
    card = await post_settled_card(harness, "thread")
    [line] = [each for each in text_on(card).splitlines() if each.startswith("Opened by")]
    await execute(harness, "UPDATE submissions SET card = NULL")
    await execute(harness, "DELETE FROM cards")

    change_in_weav(harness, priority="low")

    await until_card_says(harness, card, ":white_circle: Low", line, "Priority set to Low in Weav")


# Stale reads and lost locks.


async def test_a_read_that_is_older_than_the_card_is_not_drawn(harness: Harness) -> None:
    card = await post_settled_card(harness)
    await harness.ben.click(ids.CLOSE, card.ts)
    await until_card_says(harness, card, "closed it")
    await until_nothing_is_due(harness)
    conversation, now = only_conversation(harness), only_conversation(harness)["updated_at"]
    earlier = datetime.fromisoformat(now) - timedelta(minutes=1)
    conversation.update(status="open", updated_at=earlier.isoformat())

    await Weav.to(harness).tell(STATUS, conversation["id"])
    read = len(reads(harness))
    await harness.weav.until(lambda: len(reads(harness)) > read)

    assert "*Status*\n:white_check_mark: Closed" in text_on(card)
    conversation.update(updated_at=datetime.now(UTC).isoformat())
    await until_card_says(harness, card, "Reopened in Weav")


async def test_a_read_that_is_older_than_the_card_is_not_drawn_after_an_outage_of_weav(
    harness: Harness,
) -> None:
    card = await post_settled_card(harness)
    await harness.ben.click(ids.CLOSE, card.ts)
    await until_card_says(harness, card, "closed it")
    await until_nothing_is_due(harness)
    conversation = only_conversation(harness)
    now = datetime.fromisoformat(conversation["updated_at"])
    conversation.update(status="open", updated_at=(now - timedelta(minutes=1)).isoformat())
    harness.weav.fail(WeavFault(status=503, times=5, **READ))
    read = len(reads(harness))

    await Weav.to(harness).tell(STATUS, conversation["id"])
    await harness.weav.until(
        lambda: [each.status for each in reads(harness)][read + 5 :] == [200], 20
    )
    conversation.update(status="closed", updated_at=now.isoformat())
    await until_nothing_is_due(harness)

    assert len(redraws(harness)) == 1
    assert "*Status*\n:white_check_mark: Closed" in text_on(card)


async def test_a_click_during_a_look_comes_after_it(harness: Harness) -> None:
    card = await post_settled_card(harness)
    harness.weav.fail(WeavFault(hold=0.5, times=1, **READ))
    change_in_weav(harness, priority="low")
    read = len(harness.weav.requests)
    await harness.weav.until(lambda: len(harness.weav.requests) > read)

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "closed it", "Priority set to Low in Weav")
    await until_nothing_is_due(harness)
    last = text_on(card)
    assert ":white_circle: Low" in last
    assert ":white_check_mark: Closed" in last


async def test_a_look_during_a_click_comes_after_it(harness: Harness) -> None:
    card = await post_settled_card(harness)
    harness.weav.fail(WeavFault(hold=0.5, times=1, **WRITE))
    await harness.ben.click(ids.CLOSE, card.ts)
    await harness.weav.until(lambda: only_conversation(harness)["status"] == "closed")

    change_in_weav(harness, priority="low")

    await until_card_says(
        harness, card, "closed it", "Priority set to Low in Weav", ":white_circle: Low"
    )


async def take_lock_elsewhere(harness: Harness) -> None:
    """As if this process stalled and another one took its lock and drew something newer."""
    async with asyncio.timeout(5):
        while not await select(harness, "SELECT 1 FROM cards WHERE shown = ''"):  # noqa: ASYNC110 - the bot's doing
            await asyncio.sleep(0.02)
    conversation = Conversation.read(only_conversation(harness))
    shown = CardDigest.of(conversation).dump()
    await execute(harness, f"UPDATE cards SET owner = 'another', shown = '{shown}'")  # noqa: S608 - ours


async def test_a_card_drawn_by_a_look_that_lost_its_lock_is_redrawn(
    harness: Harness,
) -> None:
    card = await post_settled_card(harness)
    harness.slack.faults.add(SlackFault("chat.update", delay=1.0))
    change_in_weav(harness, priority="low")

    await take_lock_elsewhere(harness)

    await harness.slack.until(lambda _: len(redraws(harness)) == 2, 15)
    await until_nothing_is_due(harness)
    assert text_on(card).count("Priority set to Low in Weav") == 1


async def test_a_card_drawn_by_a_click_that_lost_its_lock_is_redrawn(
    harness: Harness,
) -> None:
    card = await post_settled_card(harness)
    harness.slack.faults.add(SlackFault("chat.update", delay=1.0))
    harness.weav.webhooks.is_active = False
    await harness.ben.click(ids.CLOSE, card.ts)
    await harness.weav.until(lambda: bool(put_requests(harness)))
    await harness.weav.until(lambda: only_conversation(harness)["status"] == "closed")

    change_in_weav(harness, priority="low")
    await take_lock_elsewhere(harness)

    await until_card_says(harness, card, "closed it", ":white_circle: Low", within=15)
    await until_nothing_is_due(harness)
    assert len(redraws(harness)) == 2


async def test_two_replicas_look_once_and_redraw_once(tmp_path: Path, postgres_url: str) -> None:
    async with open_harness(tmp_path, database=postgres_url, weav_webhook_secret=SECRET) as harness:
        async with another_bot(harness) as ben:
            card = await post_settled_card(harness)
            for priority in ("low", "high", "urgent"):
                change_in_weav(harness, priority=priority)
            await until_card_says(harness, card, ":red_circle: Urgent")
            await until_nothing_is_due(harness)
            assert len(redraws(harness)) == 1

            await ben.click(ids.CLOSE, card.ts)
            change_in_weav(harness, priority="low")
            await until_card_says(harness, card, "closed it", ":white_circle: Low")
            await until_nothing_is_due(harness)

        assert "*Status*\n:white_check_mark: Closed" in text_on(card)
        assert text_on(card).count("Priority set to Low in Weav") == 1


async def test_redraws_are_paced(tmp_path: Path) -> None:
    """Redraws share one row of slots in the ledger, also across replicas and after failures."""
    follow = replace(QUICK_FOLLOW, redraw_every=0.6)
    pace = replace(QUICK, follow=follow)
    async with open_harness(tmp_path, weav_webhook_secret=SECRET, pace=pace) as harness:
        for number in range(5):
            await harness.fill_in(subject=f"Case {number}")
            await harness.ann.submit()
            await harness.slack.until(lambda slack, n=number: len(slack.from_bot("C0SUPPORT")) > n)  # type: ignore[misc]
        await until_nothing_is_due(harness)

        harness.slack.faults.add(SlackFault("chat.update", status=500, times=3))
        for conversation in harness.weav.conversations:
            harness.weav.store.change(conversation["id"], status="closed")
        await harness.slack.until(lambda slack: len(slack.calls_of("chat.update")) == 8, 15)

        times = sorted(call.at for call in redraws(harness))
        assert min(b - a for a, b in pairwise(times)) > 0.2, [t - times[0] for t in times]
        await until_nothing_is_due(harness)
        assert len(redraws(harness)) == 8
        for card in harness.slack.from_bot("C0SUPPORT"):
            assert "Closed in Weav" in text_on(card)


async def test_stale_slots_are_not_all_used_at_once(tmp_path: Path) -> None:
    pace = replace(QUICK, follow=replace(QUICK_FOLLOW, redraw_every=0.6))
    async with open_harness(tmp_path, weav_webhook_secret=SECRET, pace=pace) as harness:
        for number in range(4):
            await harness.fill_in(subject=f"Case {number}")
            await harness.ann.submit()
            await harness.slack.until(lambda slack, n=number: len(slack.from_bot("C0SUPPORT")) > n)  # type: ignore[misc]
        await until_nothing_is_due(harness)
        harness.weav.webhooks.is_active = False
        for conversation in harness.weav.conversations:
            harness.weav.store.change(conversation["id"], status="closed")

        await execute(
            harness, """UPDATE due SET due_at = 1, marks = marks + 1, memo = '{"place": 1}'"""
        )
        await harness.slack.until(lambda slack: len(slack.calls_of("chat.update")) == 4, 15)

        times = sorted(call.at for call in redraws(harness))
        assert min(b - a for a, b in pairwise(times)) > 0.2, [t - times[0] for t in times]


async def test_a_process_that_stops_finishes_its_look(
    harness: Harness,
) -> None:
    card = await post_settled_card(harness)
    await harness.bot.services.scheduler.stop()
    harness.weav.fail(WeavFault(hold=2.0, times=1, **READ))
    read = len(reads(harness))

    async def stop_during_look() -> None:
        async with another_bot(harness, pace=replace(QUICK, lease=1)):
            await harness.weav.until(lambda: len(reads(harness)) > read)

    stopping = asyncio.create_task(stop_during_look())
    change_in_weav(harness, status="closed")
    await harness.weav.until(lambda: len(reads(harness)) > read)
    async with another_bot(harness):
        await stopping
        await until_card_says(harness, card, "Closed in Weav")
        await until_nothing_is_due(harness)

    assert len(reads(harness)) == read + 1


async def test_a_new_card_is_marked_for_a_look_once_the_database_answers(harness: Harness) -> None:
    await execute(harness, "ALTER TABLE due RENAME TO away")
    card = await post_card(harness)
    harness.weav.webhooks.is_active = False
    await harness.entry_in(State.OPENED)

    await execute(harness, "ALTER TABLE away RENAME TO due")
    change_in_weav(harness, status="closed")

    await until_card_says(harness, card, "Closed")


async def test_a_card_whose_redraw_was_interrupted_is_redrawn_after_the_restart(
    harness: Harness,
) -> None:
    card = await post_settled_card(harness)
    await harness.bot.services.scheduler.stop()
    harness.slack.faults.add(SlackFault("chat.update", delay=2.0))
    async with another_bot(harness, pace=replace(QUICK, drain=0.2)):
        change_in_weav(harness, status="closed")
        async with asyncio.timeout(5):
            while not await select(harness, "SELECT 1 FROM cards WHERE shown = ''"):  # noqa: ASYNC110 - the bot's doing
                await asyncio.sleep(0.02)

    assert [row[0] for row in await select(harness, "SELECT shown FROM cards")] == [""]
    async with another_bot(harness):
        await until_card_says(harness, card, "Closed in Weav")
        await until_nothing_is_due(harness)


async def test_a_look_that_was_due_when_the_bot_stopped_runs_after_the_restart(
    tmp_path: Path,
) -> None:
    pace = replace(QUICK, follow=replace(QUICK_FOLLOW, card=1.0))
    async with open_harness(tmp_path, weav_webhook_secret=SECRET, pace=pace) as harness:
        card = await post_card(harness)
        await harness.entry_in(State.ANNOUNCED)
        harness.weav.webhooks.is_active = False
        change_in_weav(harness, status="closed")
        await harness.bot.services.scheduler.stop()

        async with another_bot(harness):
            await until_card_says(harness, card, "Closed")
