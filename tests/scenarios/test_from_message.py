"""Forms opened from a message: its known customer, and the conversations that it already has."""

from pathlib import Path

import pytest

from bot.ledger import KnownCustomer, Ledger, State
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import (
    CONVERSATION_URL,
    CREATE,
    JANE,
    Harness,
    open_harness,
    selected_value,
    text_on,
)
from tests.scenarios.filling import NOBODY_KNOWN, RAVI, ZOE, open_conversation_for


async def known(harness: Harness) -> None:
    """The bot has greeted Slack and knows that it has no scope to tell guests from members."""
    await harness.bot.health.poll_slack()
    async with Ledger.open(harness.database) as ledger:
        for customer in (
            KnownCustomer(JANE, "Jane Doe", "jane@example.com"),
            KnownCustomer(ZOE, "Zoë Brûlé", "zoë@example.com"),
        ):
            await ledger.customers.learn(customer)


async def open_from_message(harness: Harness, message_ts: str) -> None:
    await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


def post_message(harness: Harness, text: str) -> str:
    return harness.ann.say(text, "C0SUPPORT")


@pytest.mark.parametrize(
    ("text", "customer_id"),
    [
        (f"Export of {JANE} hangs", JANE),
        (f"See <https://app.weav.example/customers/{JANE.upper()}/x|her>", JANE),
        ("<mailto:JANE@example.com|JANE@example.com> waits", JANE),
        ("jane@example.com, please", JANE),
        ("Zoë (zoë@example.com) waits", ZOE),
        (f"not {NOBODY_KNOWN} but jane@example.com", JANE),
        (f"jane@example.com asks for {ZOE}", ZOE),
        ("new@example.com waits", ""),
        (f"{NOBODY_KNOWN}", ""),
        ("nothing here", ""),
    ],
)
async def test_a_known_customer_in_the_message_is_selected(
    harness: Harness, text: str, customer_id: str
) -> None:
    await known(harness)

    await open_from_message(harness, post_message(harness, text))

    assert selected_value(harness.ann.view, "customer_id") == customer_id
    said_so = harness.ann.view.block("customer_id")["hint"]["text"].startswith("From the message.")
    assert said_so is bool(customer_id)


async def test_an_app_message_that_has_only_blocks_is_read_from_them(
    any_harness: Harness,
) -> None:
    await known(any_harness)
    text = {"type": "mrkdwn", "text": "*Payment failed* for <mailto:jane@example.com|Jane>"}
    alert = any_harness.slack.add_message(
        "C0SUPPORT", "U0BOT", "", [{"type": "section", "text": text}], via="api"
    )

    await open_from_message(any_harness, alert.ts)

    subject = any_harness.ann.view.values["subject"]["subject"]["value"]
    assert subject == "Payment failed for Jane"
    assert selected_value(any_harness.ann.view, "customer_id") == JANE


async def test_a_link_to_one_of_the_bots_conversations_selects_its_customer(
    any_harness: Harness,
) -> None:
    await open_conversation_for(any_harness, RAVI)
    link = CONVERSATION_URL.format(id=any_harness.weav.conversations[0]["id"])

    await open_from_message(any_harness, post_message(any_harness, f"Again: <{link}>"))

    assert selected_value(any_harness.ann.view, "customer_id") == RAVI


async def open_conversation_from(harness: Harness, message_ts: str) -> str:
    await open_from_message(harness, message_ts)
    await harness.ann.submit({"channel": "email", "customer_id": JANE})
    await harness.card()
    await harness.entry_in(State.ANNOUNCED)
    return str(harness.weav.conversations[0]["id"])


async def test_a_message_that_has_a_conversation_needs_a_tick_for_another_one(
    any_harness: Harness,
) -> None:
    message_ts = post_message(any_harness, "The export hangs")
    conversation_id = await open_conversation_from(any_harness, message_ts)

    await open_from_message(any_harness, message_ts)

    assert "<@U0ANN> opened a conversation from this message" in text_on(any_harness.ann.view)
    assert CONVERSATION_URL.format(id=conversation_id) in text_on(any_harness.ann.view)
    answer = await any_harness.ann.submit({"channel": "email", "customer_id": JANE})
    assert answer.errors.keys() == {"another"}
    await any_harness.ann.submit({"another": ["another"]})
    await any_harness.weav.until(lambda: len(any_harness.weav.conversations) == 2)
    assert any_harness.weav.creations[1].json == any_harness.weav.creations[0].json


async def test_the_duplicate_is_shown_to_everybody_and_only_for_that_message(
    harness: Harness,
) -> None:
    message_ts = post_message(harness, "The export hangs")
    await open_conversation_from(harness, message_ts)

    await harness.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await harness.slack.until(lambda slack: slack.top_view("U0BEN"))
    await open_from_message(harness, post_message(harness, "The export hangs"))

    assert "another" in harness.ben.view.values
    assert "another" not in harness.ann.view.values


async def test_a_conversation_that_is_being_created_counts_as_duplicate(harness: Harness) -> None:
    message_ts = post_message(harness, "The export hangs")
    harness.weav.fail(WeavFault(status=503, **CREATE))
    await open_from_message(harness, message_ts)
    await harness.ann.submit({"channel": "email", "customer_id": JANE})
    await harness.ann.close()

    await open_from_message(harness, message_ts)

    assert "queued: not created yet" in text_on(harness.ann.view)
    assert "another" in harness.ann.view.values


async def test_a_refused_submission_does_not_count_as_duplicate(harness: Harness) -> None:
    message_ts = post_message(harness, "The export hangs")
    harness.weav.fail(WeavFault(status=403, **CREATE))
    await open_from_message(harness, message_ts)
    await harness.ann.submit({"channel": "email", "customer_id": JANE})
    await harness.ann.close()

    await open_from_message(harness, message_ts)

    assert "another" not in harness.ann.view.values


async def test_the_tick_is_kept_when_the_form_comes_back(harness: Harness) -> None:
    message_ts = post_message(harness, "The export hangs")
    await open_conversation_from(harness, message_ts)
    await open_from_message(harness, message_ts)
    harness.weav.fail(WeavFault(status=403, times=1, **CREATE))

    await harness.ann.submit({"channel": "email", "customer_id": JANE, "another": ["another"]})
    assert "external-api:write" in text_on(harness.ann.view)
    await harness.ann.submit()

    await harness.weav.until(lambda: len(harness.weav.conversations) == 2)


async def open_two_forms(harness: Harness) -> None:
    """Ann and Ben fill in a form from the same message; Ann submits hers first."""
    message_ts = post_message(harness, "The export hangs")
    await harness.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await harness.slack.until(lambda slack: slack.top_view("U0BEN"))
    await harness.ben.type_in({"channel": "email", "customer_id": JANE})
    await open_conversation_from(harness, message_ts)


async def test_if_somebody_submitted_first_they_are_named_and_nothing_is_sent(
    any_harness: Harness,
) -> None:
    await open_two_forms(any_harness)

    answer = await any_harness.ben.submit({"subject": "Hangs for me, too", "priority": "high"})

    assert answer.trouble == ""
    view = any_harness.ben.view
    assert "Nothing was sent to Weav" in text_on(view)
    assert "<@U0ANN> opened a conversation from this message" in text_on(view)
    link = CONVERSATION_URL.format(id=any_harness.weav.conversations[0]["id"])
    assert link in text_on(view)
    assert len(any_harness.weav.creations) == 1
    assert (await any_harness.ben.submit()).errors.keys() == {"another"}
    await any_harness.ben.submit({"another": ["another"]})
    await any_harness.weav.until(lambda: len(any_harness.weav.conversations) == 2)
    assert any_harness.weav.creations[1].json == {
        "channel": "email",
        "customer_id": JANE,
        "subject": "Hangs for me, too",
        "priority": "high",
    }


@pytest.mark.parametrize("status", [401, 503], ids=["refused", "expired"])
async def test_a_resubmitted_form_that_created_nothing_needs_the_tick_too(
    tmp_path: Path, status: int
) -> None:
    async with open_harness(tmp_path, weav_retry_for="0") as harness:
        message_ts = post_message(harness, "The export hangs")
        await harness.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
        await harness.slack.until(lambda slack: slack.top_view("U0BEN"))
        harness.weav.fail(WeavFault(status=status, times=1, **CREATE))
        await harness.ben.submit({"channel": "email", "customer_id": JANE})
        await open_conversation_from(harness, message_ts)

        await harness.ben.submit()

        assert "Nothing was sent to Weav" in text_on(harness.ben.view)
        assert "another" in harness.ben.view.values
        assert len(harness.weav.conversations) == 1
        await harness.ben.submit({"another": ["another"]})
        await harness.weav.until(lambda: len(harness.weav.conversations) == 2)


async def test_a_repeated_submission_is_not_taken_for_somebody_elses(
    harness: Harness,
) -> None:
    message_ts = post_message(harness, "The export hangs")
    await open_from_message(harness, message_ts)
    await harness.ann.type_in({"channel": "email", "customer_id": JANE})
    delivery = harness.ann.submission_delivery()
    await harness.ann.send(delivery)
    await harness.card()
    assert (await harness.ann.send(delivery)).body == ""
    await harness.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await harness.slack.until(lambda slack: slack.top_view("U0BEN"))
    await harness.ben.submit({"channel": "chat", "customer_id": JANE, "another": ["another"]})
    await harness.weav.until(lambda: len(harness.weav.conversations) == 2)

    assert (await harness.ann.send(delivery)).body == ""
    assert len(harness.weav.creations) == 2


@pytest.mark.long
async def test_without_the_database_no_duplicate_is_shown(harness: Harness) -> None:
    await open_two_forms(harness)
    harness.drop_table("submissions")

    await harness.ben.submit()

    assert "could not save your form" in text_on(harness.ben.view)
    assert len(harness.weav.creations) == 1


async def test_the_tick_is_kept_in_a_form_that_comes_back_late(harness: Harness) -> None:
    await open_two_forms(harness)
    await harness.ben.submit()
    harness.weav.fail(WeavFault(delay=2.2, status=403, times=1, **CREATE))

    await harness.ben.submit({"another": ["another"]})
    assert "Creating" in text_on(harness.ben.view)
    await harness.slack.until(lambda _: "external-api:write" in text_on(harness.ben.view))
    await harness.ben.submit()

    await harness.weav.until(lambda: len(harness.weav.conversations) == 2)
