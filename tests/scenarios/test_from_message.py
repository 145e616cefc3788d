"""Forms opened from a message: its known customer, and the conversations that it already has."""

from pathlib import Path

import pytest

from bot.ledger import KnownCustomer, Ledger, State
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.house import CONVERSATION_URL, CREATE, JANE, House, house, selected_value, text_on
from tests.scenarios.filling import NOBODY_KNOWN, RAVI, ZOE, open_conversation_for


async def known(at_home: House) -> None:
    """The bot has greeted Slack and knows that it has no scope to tell guests from members."""
    await at_home.bot.health.poll_slack()
    async with Ledger.open(at_home.database) as ledger:
        for customer in (
            KnownCustomer(JANE, "Jane Doe", "jane@example.com"),
            KnownCustomer(ZOE, "Zoë Brûlé", "zoë@example.com"),
        ):
            await ledger.customers.learn(customer)


async def open_from_message(at_home: House, message_ts: str) -> None:
    await at_home.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))


def post_message(at_home: House, text: str) -> str:
    return at_home.ann.say(text, "C0SUPPORT")


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
    at_home: House, text: str, customer_id: str
) -> None:
    await known(at_home)

    await open_from_message(at_home, post_message(at_home, text))

    assert selected_value(at_home.ann.view, "customer_id") == customer_id
    said_so = at_home.ann.view.block("customer_id")["hint"]["text"].startswith("From the message.")
    assert said_so is bool(customer_id)


async def test_an_app_message_that_has_only_blocks_is_read_from_them(
    any_way: House,
) -> None:
    await known(any_way)
    text = {"type": "mrkdwn", "text": "*Payment failed* for <mailto:jane@example.com|Jane>"}
    alert = any_way.slack.add_message(
        "C0SUPPORT", "U0BOT", "", [{"type": "section", "text": text}], via="api"
    )

    await open_from_message(any_way, alert.ts)

    subject = any_way.ann.view.values["subject"]["subject"]["value"]
    assert subject == "Payment failed for Jane"
    assert selected_value(any_way.ann.view, "customer_id") == JANE


async def test_a_link_to_one_of_the_bots_conversations_selects_its_customer(
    any_way: House,
) -> None:
    await open_conversation_for(any_way, RAVI)
    link = CONVERSATION_URL.format(id=any_way.weav.conversations[0]["id"])

    await open_from_message(any_way, post_message(any_way, f"Again: <{link}>"))

    assert selected_value(any_way.ann.view, "customer_id") == RAVI


async def open_conversation_from(at_home: House, message_ts: str) -> str:
    await open_from_message(at_home, message_ts)
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})
    await at_home.card()
    await at_home.entry_in(State.ANNOUNCED)
    return str(at_home.weav.conversations[0]["id"])


async def test_a_message_that_has_a_conversation_needs_a_tick_for_another_one(
    any_way: House,
) -> None:
    message_ts = post_message(any_way, "The export hangs")
    conversation_id = await open_conversation_from(any_way, message_ts)

    await open_from_message(any_way, message_ts)

    assert "<@U0ANN> opened a conversation from this message" in text_on(any_way.ann.view)
    assert CONVERSATION_URL.format(id=conversation_id) in text_on(any_way.ann.view)
    answer = await any_way.ann.submit({"channel": "email", "customer_id": JANE})
    assert answer.errors.keys() == {"another"}
    await any_way.ann.submit({"another": ["another"]})
    await any_way.weav.until(lambda: len(any_way.weav.conversations) == 2)
    assert any_way.weav.creations[1].json == any_way.weav.creations[0].json


async def test_the_duplicate_is_shown_to_everybody_and_only_for_that_message(
    at_home: House,
) -> None:
    message_ts = post_message(at_home, "The export hangs")
    await open_conversation_from(at_home, message_ts)

    await at_home.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0BEN"))
    await open_from_message(at_home, post_message(at_home, "The export hangs"))

    assert "another" in at_home.ben.view.values
    assert "another" not in at_home.ann.view.values


async def test_a_conversation_that_is_being_created_counts_as_duplicate(at_home: House) -> None:
    message_ts = post_message(at_home, "The export hangs")
    at_home.weav.fail(WeavFault(status=503, **CREATE))
    await open_from_message(at_home, message_ts)
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})
    await at_home.ann.close()

    await open_from_message(at_home, message_ts)

    assert "queued: not created yet" in text_on(at_home.ann.view)
    assert "another" in at_home.ann.view.values


async def test_a_refused_submission_does_not_count_as_duplicate(at_home: House) -> None:
    message_ts = post_message(at_home, "The export hangs")
    at_home.weav.fail(WeavFault(status=403, **CREATE))
    await open_from_message(at_home, message_ts)
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})
    await at_home.ann.close()

    await open_from_message(at_home, message_ts)

    assert "another" not in at_home.ann.view.values


async def test_the_tick_is_kept_when_the_form_comes_back(at_home: House) -> None:
    message_ts = post_message(at_home, "The export hangs")
    await open_conversation_from(at_home, message_ts)
    await open_from_message(at_home, message_ts)
    at_home.weav.fail(WeavFault(status=403, times=1, **CREATE))

    await at_home.ann.submit({"channel": "email", "customer_id": JANE, "another": ["another"]})
    assert "external-api:write" in text_on(at_home.ann.view)
    await at_home.ann.submit()

    await at_home.weav.until(lambda: len(at_home.weav.conversations) == 2)


async def open_two_forms(at_home: House) -> None:
    """Ann and Ben fill in a form from the same message; Ann submits hers first."""
    message_ts = post_message(at_home, "The export hangs")
    await at_home.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0BEN"))
    await at_home.ben.type_in({"channel": "email", "customer_id": JANE})
    await open_conversation_from(at_home, message_ts)


async def test_if_somebody_submitted_first_they_are_named_and_nothing_is_sent(
    any_way: House,
) -> None:
    await open_two_forms(any_way)

    answer = await any_way.ben.submit({"subject": "Hangs for me, too", "priority": "high"})

    assert answer.trouble == ""
    view = any_way.ben.view
    assert "Nothing was sent to Weav" in text_on(view)
    assert "<@U0ANN> opened a conversation from this message" in text_on(view)
    link = CONVERSATION_URL.format(id=any_way.weav.conversations[0]["id"])
    assert link in text_on(view)
    assert len(any_way.weav.creations) == 1
    assert (await any_way.ben.submit()).errors.keys() == {"another"}
    await any_way.ben.submit({"another": ["another"]})
    await any_way.weav.until(lambda: len(any_way.weav.conversations) == 2)
    assert any_way.weav.creations[1].json == {
        "channel": "email",
        "customer_id": JANE,
        "subject": "Hangs for me, too",
        "priority": "high",
    }


@pytest.mark.parametrize("status", [401, 503], ids=["refused", "expired"])
async def test_a_resubmitted_form_that_created_nothing_needs_the_tick_too(
    tmp_path: Path, status: int
) -> None:
    async with house(tmp_path, weav_retry_for="0") as at_home:
        message_ts = post_message(at_home, "The export hangs")
        await at_home.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
        await at_home.slack.until(lambda slack: slack.top_view("U0BEN"))
        at_home.weav.fail(WeavFault(status=status, times=1, **CREATE))
        await at_home.ben.submit({"channel": "email", "customer_id": JANE})
        await open_conversation_from(at_home, message_ts)

        await at_home.ben.submit()

        assert "Nothing was sent to Weav" in text_on(at_home.ben.view)
        assert "another" in at_home.ben.view.values
        assert len(at_home.weav.conversations) == 1
        await at_home.ben.submit({"another": ["another"]})
        await at_home.weav.until(lambda: len(at_home.weav.conversations) == 2)


async def test_a_repeated_submission_is_not_taken_for_somebody_elses(
    at_home: House,
) -> None:
    message_ts = post_message(at_home, "The export hangs")
    await open_from_message(at_home, message_ts)
    await at_home.ann.type_in({"channel": "email", "customer_id": JANE})
    delivery = at_home.ann.submission_delivery()
    await at_home.ann.send(delivery)
    await at_home.card()
    assert (await at_home.ann.send(delivery)).body == ""
    await at_home.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0BEN"))
    await at_home.ben.submit({"channel": "chat", "customer_id": JANE, "another": ["another"]})
    await at_home.weav.until(lambda: len(at_home.weav.conversations) == 2)

    assert (await at_home.ann.send(delivery)).body == ""
    assert len(at_home.weav.creations) == 2


@pytest.mark.long
async def test_without_the_database_no_duplicate_is_shown(at_home: House) -> None:
    await open_two_forms(at_home)
    at_home.lose("submissions")

    await at_home.ben.submit()

    assert "could not write this down" in text_on(at_home.ben.view)
    assert len(at_home.weav.creations) == 1


async def test_the_tick_is_kept_in_a_form_that_comes_back_late(at_home: House) -> None:
    await open_two_forms(at_home)
    await at_home.ben.submit()
    at_home.weav.fail(WeavFault(delay=2.2, status=403, times=1, **CREATE))

    await at_home.ben.submit({"another": ["another"]})
    assert "Creating" in text_on(at_home.ben.view)
    await at_home.slack.until(lambda _: "external-api:write" in text_on(at_home.ben.view))
    await at_home.ben.submit()

    await at_home.weav.until(lambda: len(at_home.weav.conversations) == 2)
