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
from tests.house import CREATE, JANE, House, house, text_on
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
async def test_a_card_closes_and_reopens_its_conversation(at_home: House, route: Route) -> None:
    card = await post_card(at_home, route)
    person = clicker(at_home, route)

    await person.click(ids.CLOSE, card.ts)

    await until_card_says(at_home, card, "Closed", f"<@{person.slack_user_id}> closed it · <!date^")
    assert only_conversation(at_home)["status"] == "closed"
    await person.click(ids.OPEN_AGAIN, card.ts)
    await until_card_says(
        at_home, card, "Open", f"<@{person.slack_user_id}> reopened it", "closed it"
    )
    assert only_conversation(at_home)["status"] == "open"


@pytest.mark.parametrize("route", ROUTES)
async def test_a_card_sets_the_priority(at_home: House, route: Route) -> None:
    card = await post_card(at_home, route)
    person = clicker(at_home, route)

    await person.click(ids.SET_PRIORITY, card.ts, "urgent")

    await until_card_says(
        at_home, card, "*Priority*\n:red_circle: Urgent", "set the priority to Urgent"
    )
    assert only_conversation(at_home)["priority"] == "urgent"


@pytest.mark.parametrize("route", ROUTES)
async def test_assign_to_me_assigns_the_clicker(at_home: House, route: Route) -> None:
    card = await post_card(at_home, route)
    person = clicker(at_home, route)
    await tell_weav_id(person, BEN_IN_WEAV)

    await person.click(ids.ASSIGN_TO_ME, card.ts)

    await until_card_says(at_home, card, BEN_IN_WEAV, f"<@{person.slack_user_id}> took it")
    name = "ann" if person is at_home.ann else "ben"
    assert f":bust_in_silhouette: {name}" in text_on(card)
    assert f"Assignee ID `{BEN_IN_WEAV}`" in text_on(card)
    assert only_conversation(at_home)["assignee_type"] == "user"
    assert only_conversation(at_home)["assignee_id"] == BEN_IN_WEAV


async def test_a_click_works_over_both_transports(any_way: House) -> None:
    card = await post_card(any_way)

    answer = await any_way.ben.click(ids.CLOSE, card.ts)

    assert (answer.status, answer.trouble) == (200, "")
    await until_card_says(any_way, card, "<@U0BEN> closed it")
    assert any_way.slack.calls_of("chat.update")[-1].arguments["ts"] == card.ts


async def test_a_click_changes_one_field_and_writes_all_five(at_home: House) -> None:
    await tell_weav_id(at_home.ann, ANN_IN_WEAV)
    card = await post_card(at_home, priority="high", assignee_type="user", assignee_id=ANN_IN_WEAV)

    await at_home.ben.click(ids.CLOSE, card.ts)

    await until_card_says(at_home, card, "closed it")
    [write] = put_requests(at_home)
    assert write.json == {
        "subject": "Export hangs",
        "status": "closed",
        "priority": "high",
        "assignee_type": "user",
        "assignee_id": ANN_IN_WEAV,
    }


async def remember_jane(at_home: House) -> None:
    async with Ledger.open(at_home.database) as ledger:
        await ledger.customers.learn(KnownCustomer(JANE, "Jane Doe", "jane@example.com"))


@pytest.mark.parametrize("route", ROUTES)
async def test_a_click_keeps_everything_else_on_the_card(at_home: House, route: Route) -> None:
    await remember_jane(at_home)  # a name that was learned later appears with the click
    card = await post_card(at_home, route)
    before = text_on(card).splitlines()

    await clicker(at_home, route).click(ids.SET_PRIORITY, card.ts, "low")

    await until_card_says(at_home, card, "set the priority to Low")
    after = text_on(card).splitlines()
    gone = [line for line in before if line not in after]
    assert gone == [":large_blue_circle: Normal", ":white_circle: Priority: Low"]
    assert "New Weav conversation" not in card.text
    assert "set the priority to Low" in card.text


async def test_the_card_names_a_known_customer_also_after_a_click(
    at_home: House,
) -> None:
    await remember_jane(at_home)
    card = await post_card(at_home, "thread")
    assert "Jane Doe" in text_on(card)
    assert "Jane Doe" in card.text

    await at_home.ben.click(ids.SET_PRIORITY, card.ts, "low")

    await until_card_says(at_home, card, "set the priority to Low")
    assert "Jane Doe" in text_on(card)


async def test_the_card_names_a_person_who_gave_their_weav_id(any_way: House) -> None:
    await tell_weav_id(any_way.ben, BEN_IN_WEAV)

    card = await post_card(any_way, assignee_type="user", assignee_id=BEN_IN_WEAV)

    assert ":bust_in_silhouette: ben" in text_on(card)
    assert f"Assignee ID `{BEN_IN_WEAV}`" in text_on(card)
    assert "Assignee: ben · " in card.text
    assert f"Assignee ID: {BEN_IN_WEAV}" in card.text


async def test_the_card_names_a_listed_agent_without_asking_weav_again(
    at_home: House,
) -> None:
    await open_form(at_home, words=f"email {JANE}")
    await choose_type(at_home, "agent")
    await at_home.ann.type_in({"assignee_id": "mail"})
    asked = [request.path for request in at_home.weav.requests].count("/v1/agents")
    await at_home.ann.submit()

    card = await at_home.card()

    assert ":robot_face: Mail assistant" in text_on(card)
    assert f"Assignee ID `{EMAIL_AGENT}`" in text_on(card)
    assert [request.path for request in at_home.weav.requests].count("/v1/agents") == asked == 1


async def test_the_card_shows_the_id_of_an_unknown_assignee(at_home: House) -> None:
    card = await post_card(at_home, assignee_type="user", assignee_id=BEN_IN_WEAV)

    assert ":bust_in_silhouette: A person" in text_on(card)
    assert f"Assignee ID `{BEN_IN_WEAV}`" in text_on(card)


async def test_the_card_names_the_author_and_links_to_the_message(at_home: House) -> None:
    card = await post_card(at_home, "thread")
    first = text_on(card)
    assert "Opened by <@U0ANN> from <https://weav-sandbox.slack.com/archives/C0SUPPORT/p" in first

    await at_home.ben.click(ids.CLOSE, card.ts)

    await until_card_says(at_home, card, "closed it")
    [line] = [line for line in first.splitlines() if line.startswith("Opened by")]
    assert line in text_on(card)


async def test_the_buttons_work_after_a_restart(at_home: House) -> None:
    card = await post_card(at_home, "thread")
    history = [line for line in text_on(card).splitlines() if line.startswith("Opened by")]

    async with another_bot(at_home) as ben:
        await ben.click(ids.CLOSE, card.ts)

        await until_card_says(at_home, card, "<@U0BEN> closed it", *history)
    await at_home.ann.click(ids.OPEN_AGAIN, card.ts)
    await until_card_says(at_home, card, "<@U0ANN> reopened it", "<@U0BEN> closed it", *history)


async def test_the_history_of_old_cards_is_removed(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/ledger.db"
    month = 31 * 86400
    async with Ledger.open(database, clock=lambda: time.time() - month) as ledger:
        turn = await ledger.cards.acquire(JANE)
        assert turn
        assert await ledger.cards.record_changes(turn, ["noted"])
        await ledger.cards.release(turn)

        async with house(tmp_path, database=database), asyncio.timeout(5):
            while (turn := await ledger.cards.acquire(JANE)) and turn.changes:
                await ledger.cards.release(turn)
                await asyncio.sleep(0.01)
        assert turn


async def test_a_click_reads_from_the_card_what_the_ledger_has_forgotten(at_home: House) -> None:
    card = await post_card(at_home, "thread")
    [history] = [line for line in text_on(card).splitlines() if line.startswith("Opened by")]
    await at_home.entry_in(State.ANNOUNCED)
    async with Ledger.open(at_home.database) as ledger:
        assert await ledger.forget(0) == 1

    await at_home.ben.click(ids.CLOSE, card.ts)

    await until_card_says(at_home, card, "closed it", history)


async def test_a_card_whose_row_is_gone_still_works(at_home: House) -> None:
    card = await post_card(at_home)
    await execute(at_home, "DELETE FROM submissions")

    await at_home.ben.click(ids.CLOSE, card.ts)

    await until_card_says(at_home, card, "closed it", "Opened by <@U0ANN> with")


async def test_a_recovered_card_still_says_so_after_a_click(at_home: House) -> None:
    at_home.weav.fail(WeavFault.lost_answer(times=1, **CREATE))
    card = await post_card(at_home)

    await at_home.ben.click(ids.CLOSE, card.ts)

    await until_card_says(at_home, card, "closed it", "Recovered:")


async def test_a_click_uses_its_response_url_where_chat_update_fails(
    at_home: House,
) -> None:
    card = await post_card(at_home)
    at_home.slack.faults.add(SlackFault("chat.update", error="cant_update_message"))

    await at_home.ben.click(ids.CLOSE, card.ts)

    await until_card_says(at_home, card, "closed it")
    assert len(at_home.slack.messages_in("C0SUPPORT", "U0BEN")) == 4


async def test_a_card_that_cannot_be_redrawn_is_reported_privately(at_home: House) -> None:
    card = await post_card(at_home)
    before = text_on(card)
    at_home.slack.faults.add(SlackFault("chat.update", error="cant_update_message"))
    at_home.slack.faults.add(SlackFault(RESPONSE_URL, status=404))

    await at_home.ben.click(ids.CLOSE, card.ts)

    assert "did not let the bot draw the card anew" in await private_text(at_home)
    assert only_conversation(at_home)["status"] == "closed"
    assert text_on(card) == before


async def test_a_redraw_waits_for_slacks_rate_limit(at_home: House) -> None:
    card = await post_card(at_home)
    at_home.slack.faults.add(SlackFault("chat.update", "ratelimited", status=429, retry_after=1))

    await at_home.ben.click(ids.CLOSE, card.ts)

    await until_card_says(at_home, card, "closed it")
    assert len(at_home.slack.calls_of("chat.update")) == 2


async def test_assign_to_me_tells_an_unknown_user_how_to_give_their_weav_id(at_home: House) -> None:
    card = await post_card(at_home)

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "/weav-conversation me UUID" in await private_text(at_home)
    assert put_requests(at_home) == []
    assert not card.edited


async def test_people_of_another_organisation_see_the_card_and_cannot_change_it(
    at_home: House,
) -> None:
    card = await post_card(at_home, post_to="C0PARTNERS")
    eve = Person(at_home.slack, "U0EVE", at_home.ben.endpoint)
    before = len(at_home.weav.requests)

    for action_id in (ids.CLOSE, ids.ASSIGN_TO_ME):
        answer = await eve.click(action_id, card.ts)
        assert answer.trouble == ""

    said = await private_text(at_home, "U0EVE")
    assert said
    assert "UUID" not in said
    assert len(at_home.weav.requests) == before
    assert not card.edited


async def test_people_of_an_admitted_organisation_can_change_the_card(tmp_path: Path) -> None:
    async with house(tmp_path, slack_allow_external="true") as open_house:
        card = await post_card(open_house, post_to="C0PARTNERS")
        eve = Person(open_house.slack, "U0EVE", open_house.ben.endpoint)

        await eve.click(ids.CLOSE, card.ts)

        await until_card_says(open_house, card, "<@U0EVE> closed it")


async def test_a_short_card_stays_short_and_the_clicker_is_told_the_result(
    at_home: House,
) -> None:
    at_home.slack.scopes += ("channels:read",)
    card = await post_card(at_home, post_to="C0PARTNERS", priority="low")

    await at_home.ben.click(ids.SET_PRIORITY, card.ts, "urgent")

    assert "<@U0BEN> set the priority to Urgent" in await private_text(at_home)
    await at_home.ben.click(ids.CLOSE, card.ts)
    await until_card_says(at_home, card, "Closed", "Reopen")
    assert only_conversation(at_home)["priority"] == "urgent"
    seen = f"{card.text} {card.blocks}"
    for private in ("Export hangs", "U0ANN", "U0BEN", only_conversation(at_home)["customer_id"]):
        assert private not in seen


async def test_a_click_in_a_thread_is_answered_in_the_thread(at_home: House) -> None:
    card = await post_card(at_home, "thread")

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    await private_text(at_home)
    [private] = private_notes(at_home)
    assert private.thread_ts == card.thread_ts


WHISPER = "chat.postEphemeral"


@pytest.mark.parametrize(
    "code", ["user_not_in_channel", "not_in_channel", "channel_not_found", "internal_error"]
)
async def test_an_answer_that_no_thread_takes_goes_to_the_channel(
    at_home: House, code: str
) -> None:
    card = await post_card(at_home, "thread")
    at_home.slack.faults.add(SlackFault(WHISPER, error=code))

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in await private_text(at_home)
    [private] = private_notes(at_home)
    assert (private.thread_ts, private.via) == ("", "response_url")


async def test_an_answer_in_a_thread_without_the_bot_goes_to_the_channel(
    at_home: House,
) -> None:
    message_ts = at_home.ann.say("The invoice is wrong.", "G0BILLING")
    await at_home.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})
    card = await at_home.card("G0BILLING")
    assert card.thread_ts == message_ts

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in await private_text(at_home)
    [private] = private_notes(at_home)
    assert (private.slack_channel_id, private.thread_ts) == ("G0BILLING", "")


async def test_an_answer_that_neither_thread_nor_channel_takes_is_a_direct_message(
    at_home: House,
) -> None:
    card = await post_card(at_home, "thread")
    at_home.slack.faults.add(SlackFault(WHISPER, error="user_not_in_channel"))
    at_home.slack.faults.add(SlackFault(RESPONSE_URL, status=404))

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in text_on(await at_home.direct_message("U0BEN"))


async def test_a_click_on_a_card_that_started_a_thread_is_answered_in_the_channel(
    at_home: House,
) -> None:
    card = await post_card(at_home)
    at_home.ben.say("Thank you.", "C0SUPPORT", card.ts)

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in await private_text(at_home)
    [private] = private_notes(at_home)
    assert private.thread_ts == ""
    assert at_home.slack.calls_of(WHISPER) == []


async def test_without_a_response_url_the_answer_is_a_direct_message(at_home: House) -> None:
    card = await post_card(at_home)
    at_home.slack.faults.add(SlackFault(RESPONSE_URL, status=404))

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "me UUID" in text_on(await at_home.direct_message("U0BEN"))


async def test_a_click_on_a_card_whose_value_is_unreadable_says_so(at_home: House) -> None:
    card = await post_card(at_home)
    [block] = [block for block in card.blocks if block["type"] == "actions"]
    block["block_id"] = "of-another-version"

    await at_home.ben.click(ids.CLOSE, card.ts)

    assert "cannot read this card any more" in await private_text(at_home)


async def test_a_click_that_changes_nothing_says_so(at_home: House) -> None:
    card = await post_card(at_home)
    await tell_weav_id(at_home.ben, BEN_IN_WEAV)
    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)
    await until_card_says(at_home, card, "<@U0BEN> took it")

    await at_home.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "It is assigned to you already." in await private_text(at_home)
    assert len(put_requests(at_home)) == 1
