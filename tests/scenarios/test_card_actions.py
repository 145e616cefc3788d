"""The card's buttons: on every route, for everybody, also after a restart."""

import asyncio
import time
from pathlib import Path

import pytest

from bot.ledger import KnownCustomer, Ledger, State
from bot.sandbox.slack import RESPONSE_URL, Person, SlackFault
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from bot.slack import ids
from tests.harness import CREATE, JANE, Harness, open_harness, text_on
from tests.scenarios.cards import (
    ANN_IN_WEAV,
    BEN_IN_WEAV,
    Route,
    another_bot,
    clicker,
    execute,
    only_conversation,
    post_card,
    private_notes,
    private_text,
    put_requests,
    tell_weav_id,
    until_card_says,
)
from tests.scenarios.filling import open_form
from tests.scenarios.test_assignees import choose_type

ROUTES: list[Route] = ["channel", "thread", "response_url", "direct"]


@pytest.mark.parametrize("route", ROUTES)
async def test_a_card_closes_and_reopens_its_conversation(harness: Harness, route: Route) -> None:
    card = await post_card(harness, route)
    person = clicker(harness, route)

    await person.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "Closed", f"<@{person.slack_user_id}> closed it · <!date^")
    assert only_conversation(harness)["status"] == "closed"
    await person.click(ids.OPEN_AGAIN, card.ts)
    await until_card_says(
        harness, card, "Open", f"<@{person.slack_user_id}> reopened it", "closed it"
    )
    assert only_conversation(harness)["status"] == "open"


@pytest.mark.parametrize("route", ROUTES)
async def test_a_card_sets_the_priority(harness: Harness, route: Route) -> None:
    card = await post_card(harness, route)
    person = clicker(harness, route)

    await person.click(ids.SET_PRIORITY, card.ts, "urgent")

    await until_card_says(
        harness, card, "*Priority*\n:red_circle: Urgent", "set the priority to Urgent"
    )
    assert only_conversation(harness)["priority"] == "urgent"


@pytest.mark.parametrize("route", ROUTES)
async def test_assign_to_me_assigns_the_clicker(harness: Harness, route: Route) -> None:
    card = await post_card(harness, route)
    person = clicker(harness, route)
    await tell_weav_id(person, BEN_IN_WEAV)

    await person.click(ids.ASSIGN_TO_ME, card.ts)

    await until_card_says(harness, card, BEN_IN_WEAV, f"<@{person.slack_user_id}> took it")
    name = "ann" if person is harness.ann else "ben"
    assert f":bust_in_silhouette: {name}" in text_on(card)
    assert f"Assignee ID `{BEN_IN_WEAV}`" in text_on(card)
    assert only_conversation(harness)["assignee_type"] == "user"
    assert only_conversation(harness)["assignee_id"] == BEN_IN_WEAV


async def test_a_click_works_over_both_transports(any_harness: Harness) -> None:
    card = await post_card(any_harness)

    answer = await any_harness.ben.click(ids.CLOSE, card.ts)

    assert (answer.status, answer.trouble) == (200, "")
    await until_card_says(any_harness, card, "<@U0BEN> closed it")
    assert any_harness.slack.calls_of("chat.update")[-1].arguments["ts"] == card.ts


async def test_a_click_changes_one_field_and_writes_all_five(harness: Harness) -> None:
    await tell_weav_id(harness.ann, ANN_IN_WEAV)
    card = await post_card(harness, priority="high", assignee_type="user", assignee_id=ANN_IN_WEAV)

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "closed it")
    [write] = put_requests(harness)
    assert write.json == {
        "subject": "Export hangs",
        "status": "closed",
        "priority": "high",
        "assignee_type": "user",
        "assignee_id": ANN_IN_WEAV,
    }


async def remember_jane(harness: Harness) -> None:
    async with Ledger.open(harness.database) as ledger:
        await ledger.customers.learn(KnownCustomer(JANE, "Jane Doe", "jane@example.com"))


@pytest.mark.parametrize("route", ROUTES)
async def test_a_click_keeps_everything_else_on_the_card(harness: Harness, route: Route) -> None:
    await remember_jane(harness)  # a name that was learned later appears with the click
    card = await post_card(harness, route)
    before = text_on(card).splitlines()

    await clicker(harness, route).click(ids.SET_PRIORITY, card.ts, "low")

    await until_card_says(harness, card, "set the priority to Low")
    after = text_on(card).splitlines()
    gone = [line for line in before if line not in after]
    assert gone == [":large_blue_circle: Normal", ":white_circle: Priority: Low"]
    assert "New Weav conversation" not in card.text
    assert "set the priority to Low" in card.text


async def test_the_card_names_a_known_customer_also_after_a_click(
    harness: Harness,
) -> None:
    await remember_jane(harness)
    card = await post_card(harness, "thread")
    assert "Jane Doe" in text_on(card)
    assert "Jane Doe" in card.text

    await harness.ben.click(ids.SET_PRIORITY, card.ts, "low")

    await until_card_says(harness, card, "set the priority to Low")
    assert "Jane Doe" in text_on(card)


async def test_the_card_names_a_person_who_gave_their_weav_id(any_harness: Harness) -> None:
    await tell_weav_id(any_harness.ben, BEN_IN_WEAV)

    card = await post_card(any_harness, assignee_type="user", assignee_id=BEN_IN_WEAV)

    assert ":bust_in_silhouette: ben" in text_on(card)
    assert f"Assignee ID `{BEN_IN_WEAV}`" in text_on(card)
    assert "Assignee: ben · " in card.text
    assert f"Assignee ID: {BEN_IN_WEAV}" in card.text


async def test_the_card_names_a_listed_agent_without_asking_weav_again(
    harness: Harness,
) -> None:
    await open_form(harness, words=f"email {JANE}")
    await choose_type(harness, "agent")
    await harness.ann.type_in({"assignee_id": "mail"})
    asked = [request.path for request in harness.weav.requests].count("/v1/agents")
    await harness.ann.submit()

    card = await harness.card()

    assert ":robot_face: Mail assistant" in text_on(card)
    assert f"Assignee ID `{EMAIL_AGENT}`" in text_on(card)
    assert [request.path for request in harness.weav.requests].count("/v1/agents") == asked == 1


async def test_the_card_shows_the_id_of_an_unknown_assignee(harness: Harness) -> None:
    card = await post_card(harness, assignee_type="user", assignee_id=BEN_IN_WEAV)

    assert ":bust_in_silhouette: A person" in text_on(card)
    assert f"Assignee ID `{BEN_IN_WEAV}`" in text_on(card)


async def test_the_card_names_the_author_and_links_to_the_message(harness: Harness) -> None:
    card = await post_card(harness, "thread")
    first = text_on(card)
    assert "Opened by <@U0ANN> from <https://weav-sandbox.slack.com/archives/C0SUPPORT/p" in first

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "closed it")
    [line] = [line for line in first.splitlines() if line.startswith("Opened by")]
    assert line in text_on(card)


async def test_the_buttons_work_after_a_restart(harness: Harness) -> None:
    card = await post_card(harness, "thread")
    history = [line for line in text_on(card).splitlines() if line.startswith("Opened by")]

    async with another_bot(harness) as ben:
        await ben.click(ids.CLOSE, card.ts)

        await until_card_says(harness, card, "<@U0BEN> closed it", *history)
    await harness.ann.click(ids.OPEN_AGAIN, card.ts)
    await until_card_says(harness, card, "<@U0ANN> reopened it", "<@U0BEN> closed it", *history)


async def test_the_history_of_old_cards_is_removed(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/ledger.db"
    month = 31 * 86400
    async with Ledger.open(database, clock=lambda: time.time() - month) as ledger:
        turn = await ledger.cards.acquire(JANE)
        assert turn
        assert await ledger.cards.record_changes(turn, ["noted"])
        await ledger.cards.release(turn)

        async with open_harness(tmp_path, database=database), asyncio.timeout(5):
            while (turn := await ledger.cards.acquire(JANE)) and turn.changes:
                await ledger.cards.release(turn)
                await asyncio.sleep(0.01)
        assert turn


async def test_a_click_reads_from_the_card_what_the_ledger_has_forgotten(harness: Harness) -> None:
    card = await post_card(harness, "thread")
    [history] = [line for line in text_on(card).splitlines() if line.startswith("Opened by")]
    await harness.entry_in(State.ANNOUNCED)
    async with Ledger.open(harness.database) as ledger:
        assert await ledger.forget(0) == 1

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "closed it", history)


async def test_a_card_whose_row_is_gone_still_works(harness: Harness) -> None:
    card = await post_card(harness)
    await execute(harness, "DELETE FROM submissions")

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "closed it", "Opened by <@U0ANN> with")


async def test_a_recovered_card_still_says_so_after_a_click(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    card = await post_card(harness)

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "closed it", "Recovered:")


async def test_a_click_uses_its_response_url_where_chat_update_fails(
    harness: Harness,
) -> None:
    card = await post_card(harness)
    harness.slack.faults.add(SlackFault("chat.update", error="cant_update_message"))

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "closed it")
    assert len(harness.slack.messages_in("C0SUPPORT", "U0BEN")) == 4


async def test_a_card_that_cannot_be_redrawn_is_reported_privately(harness: Harness) -> None:
    card = await post_card(harness)
    before = text_on(card)
    harness.slack.faults.add(SlackFault("chat.update", error="cant_update_message"))
    harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404))

    await harness.ben.click(ids.CLOSE, card.ts)

    assert "did not let the bot update this card" in await private_text(harness)
    assert only_conversation(harness)["status"] == "closed"
    assert text_on(card) == before


async def test_a_redraw_waits_for_slacks_rate_limit(harness: Harness) -> None:
    card = await post_card(harness)
    harness.slack.faults.add(SlackFault("chat.update", "ratelimited", status=429, retry_after=1))

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "closed it")
    assert len(harness.slack.calls_of("chat.update")) == 2


async def test_assign_to_me_tells_an_unknown_user_how_to_give_their_weav_id(
    harness: Harness,
) -> None:
    card = await post_card(harness)

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "/weav-conversation me UUID" in await private_text(harness)
    assert put_requests(harness) == []
    assert not card.edited


async def test_people_of_another_organisation_see_the_card_and_cannot_change_it(
    harness: Harness,
) -> None:
    card = await post_card(harness, post_to="C0PARTNERS")
    eve = Person(harness.slack, "U0EVE", harness.ben.endpoint)
    before = len(harness.weav.requests)

    for action_id in (ids.CLOSE, ids.ASSIGN_TO_ME):
        answer = await eve.click(action_id, card.ts)
        assert answer.trouble == ""

    said = await private_text(harness, "U0EVE")
    assert said
    assert "UUID" not in said
    assert len(harness.weav.requests) == before
    assert not card.edited


async def test_people_of_an_admitted_organisation_can_change_the_card(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_allow_external="true") as harness:
        card = await post_card(harness, post_to="C0PARTNERS")
        eve = Person(harness.slack, "U0EVE", harness.ben.endpoint)

        await eve.click(ids.CLOSE, card.ts)

        await until_card_says(harness, card, "<@U0EVE> closed it")


async def test_a_short_card_stays_short_and_the_clicker_is_told_the_result(
    harness: Harness,
) -> None:
    harness.slack.scopes += ("channels:read",)
    card = await post_card(harness, post_to="C0PARTNERS", priority="low")

    await harness.ben.click(ids.SET_PRIORITY, card.ts, "urgent")

    assert "<@U0BEN> set the priority to Urgent" in await private_text(harness)
    await harness.ben.click(ids.CLOSE, card.ts)
    await until_card_says(harness, card, "Closed", "Reopen")
    assert only_conversation(harness)["priority"] == "urgent"
    seen = f"{card.text} {card.blocks}"
    for private in ("Export hangs", "U0ANN", "U0BEN", only_conversation(harness)["customer_id"]):
        assert private not in seen


async def test_a_click_in_a_thread_is_answered_in_the_thread(harness: Harness) -> None:
    card = await post_card(harness, "thread")

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    await private_text(harness)
    [private] = private_notes(harness)
    assert private.thread_ts == card.thread_ts


WHISPER = "chat.postEphemeral"


@pytest.mark.parametrize(
    "code", ["user_not_in_channel", "not_in_channel", "channel_not_found", "internal_error"]
)
async def test_an_answer_that_no_thread_takes_goes_to_the_channel(
    harness: Harness, code: str
) -> None:
    card = await post_card(harness, "thread")
    harness.slack.faults.add(SlackFault(WHISPER, error=code))

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in await private_text(harness)
    [private] = private_notes(harness)
    assert (private.thread_ts, private.via) == ("", "response_url")


async def test_an_answer_in_a_thread_without_the_bot_goes_to_the_channel(
    harness: Harness,
) -> None:
    message_ts = harness.ann.say("The invoice is wrong.", "G0BILLING")
    await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    await harness.ann.submit({"channel": "email", "customer_id": JANE})
    card = await harness.card("G0BILLING")
    assert card.thread_ts == message_ts

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in await private_text(harness)
    [private] = private_notes(harness)
    assert (private.slack_channel_id, private.thread_ts) == ("G0BILLING", "")


async def test_an_answer_that_neither_thread_nor_channel_takes_is_a_direct_message(
    harness: Harness,
) -> None:
    card = await post_card(harness, "thread")
    harness.slack.faults.add(SlackFault(WHISPER, error="user_not_in_channel"))
    harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404))

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in text_on(await harness.direct_message("U0BEN"))


async def test_a_click_on_a_card_that_started_a_thread_is_answered_in_the_channel(
    harness: Harness,
) -> None:
    card = await post_card(harness)
    harness.ben.say("Thank you.", "C0SUPPORT", card.ts)

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in await private_text(harness)
    [private] = private_notes(harness)
    assert private.thread_ts == ""
    assert harness.slack.calls_of(WHISPER) == []


async def test_without_a_response_url_the_answer_is_a_direct_message(harness: Harness) -> None:
    card = await post_card(harness)
    harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404))

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in text_on(await harness.direct_message("U0BEN"))


async def test_a_click_on_a_card_whose_value_is_unreadable_says_so(harness: Harness) -> None:
    card = await post_card(harness)
    [block] = [block for block in card.blocks if block["type"] == "actions"]
    block["block_id"] = "of-another-version"

    await harness.ben.click(ids.CLOSE, card.ts)

    assert "can no longer read this card" in await private_text(harness)


async def test_a_click_that_changes_nothing_says_so(harness: Harness) -> None:
    card = await post_card(harness)
    await tell_weav_id(harness.ben, BEN_IN_WEAV)
    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)
    await until_card_says(harness, card, "<@U0BEN> took it")

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "It is assigned to you already." in await private_text(harness)
    assert len(put_requests(harness)) == 1
