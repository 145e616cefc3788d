"""Weav is slow, down or refuses: the card shows what Weav confirmed, the clicker learns why."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import assembled
from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, Person, SlackMessage
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import READ as READ_ABILITY
from bot.sandbox.weav.app import TOKEN
from bot.slack import ids
from tests.harness import QUICK, SECRET, Harness, open_harness, settings_of, text_on
from tests.scenarios.cards import (
    READ,
    WRITE,
    Route,
    clicker,
    execute,
    only_conversation,
    post_card,
    private_text,
    put_requests,
    tell_weav_id,
    until_card_says,
)

ROUTES: list[Route] = ["channel", "thread", "response_url", "direct"]
HTML: dict[str, Any] = {"body": b"<html>", "headers": {"content-type": "text/html"}}

READS_FAIL = {
    "401": (WeavFault(status=401, **READ), "token is not accepted"),
    "403": (WeavFault(status=403, **READ), "external-api:read"),
    "404": (WeavFault(status=404, **READ), "may have been deleted"),
    "422": (WeavFault(status=422, **READ), "answer 422"),
    "429": (WeavFault.rate_limit("1", **READ), "not accepting requests"),
    "500": (WeavFault(status=500, **READ), "answer 500"),
    "503": (WeavFault(status=503, **READ), "not accepting requests"),
    "302": (WeavFault.redirect("https://weav.example", **READ), "answer 302"),
    "dropped": (WeavFault.lost_request(**READ), "connection to Weav broke"),
    "unreadable": (WeavFault(status=200, **HTML, **READ), "could not be read"),
}
WRITES_FAIL = {
    "401": (WeavFault(status=401, **WRITE), "token is not accepted"),
    "403": (WeavFault(status=403, **WRITE), "external-api:write"),
    "404": (WeavFault(status=404, **WRITE), "may have been deleted"),
    "409": (WeavFault(status=409, **WRITE), "conflicts"),
    "422": (WeavFault.refusal({"status": ["It is locked."]}, **WRITE), "It is locked."),
    "429": (WeavFault.rate_limit("1", **WRITE), "not accepting requests"),
    "503": (WeavFault(status=503, **WRITE), "not accepting requests"),
}


@pytest.mark.parametrize(("fault", "reason"), READS_FAIL.values(), ids=READS_FAIL.keys())
async def test_a_conversation_that_cannot_be_read_is_not_changed(
    harness: Harness, fault: WeavFault, reason: str
) -> None:
    card = await post_card(harness)
    before = text_on(card)
    harness.weav.fail(fault)

    await harness.ben.click(ids.CLOSE, card.ts)

    said = await private_text(harness)
    assert reason in said
    assert "Nothing was changed." in said
    assert put_requests(harness) == []
    assert not card.edited
    assert text_on(card) == before


@pytest.mark.parametrize(("fault", "reason"), WRITES_FAIL.values(), ids=WRITES_FAIL.keys())
async def test_a_change_that_weav_refuses_leaves_the_card_as_it_is(
    harness: Harness, fault: WeavFault, reason: str
) -> None:
    card = await post_card(harness)
    harness.weav.fail(fault)

    await harness.ben.click(ids.CLOSE, card.ts)

    said = await private_text(harness)
    assert reason in said
    assert "Nothing was changed." in said
    assert not card.edited
    assert only_conversation(harness)["status"] == "open"


@pytest.mark.parametrize("route", ROUTES)
async def test_a_refusal_is_private_on_every_route(harness: Harness, route: Route) -> None:
    card = await post_card(harness, route)
    person = clicker(harness, route)
    harness.weav.fail(WeavFault(status=401, **WRITE))

    await person.click(ids.CLOSE, card.ts)

    assert "token is not accepted" in await private_text(harness, person.slack_user_id)
    assert not card.edited


async def test_an_assignee_that_weav_refuses_is_reported(harness: Harness) -> None:
    await tell_weav_id(harness.ben, "5e1a0000-0000-4000-8000-00000000dead")
    card = await post_card(harness)

    await harness.ben.click(ids.ASSIGN_TO_ME, card.ts)

    assert "The selected assignee id is invalid." in await private_text(harness)
    assert not card.edited


async def test_without_the_permission_to_read_nothing_is_changed(harness: Harness) -> None:
    card = await post_card(harness)
    harness.weav.tokens[TOKEN].discard(READ_ABILITY)

    await harness.ben.click(ids.CLOSE, card.ts)

    assert "external-api:read" in await private_text(harness)
    assert only_conversation(harness)["status"] == "open"


# aiohttp retries a PUT once, as HTTP allows, when a kept-alive connection breaks.
AND_AGAIN = 2
PROCESSED = {
    "answer lost": WeavFault.lost_answer(times=AND_AGAIN, **WRITE),
    "500": WeavFault(status=500, processed=True, times=1, **WRITE),
    "unreadable": WeavFault(status=200, processed=True, times=1, **HTML, **WRITE),
    "no content": WeavFault(status=204, processed=True, times=1, **WRITE),
    "an id alone": WeavFault(
        status=200, processed=True, body=b'{"id": "another"}', times=1, **WRITE
    ),
}


@pytest.mark.parametrize("fault", PROCESSED.values(), ids=PROCESSED.keys())
@pytest.mark.parametrize("route", ["channel", "response_url"])
async def test_a_change_whose_answer_was_lost_is_found_by_reading_again(
    harness: Harness, fault: WeavFault, route: Route
) -> None:
    card = await post_card(harness, route)
    harness.weav.fail(fault)

    await harness.ben.click(ids.CLOSE, card.ts)

    await until_card_says(
        harness, card, "*Status*\n:white_check_mark: Closed", "<@U0BEN> closed it"
    )
    assert len({write.body for write in put_requests(harness)}) == 1


NOT_PROCESSED = {
    "request lost": WeavFault.lost_request(times=AND_AGAIN, **WRITE),
    "500": WeavFault(status=500, times=1, **WRITE),
    "unreadable": WeavFault(status=200, times=1, **HTML, **WRITE),
}


@pytest.mark.parametrize("fault", NOT_PROCESSED.values(), ids=NOT_PROCESSED.keys())
async def test_a_change_that_weav_does_not_confirm_is_not_on_the_card(
    harness: Harness, fault: WeavFault
) -> None:
    card = await post_card(harness)
    harness.weav.fail(fault)

    await harness.ben.click(ids.CLOSE, card.ts)

    assert "without your change" in await private_text(harness)
    assert "closed it" not in text_on(card)
    assert ":large_green_circle: Open" in text_on(card)


async def test_a_change_that_weav_accepted_but_did_not_make_is_not_on_the_card(
    harness: Harness,
) -> None:
    card = await post_card(harness)
    ignored = WeavFault(status=200, body=b'{"id": "ID", "status": "open"}', times=1, **WRITE)
    harness.weav.fail(ignored)

    await harness.ben.click(ids.CLOSE, card.ts)

    assert "Weav did not make the change." in await private_text(harness)
    assert "closed it" not in text_on(card)


async def test_if_reading_again_fails_the_result_is_unknown_and_the_card_stays(
    harness: Harness,
) -> None:
    card = await post_card(harness)
    harness.weav.fail(WeavFault(times=1, **READ))
    harness.weav.fail(WeavFault.lost_answer(**WRITE))
    harness.weav.fail(WeavFault(status=500, **READ))

    await harness.ben.click(ids.CLOSE, card.ts)

    assert "may have been made or not" in await private_text(harness)
    assert not card.edited
    harness.weav.faults.clear()
    await harness.ann.click(ids.CLOSE, card.ts)
    await until_card_says(harness, card, ":white_check_mark: Closed", "<@U0BEN> closed it")
    assert "<@U0BEN> closed it" in await private_text(harness, "U0ANN")


async def test_slack_is_answered_at_once_however_slow_weav_is(any_harness: Harness) -> None:
    card = await post_card(any_harness)
    any_harness.weav.fail(WeavFault(delay=1.5, times=1, **READ))
    any_harness.weav.fail(WeavFault(delay=1.5, times=1, **WRITE))

    answer = await any_harness.ben.click(ids.CLOSE, card.ts)

    assert answer.seconds < 1
    await until_card_says(any_harness, card, "closed it")


async def test_a_click_gives_up_on_a_weav_that_never_answers(tmp_path: Path) -> None:
    async with open_harness(tmp_path, weav_timeout="1") as hasty:
        card = await post_card(hasty)
        hasty.weav.fail(WeavFault(hold=30, times=1, **READ))

        await hasty.ben.click(ids.CLOSE, card.ts)

        assert "did not answer in time" in await private_text(hasty)
        assert not card.edited


async def test_the_result_of_a_slow_write_is_read_from_weav(tmp_path: Path) -> None:
    async with open_harness(tmp_path, weav_timeout="1") as hasty:
        card = await post_card(hasty)
        hasty.weav.fail(WeavFault(hold=30, times=1, **WRITE))

        await hasty.ben.click(ids.CLOSE, card.ts)

        await until_card_says(hasty, card, "closed it")


async def test_unknown_values_from_weav_break_nothing(harness: Harness) -> None:
    card = await post_card(harness)
    conversation = only_conversation(harness)
    conversation |= {"status": "on_hold", "priority": "critical", "channel": "fax"}
    # Who clicks on the stale card is told, and the card is redrawn.
    await harness.ben.click(ids.CLOSE, card.ts)
    await until_card_says(harness, card, "on_hold", "critical", "fax")
    harness.weav.fail(WeavFault(status=200, processed=True, times=1, **WRITE))

    await harness.ben.click(ids.SET_PRIORITY, card.ts, "high")

    await harness.weav.until(lambda: bool(put_requests(harness)))
    assert put_requests(harness)[0].json["status"] == "on_hold"
    assert put_requests(harness)[0].json["priority"] == "high"


async def interrupted_click(harness: Harness, fault: WeavFault) -> SlackMessage:
    """A card on which Ben clicked Close, and whose replica died during the click."""
    card = await post_card(harness)
    harness.weav.fail(fault)
    dying = replace(QUICK, drain=0.1)
    async with (
        assembled(settings_of(harness.variables), dying) as bot,
        serve(bot.asgi) as url,
        HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint,
    ):
        await Person(harness.slack, "U0BEN", endpoint).click(ids.CLOSE, card.ts)
        await harness.weav.until(lambda: bool(put_requests(harness)))
    harness.weav.faults.clear()
    assert not card.edited
    return card


async def test_a_change_of_a_replica_that_died_is_on_the_card_after_the_next_click(
    harness: Harness,
) -> None:
    card = await interrupted_click(harness, WeavFault(hold=30, **WRITE))
    assert only_conversation(harness)["status"] == "closed"

    await harness.ann.click(ids.SET_PRIORITY, card.ts, "urgent")

    await until_card_says(
        harness, card, "Closed", "<@U0BEN> closed it", "<@U0ANN> set the priority"
    )
    await harness.ann.click(ids.SET_PRIORITY, card.ts, "low")
    await until_card_says(harness, card, "<@U0BEN> closed it", "set the priority to Low")


async def test_a_change_that_a_dead_replica_did_not_make_is_not_on_the_card(
    harness: Harness,
) -> None:
    card = await interrupted_click(harness, WeavFault(delay=30, **WRITE))

    await harness.ann.click(ids.CLOSE, card.ts)

    await until_card_says(harness, card, "Closed", "<@U0ANN> closed it")
    assert "<@U0BEN>" not in text_on(card)


async def test_a_refused_change_is_not_taken_for_made_when_somebody_else_makes_it(
    harness: Harness,
) -> None:
    card = await post_card(harness)
    harness.weav.fail(WeavFault(status=403, times=1, **WRITE))
    await harness.ben.click(ids.CLOSE, card.ts)
    await private_text(harness)
    only_conversation(harness)["status"] = "closed"

    await harness.ann.click(ids.CLOSE, card.ts)

    assert "It is closed already." in await private_text(harness, "U0ANN")
    assert "<@U0BEN> closed it" not in text_on(card)


async def test_without_the_database_nothing_is_changed(harness: Harness) -> None:
    card = await post_card(harness)
    await execute(harness, "DROP TABLE cards")

    await harness.ben.click(ids.CLOSE, card.ts)

    assert "database does not answer, so nothing was changed" in await private_text(harness)
    assert put_requests(harness) == []


async def test_a_change_that_cannot_be_recorded_is_still_made(harness: Harness) -> None:
    card = await post_card(harness)
    harness.weav.fail(WeavFault(delay=0.5, times=1, **WRITE))
    await harness.ben.click(ids.CLOSE, card.ts)
    await harness.weav.until(lambda: bool(put_requests(harness)))

    await execute(harness, "DROP TABLE cards")

    await until_card_says(harness, card, "<@U0BEN> closed it")
