"""What a message brings along: its customer if they are known, and what it has become already."""

import pytest

from bot.ledger import KnownCustomer, Ledger
from bot.sandbox.weav import Fault
from bot.slack import ids
from tests.house import CONVERSATION_URL, CREATE, JANE, House, chosen, text_on
from tests.scenarios.filling import NOBODY_KNOWN, RAVI, ZOE, used


async def known(at_home: House) -> None:
    async with Ledger.open(at_home.database) as ledger:
        for customer in (
            KnownCustomer(JANE, "Jane Doe", "jane@example.com"),
            KnownCustomer(ZOE, "Zoë Brûlé", "zoë@example.com"),
        ):
            await ledger.memory.learn(customer)


async def from_message(at_home: House, message_ts: str) -> None:
    await at_home.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))


def said(at_home: House, text: str) -> str:
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
async def test_a_known_customer_in_the_message_is_chosen(
    at_home: House, text: str, customer_id: str
) -> None:
    await known(at_home)

    await from_message(at_home, said(at_home, text))

    assert chosen(at_home.ann.view, "customer_id") == customer_id
    said_so = at_home.ann.view.block("customer_id")["hint"]["text"].startswith("From the message.")
    assert said_so is bool(customer_id)


async def test_a_link_to_a_conversation_of_the_bots_leads_to_its_customer(
    any_way: House,
) -> None:
    await used(any_way, RAVI)
    link = CONVERSATION_URL.format(id=any_way.weav.conversations[0]["id"])

    await from_message(any_way, said(any_way, f"Again: <{link}>"))

    assert chosen(any_way.ann.view, "customer_id") == RAVI


async def opened_from(at_home: House, message_ts: str) -> str:
    await from_message(at_home, message_ts)
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})
    await at_home.card()
    return str(at_home.weav.conversations[0]["id"])


async def test_a_message_that_has_a_conversation_says_so_and_wants_a_tick(
    any_way: House,
) -> None:
    message_ts = said(any_way, "The export hangs")
    conversation_id = await opened_from(any_way, message_ts)

    await from_message(any_way, message_ts)

    assert "<@U0ANN> opened a conversation from this message" in text_on(any_way.ann.view)
    assert CONVERSATION_URL.format(id=conversation_id) in text_on(any_way.ann.view)
    answer = await any_way.ann.submit({"channel": "email", "customer_id": JANE})
    assert answer.errors.keys() == {"another"}
    await any_way.ann.submit({"another": ["another"]})
    await any_way.weav.until(lambda: len(any_way.weav.conversations) == 2)
    assert any_way.weav.creations[1].json == any_way.weav.creations[0].json


async def test_everybody_is_told_and_other_messages_are_not_meant(at_home: House) -> None:
    message_ts = said(at_home, "The export hangs")
    await opened_from(at_home, message_ts)

    await at_home.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0BEN"))
    await from_message(at_home, said(at_home, "The export hangs"))

    assert "another" in at_home.ben.view.values
    assert "another" not in at_home.ann.view.values


async def test_one_that_is_on_its_way_counts(at_home: House) -> None:
    message_ts = said(at_home, "The export hangs")
    at_home.weav.fail(Fault(status=503, **CREATE))
    await from_message(at_home, message_ts)
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})
    await at_home.ann.close()

    await from_message(at_home, message_ts)

    assert "queued: Weav does not answer" in text_on(at_home.ann.view)
    assert "another" in at_home.ann.view.values


async def test_one_that_was_refused_does_not_count(at_home: House) -> None:
    message_ts = said(at_home, "The export hangs")
    at_home.weav.fail(Fault(status=403, **CREATE))
    await from_message(at_home, message_ts)
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})
    await at_home.ann.close()

    await from_message(at_home, message_ts)

    assert "another" not in at_home.ann.view.values


async def test_the_tick_is_not_asked_for_twice_when_the_form_comes_back(at_home: House) -> None:
    message_ts = said(at_home, "The export hangs")
    await opened_from(at_home, message_ts)
    await from_message(at_home, message_ts)
    at_home.weav.fail(Fault(status=403, times=1, **CREATE))

    await at_home.ann.submit({"channel": "email", "customer_id": JANE, "another": ["another"]})
    assert "external-api:write" in text_on(at_home.ann.view)
    await at_home.ann.submit()

    await at_home.weav.until(lambda: len(at_home.weav.conversations) == 2)
