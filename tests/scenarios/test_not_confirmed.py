"""Weav's answer is lost: the bot looks in Weav first, and only the author repeats the POST."""

import asyncio

import pytest

from bot.ledger import Ledger, State
from bot.sandbox.slack import Delivery, SlackFault, SlackView
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import READ, TOKEN
from bot.slack import ids
from tests.house import CREATE, JANE, LIST, House, public, text_on


async def submit_without_confirmation(at_home: House, within: float = 5) -> SlackView:
    return await at_home.slack.until(
        lambda slack: (
            (view := slack.top_view("U0ANN"))
            and view.sent["title"]["text"] == "Not confirmed"
            and view
        ),
        within,
    )


async def test_a_conversation_whose_answer_was_lost_is_recovered(any_way: House) -> None:
    any_way.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await any_way.fill_in(subject="Export hangs")

    await any_way.ann.submit()

    card = await any_way.card()
    assert "Recovered" in text_on(card)
    [conversation] = any_way.weav.conversations
    assert conversation["id"] in text_on(card)
    assert len(any_way.weav.creations) == 1


async def test_an_unreadable_answer_or_a_server_error_of_weav_is_looked_up(
    at_home: House,
) -> None:
    for fault in (
        WeavFault(status=500, processed=True, times=1, **CREATE),
        WeavFault(status=201, body=b"<html>", processed=True, times=1, **CREATE),
    ):
        at_home.weav.fail(fault)
        await at_home.fill_in(subject=f"Number {len(at_home.weav.conversations)}")
        await at_home.ann.submit()
        await at_home.slack.until(
            lambda slack: len(public(slack, "C0SUPPORT")) == len(at_home.weav.conversations)
        )
    assert len(at_home.weav.creations) == len(at_home.weav.conversations) == 2


async def test_a_conversation_that_is_not_found_is_created_again_by_its_author(
    at_home: House,
) -> None:
    at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.slack.until(lambda _: "The customer is Jane Doe" in text_on(at_home.ann.view))
    await at_home.ann.submit()

    view = await submit_without_confirmation(at_home)

    assert "may have been created or not" in text_on(view)
    [create] = at_home.weav.creations
    assert len([r for r in at_home.weav.requests[create.number :] if r.method == "GET"]) == 3
    assert at_home.weav.conversations == []
    await at_home.ann.act(ids.CREATE_AGAIN)
    await at_home.card()
    assert len(at_home.weav.conversations) == 1


async def test_create_again_creates_once_however_often_it_is_clicked(at_home: House) -> None:
    at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    view = await submit_without_confirmation(at_home)
    button = view.blocks[-1]["elements"][1]
    action = {name: button[name] for name in ("type", "action_id", "value")} | {"block_id": "b"}
    click = Delivery("interactive", at_home.ann.payloads.action_in_view(view, action))

    await asyncio.gather(*(at_home.ann.send(click) for _ in range(5)))

    await at_home.card()
    await at_home.slack.until(lambda slack: "is open in Weav" in text_on(slack.top_view("U0ANN")))
    assert len(at_home.weav.conversations) == 1


async def test_look_again_reports_that_it_looked(at_home: House) -> None:
    at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await submit_without_confirmation(at_home)

    await at_home.ann.act(ids.LOOK_AGAIN)

    await at_home.slack.until(lambda _: "The bot looked again" in text_on(at_home.ann.view))
    assert at_home.weav.conversations == []


@pytest.mark.long
async def test_an_answer_that_slack_takes_slowly_is_given_once(at_home: House) -> None:
    at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await submit_without_confirmation(at_home)
    at_home.slack.faults.add(SlackFault("views.update", delay=6.0, times=1))  # two leases

    await at_home.ann.act(ids.LOOK_AGAIN)
    await at_home.slack.until(lambda _: "The bot looked again" in text_on(at_home.ann.view), 10)

    await asyncio.sleep(4)  # for the slow answer, and for a sweep
    told = [call for call in at_home.slack.calls_of("views.update") if "looked again" in str(call)]
    assert len(told) == 1


async def test_look_again_works_before_its_button_is_recorded(at_home: House) -> None:
    at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await submit_without_confirmation(at_home)
    entry = await at_home.entry_in(State.UNCONFIRMED)
    async with Ledger.open(at_home.database) as another, asyncio.timeout(5):
        while not (held := await another.look_again(entry.id, "U0ANN")):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

        await at_home.ann.act(ids.LOOK_AGAIN)
        await asyncio.sleep(0.3)
        assert await another.told(held)

    await at_home.slack.until(lambda _: "The bot looked again" in text_on(at_home.ann.view))


async def test_look_again_finds_a_conversation_that_appeared_later(at_home: House) -> None:
    hidden = at_home.weav.fail(WeavFault(status=200, body=b'{"data": []}', **LIST))
    at_home.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await submit_without_confirmation(at_home)
    at_home.weav.faults.remove(hidden)

    await at_home.ann.act(ids.LOOK_AGAIN)

    assert "Recovered" in text_on(await at_home.card())
    assert len(at_home.weav.creations) == 1


async def test_leave_it_ends_the_row(at_home: House) -> None:
    at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await submit_without_confirmation(at_home)

    await at_home.ann.act(ids.LEAVE)

    await at_home.slack.until(lambda slack: "Left as it is" in text_on(slack.top_view("U0ANN")))
    assert [entry.state for entry in await at_home.entries()] == [State.LEFT]


async def test_two_possible_conversations_leave_the_row_unconfirmed(at_home: House) -> None:
    at_home.weav.store.create_conversation(
        {"channel": "email", "customer_id": JANE, "subject": "Export hangs"}
    )
    at_home.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")

    await at_home.ann.submit()

    assert "more than one" in text_on(await submit_without_confirmation(at_home))
    assert public(at_home.slack, "C0SUPPORT") == []


async def test_without_the_permission_to_read_the_author_is_told_at_once(at_home: House) -> None:
    at_home.weav.tokens[TOKEN].discard(READ)
    at_home.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")

    await at_home.ann.submit()

    view = await submit_without_confirmation(at_home, within=5)
    assert "external-api:read" in text_on(view)


@pytest.mark.parametrize("choice", [ids.LOOK_AGAIN, ids.CREATE_AGAIN, ids.LEAVE])
async def test_the_buttons_work_in_the_direct_message_too(at_home: House, choice: str) -> None:
    at_home.weav.tokens[TOKEN].discard(READ)
    at_home.weav.fail(WeavFault.lost_request(times=1, delay=2.2, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    await at_home.ann.close()
    message = await at_home.direct_message()
    assert "may have been created or not" in text_on(message)

    await at_home.ann.click(choice)

    expected = {
        ids.LOOK_AGAIN: "may have been created or not",
        ids.CREATE_AGAIN: "is open in Weav",
        ids.LEAVE: "Left as it is",
    }[choice]
    await at_home.slack.until(
        lambda slack: message.edited and expected in text_on(slack.message(message.ts))
    )


async def test_only_the_author_can_choose(at_home: House) -> None:
    at_home.weav.tokens[TOKEN].discard(READ)
    at_home.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await at_home.fill_in(subject="Export hangs")
    await at_home.ann.submit()
    view = await submit_without_confirmation(at_home)
    button = view.blocks[-1]["elements"][1]
    action = {name: button[name] for name in ("type", "action_id", "value")} | {"block_id": "b"}

    payload = at_home.ben.payloads.action_in_view(view, action)
    await at_home.ben.send(Delivery("interactive", payload))

    await at_home.slack.until(lambda slack: "no longer has" in text_on(slack.top_view("U0ANN")))
    assert at_home.weav.conversations == []
