"""Once a customer is chosen, the form shows their open conversations, to avoid duplicates."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.ledger import KnownCustomer, Ledger
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CONVERSATION_URL, JANE, LIST, Harness, selected_value, text_on
from tests.scenarios.filling import (
    FAILURES,
    RAVI,
    ZOE,
    open_form,
    suggestions,
    until_customer_known,
)


def create_conversation(harness: Harness, subject: str, days: int = 0, **values: str) -> str:
    """Create one that was opened some days ago, and return its ID."""
    made = harness.weav.store.create_conversation(
        {"channel": "email", "customer_id": JANE, "subject": subject, **values}
    )
    then = datetime.now(UTC) - timedelta(days=days, seconds=1)
    made["created_at"] = made["updated_at"] = then.isoformat()
    return str(made["id"])


async def choose_customer(harness: Harness, customer_id: str = JANE) -> None:
    answer = await harness.ann.suggest("customer_id", customer_id)
    await harness.ann.act("customer_id", answer.options[0]["value"])


async def test_the_latest_three_open_conversations_are_shown(any_harness: Harness) -> None:
    first = create_conversation(any_harness, "Export *hangs* <!channel>", days=2, priority="urgent")
    create_conversation(any_harness, "Older", days=5)
    create_conversation(any_harness, "Oldest", days=9)
    create_conversation(any_harness, "Latest")
    create_conversation(any_harness, "Dealt with", status="closed")
    await open_form(any_harness)

    await choose_customer(any_harness)

    await any_harness.slack.until(lambda _: "Open already" in text_on(any_harness.ann.view))
    shown = any_harness.ann.view.block("customer_conversations")["elements"][0]["text"]
    lines = shown.splitlines()[1:]
    assert [line.split("|")[1].split(">")[0] for line in lines] == [
        "Latest",
        "Export \u2217hangs\u2217 &lt;!channel&gt;",
        "Older",
    ]
    assert CONVERSATION_URL.format(id=first) in lines[1]
    assert "Urgent · 2 days old" in lines[1]


async def test_they_are_shown_next_to_the_customer_and_nothing_typed_is_lost(
    any_harness: Harness,
) -> None:
    create_conversation(any_harness, "Export hangs")
    await open_form(any_harness)
    any_harness.ann.fill({"subject": "Typed meanwhile", "channel": "chat"})

    await choose_customer(any_harness)

    await any_harness.slack.until(lambda _: "Open already" in text_on(any_harness.ann.view))
    order = [block["block_id"] for block in any_harness.ann.view.blocks]
    assert order.index("customer_conversations") == order.index("customer_id") + 1
    await any_harness.ann.submit()
    await any_harness.card()
    assert any_harness.weav.creations[0].json == {
        "channel": "chat",
        "customer_id": JANE,
        "subject": "Typed meanwhile",
    }


async def test_each_customer_has_their_own_open_conversations(harness: Harness) -> None:
    create_conversation(harness, "Of Jane")
    await open_form(harness)
    await choose_customer(harness)
    await harness.slack.until(lambda _: "Of Jane" in text_on(harness.ann.view))

    await choose_customer(harness, ZOE)

    await harness.slack.until(lambda _: "Open already" not in text_on(harness.ann.view))


@pytest.mark.parametrize("name", FAILURES)
async def test_if_weav_fails_the_form_shows_none(harness: Harness, name: str) -> None:
    create_conversation(harness, "Export hangs")
    await open_form(harness)
    await harness.ann.suggest("customer_id", JANE)
    harness.weav.fail(replace(FAILURES[name], **LIST))

    answer = await harness.ann.act("customer_id", JANE)

    assert (answer.trouble, answer.seconds < 1) == ("", True)
    await harness.weav.until(lambda: len(harness.weav.requests) > 1)
    await harness.ann.submit({"channel": "email"})
    await harness.card()
    assert harness.slack.calls_of("views.update") == []
    harness.weav.faults.clear()


async def test_a_late_answer_is_shown_if_the_form_is_still_open(harness: Harness) -> None:
    create_conversation(harness, "Export hangs")
    await open_form(harness)
    harness.weav.fail(WeavFault(hold=1.0, **LIST))

    await choose_customer(harness)

    await harness.slack.until(lambda _: "Export hangs" in text_on(harness.ann.view))


async def test_a_new_customer_has_none_and_weav_is_not_asked(harness: Harness) -> None:
    await open_form(harness)

    await choose_customer(harness, "new@example.com")

    assert harness.weav.requests == []
    assert harness.slack.calls_of("views.update") == []


async def test_the_name_of_a_chosen_customer_is_remembered(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=500, method="GET", path="/customers/*", times=1))
    await open_form(harness)
    await choose_customer(harness)
    await harness.weav.until(lambda: len(harness.weav.requests) >= 2)
    harness.weav.faults.clear()
    await choose_customer(harness, ZOE)
    await until_customer_known(harness, ZOE)

    seen = await suggestions(harness.ann, "customer_id", "brul")

    assert [value for value, _, _ in seen] == [ZOE]


async def open_form_for(
    harness: Harness, customer_id: str = JANE, channel: str = "C0SUPPORT"
) -> None:
    await harness.ann.command(f"{customer_id} Export hangs", channel)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_form_that_opens_with_a_customer_shows_them_afterwards(
    any_harness: Harness,
) -> None:
    create_conversation(any_harness, "Hung before")
    any_harness.weav.fail(WeavFault(delay=0.3, **LIST))

    await open_form_for(any_harness)

    assert "Open already" not in text_on(any_harness.ann.view)
    any_harness.ann.fill({"subject": "Typed meanwhile"})
    await any_harness.slack.until(lambda _: "Hung before" in text_on(any_harness.ann.view))
    assert any_harness.ann.view.values["subject"]["subject"]["value"] == "Typed meanwhile"
    methods = [call.method for call in any_harness.slack.calls]
    assert [name for name in methods if "apps" not in name] == ["views.open", "views.update"]


async def test_they_are_shown_for_a_customer_from_the_message(harness: Harness) -> None:
    create_conversation(harness, "Hung before")
    async with Ledger.open(harness.database) as ledger:
        await ledger.customers.learn(KnownCustomer(JANE, "Jane Doe", "jane@example.com"))
    message_ts = harness.ann.say("jane@example.com cannot export", "C0SUPPORT")

    await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)

    await harness.slack.until(
        lambda slack: (view := slack.top_view("U0ANN")) and "Hung before" in text_on(view)
    )


async def test_the_note_about_readers_comes_in_the_same_redraw(harness: Harness) -> None:
    harness.slack.scopes += ("channels:read",)
    create_conversation(harness, "Hung before")

    await open_form_for(harness, channel="C0PARTNERS")

    await harness.slack.until(lambda _: "Hung before" in text_on(harness.ann.view))
    assert "other organisations" in text_on(harness.ann.view)
    assert harness.ann.view.updates == 1
    assert len(harness.slack.calls_of("views.update")) == 1


@pytest.mark.parametrize("name", FAILURES)
async def test_the_note_about_readers_comes_alone_if_weav_fails(
    harness: Harness, name: str
) -> None:
    harness.slack.scopes += ("channels:read",)
    create_conversation(harness, "Hung before")
    harness.weav.fail(replace(FAILURES[name], **LIST))

    await open_form_for(harness, channel="C0PARTNERS")

    await harness.slack.until(lambda _: "other organisations" in text_on(harness.ann.view))
    assert "Hung before" not in text_on(harness.ann.view)
    assert harness.slack.from_bot() == []
    harness.weav.faults.clear()


async def test_a_redraw_has_the_current_values_as_initial_values(any_harness: Harness) -> None:
    """Slack was seen to reset an external select to its initial option."""
    create_conversation(any_harness, "Of Zoë", customer_id=ZOE)
    await any_harness.ann.command(f"email urgent {JANE} Export hangs")
    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    any_harness.ann.fill({"subject": "Typed meanwhile", "priority": "", "status": "closed"})

    await choose_customer(any_harness, ZOE)

    await any_harness.slack.until(lambda _: "Of Zoë" in text_on(any_harness.ann.view))
    assert selected_value(any_harness.ann.view, "customer_id") == ZOE
    assert any_harness.ann.view.block("subject")["element"]["initial_value"] == "Typed meanwhile"
    assert "initial_option" not in any_harness.ann.view.block("priority")["element"]
    await any_harness.ann.submit()
    await any_harness.card()
    assert any_harness.weav.creations[0].json == {
        "channel": "email",
        "customer_id": ZOE,
        "subject": "Typed meanwhile",
        "status": "closed",
    }


async def test_a_late_redraw_has_the_values_chosen_meanwhile(harness: Harness) -> None:
    create_conversation(harness, "Of Jane")
    harness.slack.scopes += ("channels:read",)
    harness.slack.faults.add(SlackFault("conversations.info", delay=0.5, times=None))
    await open_form_for(harness, channel="C0PARTNERS")

    await choose_customer(harness, ZOE)

    await harness.slack.until(lambda _: "other organisations" in text_on(harness.ann.view))
    assert selected_value(harness.ann.view, "customer_id") == ZOE


async def test_conversations_of_the_first_customer_are_not_shown_under_the_next(
    harness: Harness,
) -> None:
    create_conversation(harness, "Of Jane")
    create_conversation(harness, "Of Zoë", customer_id=ZOE)
    of_jane = f"/customers/{JANE}/conversations"
    harness.weav.fail(WeavFault(delay=0.5, method="GET", path=of_jane))
    await open_form_for(harness)

    await choose_customer(harness, ZOE)

    await harness.slack.until(lambda _: "Of Zoë" in text_on(harness.ann.view))
    [late] = [r.number for r in harness.weav.requests if r.path.endswith(of_jane)]
    await harness.weav.until(lambda: harness.weav.requests[late].status == 200)
    await choose_customer(harness, RAVI)
    await harness.slack.until(lambda _: "Open already" not in text_on(harness.ann.view))
    assert len(harness.slack.calls_of("views.update")) == 2
