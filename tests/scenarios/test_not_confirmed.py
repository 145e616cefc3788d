"""Weav's answer is lost: the bot looks in Weav first, and only the author repeats the POST."""

import asyncio

import pytest

from bot.ledger import Ledger, State
from bot.sandbox.slack import Delivery, SlackFault, SlackView
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import READ, TOKEN
from bot.slack import ids
from tests.harness import CREATE, JANE, LIST, Harness, public, text_on


async def submit_without_confirmation(harness: Harness, within: float = 5) -> SlackView:
    return await harness.slack.until(
        lambda slack: (
            (view := slack.top_view("U0ANN"))
            and view.sent["title"]["text"] == "Not confirmed"
            and view
        ),
        within,
    )


async def test_a_conversation_whose_answer_was_lost_is_recovered(any_harness: Harness) -> None:
    any_harness.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await any_harness.fill_in(subject="Export hangs")

    await any_harness.ann.submit()

    card = await any_harness.card()
    assert "Recovered" in text_on(card)
    [conversation] = any_harness.weav.conversations
    assert conversation["id"] in text_on(card)
    assert len(any_harness.weav.creations) == 1


async def test_an_unreadable_answer_or_a_server_error_of_weav_is_looked_up(
    harness: Harness,
) -> None:
    for fault in (
        WeavFault(status=500, processed=True, times=1, **CREATE),
        WeavFault(status=201, body=b"<html>", processed=True, times=1, **CREATE),
    ):
        harness.weav.fail(fault)
        await harness.fill_in(subject=f"Number {len(harness.weav.conversations)}")
        await harness.ann.submit()
        await harness.slack.until(
            lambda slack: len(public(slack, "C0SUPPORT")) == len(harness.weav.conversations)
        )
    assert len(harness.weav.creations) == len(harness.weav.conversations) == 2


async def test_a_conversation_that_is_not_found_is_created_again_by_its_author(
    harness: Harness,
) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.slack.until(lambda _: "The customer is Jane Doe" in text_on(harness.ann.view))
    await harness.ann.submit()

    view = await submit_without_confirmation(harness)

    assert "may have been created or not" in text_on(view)
    [create] = harness.weav.creations
    assert len([r for r in harness.weav.requests[create.number :] if r.method == "GET"]) == 3
    assert harness.weav.conversations == []
    await harness.ann.act(ids.CREATE_AGAIN)
    await harness.card()
    assert len(harness.weav.conversations) == 1


async def test_create_again_creates_once_however_often_it_is_clicked(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    view = await submit_without_confirmation(harness)
    button = view.blocks[-1]["elements"][1]
    action = {name: button[name] for name in ("type", "action_id", "value")} | {"block_id": "b"}
    click = Delivery("interactive", harness.ann.payloads.action_in_view(view, action))

    await asyncio.gather(*(harness.ann.send(click) for _ in range(5)))

    await harness.card()
    await harness.slack.until(lambda slack: "is open in Weav" in text_on(slack.top_view("U0ANN")))
    assert len(harness.weav.conversations) == 1


async def test_look_again_reports_that_it_looked(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await submit_without_confirmation(harness)

    await harness.ann.act(ids.LOOK_AGAIN)

    await harness.slack.until(lambda _: "The bot looked again" in text_on(harness.ann.view))
    assert harness.weav.conversations == []


@pytest.mark.long
async def test_an_answer_that_slack_takes_slowly_is_given_once(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await submit_without_confirmation(harness)
    harness.slack.faults.add(SlackFault("views.update", delay=6.0, times=1))  # two leases

    await harness.ann.act(ids.LOOK_AGAIN)
    await harness.slack.until(lambda _: "The bot looked again" in text_on(harness.ann.view), 10)

    await asyncio.sleep(4)  # for the slow answer, and for a sweep
    told = [call for call in harness.slack.calls_of("views.update") if "looked again" in str(call)]
    assert len(told) == 1


async def test_look_again_works_before_its_button_is_recorded(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await submit_without_confirmation(harness)
    entry = await harness.entry_in(State.UNCONFIRMED)
    async with Ledger.open(harness.database) as another, asyncio.timeout(5):
        while not (held := await another.look_again(entry.id, "U0ANN")):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

        await harness.ann.act(ids.LOOK_AGAIN)
        await asyncio.sleep(0.3)
        assert await another.told(held)

    await harness.slack.until(lambda _: "The bot looked again" in text_on(harness.ann.view))


async def test_look_again_finds_a_conversation_that_appeared_later(harness: Harness) -> None:
    hidden = harness.weav.fail(WeavFault(status=200, body=b'{"data": []}', **LIST))
    harness.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await submit_without_confirmation(harness)
    harness.weav.faults.remove(hidden)

    await harness.ann.act(ids.LOOK_AGAIN)

    assert "Recovered" in text_on(await harness.card())
    assert len(harness.weav.creations) == 1


async def test_leave_it_ends_the_row(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await submit_without_confirmation(harness)

    await harness.ann.act(ids.LEAVE)

    await harness.slack.until(lambda slack: "Left as it is" in text_on(slack.top_view("U0ANN")))
    assert [entry.state for entry in await harness.entries()] == [State.LEFT]


async def test_two_possible_conversations_leave_the_row_unconfirmed(harness: Harness) -> None:
    harness.weav.store.create_conversation(
        {"channel": "email", "customer_id": JANE, "subject": "Export hangs"}
    )
    harness.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")

    await harness.ann.submit()

    assert "more than one" in text_on(await submit_without_confirmation(harness))
    assert public(harness.slack, "C0SUPPORT") == []


async def test_without_the_permission_to_read_the_author_is_told_at_once(harness: Harness) -> None:
    harness.weav.tokens[TOKEN].discard(READ)
    harness.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")

    await harness.ann.submit()

    view = await submit_without_confirmation(harness, within=5)
    assert "external-api:read" in text_on(view)


@pytest.mark.parametrize("choice", [ids.LOOK_AGAIN, ids.CREATE_AGAIN, ids.LEAVE])
async def test_the_buttons_work_in_the_direct_message_too(harness: Harness, choice: str) -> None:
    harness.weav.tokens[TOKEN].discard(READ)
    harness.weav.fail(WeavFault.lost_request(times=1, delay=2.2, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await harness.ann.close()
    message = await harness.direct_message()
    assert "may have been created or not" in text_on(message)

    await harness.ann.click(choice)

    expected = {
        ids.LOOK_AGAIN: "may have been created or not",
        ids.CREATE_AGAIN: "is open in Weav",
        ids.LEAVE: "Left as it is",
    }[choice]
    await harness.slack.until(
        lambda slack: message.edited and expected in text_on(slack.message(message.ts))
    )


async def test_only_the_author_can_choose(harness: Harness) -> None:
    harness.weav.tokens[TOKEN].discard(READ)
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    view = await submit_without_confirmation(harness)
    button = view.blocks[-1]["elements"][1]
    action = {name: button[name] for name in ("type", "action_id", "value")} | {"block_id": "b"}

    payload = harness.ben.payloads.action_in_view(view, action)
    await harness.ben.send(Delivery("interactive", payload))

    await harness.slack.until(lambda slack: "no longer has" in text_on(slack.top_view("U0ANN")))
    assert harness.weav.conversations == []
