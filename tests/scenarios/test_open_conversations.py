"""Once a customer is chosen, the form shows their open conversations, to avoid duplicates."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.ledger import KnownCustomer, Ledger
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.house import CONVERSATION_URL, JANE, LIST, House, selected_value, text_on
from tests.scenarios.filling import (
    FAILURES,
    RAVI,
    ZOE,
    open_form,
    suggestions,
    until_customer_known,
)


def create_conversation(at_home: House, subject: str, days: int = 0, **values: str) -> str:
    """Create one that was opened some days ago, and return its ID."""
    made = at_home.weav.store.create_conversation(
        {"channel": "email", "customer_id": JANE, "subject": subject, **values}
    )
    then = datetime.now(UTC) - timedelta(days=days, seconds=1)
    made["created_at"] = made["updated_at"] = then.isoformat()
    return str(made["id"])


async def choose_customer(at_home: House, customer_id: str = JANE) -> None:
    answer = await at_home.ann.suggest("customer_id", customer_id)
    await at_home.ann.act("customer_id", answer.options[0]["value"])


async def test_the_latest_three_open_conversations_are_shown(any_way: House) -> None:
    first = create_conversation(any_way, "Export *hangs* <!channel>", days=2, priority="urgent")
    create_conversation(any_way, "Older", days=5)
    create_conversation(any_way, "Oldest", days=9)
    create_conversation(any_way, "Latest")
    create_conversation(any_way, "Dealt with", status="closed")
    await open_form(any_way)

    await choose_customer(any_way)

    await any_way.slack.until(lambda _: "Open already" in text_on(any_way.ann.view))
    shown = any_way.ann.view.block("customer_conversations")["elements"][0]["text"]
    lines = shown.splitlines()[1:]
    assert [line.split("|")[1].split(">")[0] for line in lines] == [
        "Latest",
        "Export \u2217hangs\u2217 &lt;!channel&gt;",
        "Older",
    ]
    assert CONVERSATION_URL.format(id=first) in lines[1]
    assert "Urgent · 2 days old" in lines[1]


async def test_they_are_shown_next_to_the_customer_and_nothing_typed_is_lost(
    any_way: House,
) -> None:
    create_conversation(any_way, "Export hangs")
    await open_form(any_way)
    any_way.ann.fill({"subject": "Typed meanwhile", "channel": "chat"})

    await choose_customer(any_way)

    await any_way.slack.until(lambda _: "Open already" in text_on(any_way.ann.view))
    order = [block["block_id"] for block in any_way.ann.view.blocks]
    assert order.index("customer_conversations") == order.index("customer_id") + 1
    await any_way.ann.submit()
    await any_way.card()
    assert any_way.weav.creations[0].json == {
        "channel": "chat",
        "customer_id": JANE,
        "subject": "Typed meanwhile",
    }


async def test_each_customer_has_their_own_open_conversations(at_home: House) -> None:
    create_conversation(at_home, "Of Jane")
    await open_form(at_home)
    await choose_customer(at_home)
    await at_home.slack.until(lambda _: "Of Jane" in text_on(at_home.ann.view))

    await choose_customer(at_home, ZOE)

    await at_home.slack.until(lambda _: "Open already" not in text_on(at_home.ann.view))


@pytest.mark.parametrize("name", FAILURES)
async def test_if_weav_fails_the_form_shows_none(at_home: House, name: str) -> None:
    create_conversation(at_home, "Export hangs")
    await open_form(at_home)
    await at_home.ann.suggest("customer_id", JANE)
    at_home.weav.fail(replace(FAILURES[name], **LIST))

    answer = await at_home.ann.act("customer_id", JANE)

    assert (answer.trouble, answer.seconds < 1) == ("", True)
    await at_home.weav.until(lambda: len(at_home.weav.requests) > 1)
    await at_home.ann.submit({"channel": "email"})
    await at_home.card()
    assert at_home.slack.calls_of("views.update") == []
    at_home.weav.faults.clear()


async def test_a_late_answer_is_shown_if_the_form_is_still_open(at_home: House) -> None:
    create_conversation(at_home, "Export hangs")
    await open_form(at_home)
    at_home.weav.fail(WeavFault(hold=1.0, **LIST))

    await choose_customer(at_home)

    await at_home.slack.until(lambda _: "Export hangs" in text_on(at_home.ann.view))


async def test_a_new_customer_has_none_and_weav_is_not_asked(at_home: House) -> None:
    await open_form(at_home)

    await choose_customer(at_home, "new@example.com")

    assert at_home.weav.requests == []
    assert at_home.slack.calls_of("views.update") == []


async def test_the_name_of_a_chosen_customer_is_remembered(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=500, method="GET", path="/customers/*", times=1))
    await open_form(at_home)
    await choose_customer(at_home)
    await at_home.weav.until(lambda: len(at_home.weav.requests) >= 2)
    at_home.weav.faults.clear()
    await choose_customer(at_home, ZOE)
    await until_customer_known(at_home, ZOE)

    seen = await suggestions(at_home.ann, "customer_id", "brul")

    assert [value for value, _, _ in seen] == [ZOE]


async def open_form_for(
    at_home: House, customer_id: str = JANE, channel: str = "C0SUPPORT"
) -> None:
    await at_home.ann.command(f"{customer_id} Export hangs", channel)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_form_that_opens_with_a_customer_shows_them_afterwards(
    any_way: House,
) -> None:
    create_conversation(any_way, "Hung before")
    any_way.weav.fail(WeavFault(delay=0.3, **LIST))

    await open_form_for(any_way)

    assert "Open already" not in text_on(any_way.ann.view)
    any_way.ann.fill({"subject": "Typed meanwhile"})
    await any_way.slack.until(lambda _: "Hung before" in text_on(any_way.ann.view))
    assert any_way.ann.view.values["subject"]["subject"]["value"] == "Typed meanwhile"
    methods = [call.method for call in any_way.slack.calls]
    assert [name for name in methods if "apps" not in name] == ["views.open", "views.update"]


async def test_they_are_shown_for_a_customer_from_the_message(at_home: House) -> None:
    create_conversation(at_home, "Hung before")
    async with Ledger.open(at_home.database) as ledger:
        await ledger.customers.learn(KnownCustomer(JANE, "Jane Doe", "jane@example.com"))
    message_ts = at_home.ann.say("jane@example.com cannot export", "C0SUPPORT")

    await at_home.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)

    await at_home.slack.until(
        lambda slack: (view := slack.top_view("U0ANN")) and "Hung before" in text_on(view)
    )


async def test_the_note_about_readers_comes_in_the_same_redraw(at_home: House) -> None:
    at_home.slack.scopes += ("channels:read",)
    create_conversation(at_home, "Hung before")

    await open_form_for(at_home, channel="C0PARTNERS")

    await at_home.slack.until(lambda _: "Hung before" in text_on(at_home.ann.view))
    assert "other organisations" in text_on(at_home.ann.view)
    assert at_home.ann.view.updates == 1
    assert len(at_home.slack.calls_of("views.update")) == 1


@pytest.mark.parametrize("name", FAILURES)
async def test_the_note_about_readers_comes_alone_if_weav_fails(at_home: House, name: str) -> None:
    at_home.slack.scopes += ("channels:read",)
    create_conversation(at_home, "Hung before")
    at_home.weav.fail(replace(FAILURES[name], **LIST))

    await open_form_for(at_home, channel="C0PARTNERS")

    await at_home.slack.until(lambda _: "other organisations" in text_on(at_home.ann.view))
    assert "Hung before" not in text_on(at_home.ann.view)
    assert at_home.slack.from_bot() == []
    at_home.weav.faults.clear()


async def test_a_redraw_has_the_current_values_as_initial_values(any_way: House) -> None:
    """Slack was seen to reset an external select to its initial option."""
    create_conversation(any_way, "Of Zoë", customer_id=ZOE)
    await any_way.ann.command(f"email urgent {JANE} Export hangs")
    await any_way.slack.until(lambda slack: slack.top_view("U0ANN"))
    any_way.ann.fill({"subject": "Typed meanwhile", "priority": "", "status": "closed"})

    await choose_customer(any_way, ZOE)

    await any_way.slack.until(lambda _: "Of Zoë" in text_on(any_way.ann.view))
    assert selected_value(any_way.ann.view, "customer_id") == ZOE
    assert any_way.ann.view.block("subject")["element"]["initial_value"] == "Typed meanwhile"
    assert "initial_option" not in any_way.ann.view.block("priority")["element"]
    await any_way.ann.submit()
    await any_way.card()
    assert any_way.weav.creations[0].json == {
        "channel": "email",
        "customer_id": ZOE,
        "subject": "Typed meanwhile",
        "status": "closed",
    }


async def test_a_late_redraw_has_the_values_chosen_meanwhile(at_home: House) -> None:
    create_conversation(at_home, "Of Jane")
    at_home.slack.scopes += ("channels:read",)
    at_home.slack.faults.add(SlackFault("conversations.info", delay=0.5, times=None))
    await open_form_for(at_home, channel="C0PARTNERS")

    await choose_customer(at_home, ZOE)

    await at_home.slack.until(lambda _: "other organisations" in text_on(at_home.ann.view))
    assert selected_value(at_home.ann.view, "customer_id") == ZOE


async def test_conversations_of_the_first_customer_are_not_shown_under_the_next(
    at_home: House,
) -> None:
    create_conversation(at_home, "Of Jane")
    create_conversation(at_home, "Of Zoë", customer_id=ZOE)
    of_jane = f"/customers/{JANE}/conversations"
    at_home.weav.fail(WeavFault(delay=0.5, method="GET", path=of_jane))
    await open_form_for(at_home)

    await choose_customer(at_home, ZOE)

    await at_home.slack.until(lambda _: "Of Zoë" in text_on(at_home.ann.view))
    [late] = [r.number for r in at_home.weav.requests if r.path.endswith(of_jane)]
    await at_home.weav.until(lambda: at_home.weav.requests[late].status == 200)
    await choose_customer(at_home, RAVI)
    await at_home.slack.until(lambda _: "Open already" not in text_on(at_home.ann.view))
    assert len(at_home.slack.calls_of("views.update")) == 2
