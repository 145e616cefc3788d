"""What comes to /weav/webhooks, and how Weav is answered."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from bot.follow.delivery import Event
from bot.follow.pace import FollowPace
from bot.ledger import State
from tests.follow.deliveries import (
    CUSTOMER_WROTE,
    DELETED,
    SECRET,
    SPELLINGS,
    STATUS,
    Weav,
    body_about,
    signature_of,
)
from tests.follow.test_delivery import json_with
from tests.house import JANE, QUICK, House, Mode, house
from tests.metrics import scrape, value
from tests.scenarios.cards import conversation_in, posted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(params=["http", "socket"])
async def any_way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    mode: Mode = request.param
    async with house(tmp_path, mode=mode, weav_webhook_secret=SECRET) as opened:
        yield opened


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[House]:
    """The house with a webhook that leads to it, in which nobody looks for now."""
    pace = replace(QUICK, follow=FollowPace(card=600, replies=600))
    async with house(tmp_path, weav_webhook_secret=SECRET, pace=pace) as opened:
        opened.weav.webhooks.is_active = False  # what comes is what the test sends
        yield opened


async def with_card(at_home: House) -> str:
    """A conversation that has its card, and so is expected to be looked at."""
    await posted(at_home)
    await at_home.entry_in(State.ANNOUNCED)
    conversation_id: str = conversation_in(at_home)["id"]
    assert looks(at_home) == [(conversation_id, "card", 1, 0)]
    return conversation_id


def looks(at_home: House) -> list[tuple[str, str, int, int]]:
    """What is to be looked at: the conversation, what of it, how often it was told, deleted."""
    path = at_home.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(
            "SELECT conversation_id, look, marks, missing FROM due ORDER BY look"
        )
        return found.fetchall()


async def count(at_home: House, outcome: str, event: str = "other") -> float:
    samples = await scrape(at_home)
    return value(samples, "weav_slack_webhooks_total", event=event, outcome=outcome)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_what_weav_signed_is_written_down(told: House, spelling: str) -> None:
    conversation_id = await with_card(told)

    await Weav.to(told).tell(STATUS, conversation_id, spelling)

    assert looks(told) == [(conversation_id, "card", 2, 0)]
    assert await count(told, "accepted", STATUS) == 1


async def test_both_modes_take_it(any_way: House) -> None:
    await posted(any_way)
    await any_way.entry_in(State.ANNOUNCED)

    await Weav.to(any_way).tell(STATUS, conversation_in(any_way)["id"])

    assert await count(any_way, "accepted", STATUS) == 1


async def test_without_a_secret_there_is_no_such_page(tmp_path: Path) -> None:
    async with house(tmp_path) as at_home:
        response = await Weav.to(at_home).send(body_about(JANE))

    assert response.status_code == 404


async def test_it_is_posted_and_nothing_else(told: House) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{told.url}/weav/webhooks")

    assert response.status_code == 405


@pytest.mark.parametrize("wrong", [None, "sha256=", "0" * 64, "another's", "\xe9"])
async def test_what_weav_did_not_sign_is_refused_and_nothing_of_it_is_logged(
    told: House, wrong: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    conversation_id = await with_card(told)
    capfd.readouterr()
    body = body_about(conversation_id, note="CANARY")
    signature = signature_of(body, "hex", "another") if wrong == "another's" else wrong

    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"x-weav-event": "CANARY"} | (
            {} if signature is None else {"x-weav-signature": signature}
        )
        raw = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
        response = await http.post(f"{told.url}/weav/webhooks", content=body, headers=raw)

    assert response.status_code == 401
    assert await count(told, "signature") == 1
    logged = "".join(capfd.readouterr())
    assert "webhook_refused" in logged
    assert "CANARY" not in logged
    assert conversation_id not in logged
    assert looks(told) == [(conversation_id, "card", 1, 0)]


@pytest.mark.parametrize("body", [b"", b"{no json}", b"payload=%7B%7D", b"\xff\xfe", b"[" * 5000])
async def test_what_is_no_json_is_refused(told: House, body: bytes) -> None:
    response = await Weav.to(told).send(body)

    assert response.status_code == 400
    assert await count(told, "malformed") == 1


async def test_more_than_a_mebibyte_is_refused(told: House) -> None:
    body = json.dumps(["x" * (1 << 20)]).encode()

    response = await Weav.to(told).send(body)

    assert response.status_code == 413
    assert await count(told, "too_large") == 1


async def test_what_is_just_a_mebibyte_is_taken(told: House) -> None:
    id_ = await with_card(told)
    body = json.dumps({"text": "", "id": id_}).encode()
    body = json.dumps({"text": "x" * ((1 << 20) - len(body)), "id": id_}).encode()
    assert len(body) == 1 << 20

    response = await Weav.to(told).send(body)

    assert response.status_code == 200
    assert looks(told) == [(id_, "card", 2, 0)]


@pytest.mark.parametrize(
    "said", [r'"half a smile: \ud83d"', "9" * 5_000], ids=["half a character", "a long number"]
)
async def test_what_json_allows_is_taken_whatever_a_parser_thinks_of_it(
    told: House, said: str
) -> None:
    id_ = await with_card(told)

    response = await Weav.to(told).send(f'{{"said": {said}, "id": "{id_}"}}'.encode())

    assert response.status_code == 200
    assert looks(told) == [(id_, "card", 2, 0)]


async def test_a_log_that_a_customer_pastes_hides_no_id(told: House) -> None:
    id_ = await with_card(told)
    log = "\n".join(f"request {uuid4()} failed" for _ in range(500))
    plain = {"message": {"content": log}, "conversation_id": id_}

    for body in (plain, {"payload": json.dumps(plain)}):
        response = await Weav.to(told).send(json.dumps(body).encode())
        assert response.status_code == 200

    assert looks(told) == [(id_, "card", 3, 0)]


async def test_when_the_database_is_away_weav_comes_again(told: House) -> None:
    conversation_id = await with_card(told)
    told.lose("due")

    response = await Weav.to(told).send(body_about(conversation_id))

    assert response.status_code == 503
    assert await count(told, "not_written") == 1


@pytest.mark.parametrize(
    "event", ["", "conversation.merged", "customer.updated", "agent.deleted", "training.created"]
)
async def test_an_event_that_is_of_no_conversation_is_taken_and_nothing_else(
    told: House, event: str
) -> None:
    conversation_id = await with_card(told)

    await Weav.to(told).tell(event, conversation_id)

    known = event in set(Event)
    assert await count(told, "ignored", event if known else "other") == 1
    assert looks(told) == [(conversation_id, "card", 1, 0)]


async def test_a_conversation_without_a_card_is_taken_and_nothing_else(told: House) -> None:
    conversation_id = await with_card(told)

    await Weav.to(told).tell(STATUS, JANE)

    assert await count(told, "ignored", STATUS) == 1
    assert looks(told) == [(conversation_id, "card", 1, 0)]


async def test_that_it_is_deleted_is_a_sign_to_be_looked_at(told: House) -> None:
    conversation_id = await with_card(told)

    await Weav.to(told).tell(DELETED, conversation_id)
    await Weav.to(told).tell(STATUS, conversation_id)

    assert looks(told) == [(conversation_id, "card", 3, 1)]


async def test_a_message_of_the_customers_is_two_looks(told: House) -> None:
    conversation_id = await with_card(told)

    await Weav.to(told).tell(CUSTOMER_WROTE, conversation_id)

    assert looks(told) == [
        (conversation_id, "card", 2, 0),
        (conversation_id, "replies", 1, 0),
    ]


async def test_an_id_is_found_in_a_body_of_any_shape(told: House) -> None:
    id_ = await with_card(told)
    weav, loop = Weav.to(told), asyncio.get_running_loop()

    sent_so_far = 0

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(json_with(id_))
    def sent(shape: object) -> None:
        nonlocal sent_so_far
        sent_so_far += 1
        body = json.dumps(shape).encode()
        answering = asyncio.run_coroutine_threadsafe(weav.send(body), loop)
        assert answering.result(10).status_code == 200

    await asyncio.to_thread(sent)

    assert await count(told, "accepted", STATUS) == sent_so_far >= 20
