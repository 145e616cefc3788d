"""What arrives at /weav/webhooks, and how the bot answers."""

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
from tests.harness import JANE, QUICK, Harness, Mode, open_harness
from tests.metrics import scrape, value
from tests.scenarios.cards import only_conversation, post_card

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(params=["http", "socket"])
async def any_harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    mode: Mode = request.param
    async with open_harness(tmp_path, mode=mode, weav_webhook_secret=SECRET) as opened:
        yield opened


@pytest.fixture
async def with_webhook(tmp_path: Path) -> AsyncIterator[Harness]:
    """A harness with a webhook, in which no looks run for now."""
    pace = replace(QUICK, follow=FollowPace(card=600, replies=600))
    async with open_harness(tmp_path, weav_webhook_secret=SECRET, pace=pace) as opened:
        opened.weav.webhooks.is_active = False  # only the test sends webhooks
        yield opened


async def conversation_with_card(harness: Harness) -> str:
    """A conversation that has a card, so a look at it is expected."""
    await post_card(harness)
    await harness.entry_in(State.ANNOUNCED)
    conversation_id: str = only_conversation(harness)["id"]
    assert looks(harness) == [(conversation_id, "card", 1, 0)]
    return conversation_id


def looks(harness: Harness) -> list[tuple[str, str, int, int]]:
    """The due looks: conversation, kind, marks, deleted."""
    path = harness.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(
            "SELECT conversation_id, look, marks, missing FROM due ORDER BY look"
        )
        return found.fetchall()


async def count(harness: Harness, outcome: str, event: str = "other") -> float:
    samples = await scrape(harness)
    return value(samples, "weav_slack_webhooks_total", event=event, outcome=outcome)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_signed_webhook_is_recorded(with_webhook: Harness, spelling: str) -> None:
    conversation_id = await conversation_with_card(with_webhook)

    await Weav.to(with_webhook).tell(STATUS, conversation_id, spelling)

    assert looks(with_webhook) == [(conversation_id, "card", 2, 0)]
    assert await count(with_webhook, "accepted", STATUS) == 1


async def test_webhooks_work_with_both_transports(any_harness: Harness) -> None:
    await post_card(any_harness)
    await any_harness.entry_in(State.ANNOUNCED)

    await Weav.to(any_harness).tell(STATUS, only_conversation(any_harness)["id"])

    assert await count(any_harness, "accepted", STATUS) == 1


async def test_without_a_secret_the_url_does_not_exist(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        response = await Weav.to(harness).send(body_about(JANE))

    assert response.status_code == 404


async def test_only_post_is_allowed(with_webhook: Harness) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{with_webhook.url}/weav/webhooks")

    assert response.status_code == 405


@pytest.mark.parametrize("wrong", [None, "sha256=", "0" * 64, "another's", "\xe9"])
async def test_an_unsigned_webhook_is_refused_and_nothing_of_it_is_logged(
    with_webhook: Harness, wrong: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    conversation_id = await conversation_with_card(with_webhook)
    capfd.readouterr()
    body = body_about(conversation_id, note="CANARY")
    signature = signature_of(body, "hex", "another") if wrong == "another's" else wrong

    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"x-weav-event": "CANARY"} | (
            {} if signature is None else {"x-weav-signature": signature}
        )
        raw = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
        response = await http.post(f"{with_webhook.url}/weav/webhooks", content=body, headers=raw)

    assert response.status_code == 401
    assert await count(with_webhook, "signature") == 1
    logged = "".join(capfd.readouterr())
    assert "webhook_refused" in logged
    assert "CANARY" not in logged
    assert conversation_id not in logged
    assert looks(with_webhook) == [(conversation_id, "card", 1, 0)]


@pytest.mark.parametrize("body", [b"", b"{no json}", b"payload=%7B%7D", b"\xff\xfe", b"[" * 5000])
async def test_a_body_that_is_not_json_is_refused(with_webhook: Harness, body: bytes) -> None:
    response = await Weav.to(with_webhook).send(body)

    assert response.status_code == 400
    assert await count(with_webhook, "malformed") == 1


async def test_more_than_one_mebibyte_is_refused(with_webhook: Harness) -> None:
    body = json.dumps(["x" * (1 << 20)]).encode()

    response = await Weav.to(with_webhook).send(body)

    assert response.status_code == 413
    assert await count(with_webhook, "too_large") == 1


async def test_exactly_one_mebibyte_is_accepted(with_webhook: Harness) -> None:
    id_ = await conversation_with_card(with_webhook)
    body = json.dumps({"text": "", "id": id_}).encode()
    body = json.dumps({"text": "x" * ((1 << 20) - len(body)), "id": id_}).encode()
    assert len(body) == 1 << 20

    response = await Weav.to(with_webhook).send(body)

    assert response.status_code == 200
    assert looks(with_webhook) == [(id_, "card", 2, 0)]


@pytest.mark.parametrize(
    "said", [r'"half a smile: \ud83d"', "9" * 5_000], ids=["half a character", "a long number"]
)
async def test_any_valid_json_is_accepted(with_webhook: Harness, said: str) -> None:
    id_ = await conversation_with_card(with_webhook)

    response = await Weav.to(with_webhook).send(f'{{"said": {said}, "id": "{id_}"}}'.encode())

    assert response.status_code == 200
    assert looks(with_webhook) == [(id_, "card", 2, 0)]


async def test_a_log_that_a_customer_pastes_hides_no_id(with_webhook: Harness) -> None:
    id_ = await conversation_with_card(with_webhook)
    log = "\n".join(f"request {uuid4()} failed" for _ in range(500))
    plain = {"message": {"content": log}, "conversation_id": id_}

    for body in (plain, {"payload": json.dumps(plain)}):
        response = await Weav.to(with_webhook).send(json.dumps(body).encode())
        assert response.status_code == 200

    assert looks(with_webhook) == [(id_, "card", 3, 0)]


async def test_if_the_database_is_down_weav_is_asked_to_retry(with_webhook: Harness) -> None:
    conversation_id = await conversation_with_card(with_webhook)
    with_webhook.drop_table("due")

    response = await Weav.to(with_webhook).send(body_about(conversation_id))

    assert response.status_code == 503
    assert await count(with_webhook, "not_written") == 1


@pytest.mark.parametrize(
    "event", ["", "conversation.merged", "customer.updated", "agent.deleted", "training.created"]
)
async def test_an_event_without_a_conversation_is_accepted_and_ignored(
    with_webhook: Harness, event: str
) -> None:
    conversation_id = await conversation_with_card(with_webhook)

    await Weav.to(with_webhook).tell(event, conversation_id)

    known = event in set(Event)
    assert await count(with_webhook, "ignored", event if known else "other") == 1
    assert looks(with_webhook) == [(conversation_id, "card", 1, 0)]


async def test_a_conversation_without_a_card_is_accepted_and_ignored(with_webhook: Harness) -> None:
    conversation_id = await conversation_with_card(with_webhook)

    await Weav.to(with_webhook).tell(STATUS, JANE)

    assert await count(with_webhook, "ignored", STATUS) == 1
    assert looks(with_webhook) == [(conversation_id, "card", 1, 0)]


async def test_a_deletion_event_marks_a_look(with_webhook: Harness) -> None:
    conversation_id = await conversation_with_card(with_webhook)

    await Weav.to(with_webhook).tell(DELETED, conversation_id)
    await Weav.to(with_webhook).tell(STATUS, conversation_id)

    assert looks(with_webhook) == [(conversation_id, "card", 3, 1)]


async def test_a_message_of_the_customer_marks_two_looks(with_webhook: Harness) -> None:
    conversation_id = await conversation_with_card(with_webhook)

    await Weav.to(with_webhook).tell(CUSTOMER_WROTE, conversation_id)

    assert looks(with_webhook) == [
        (conversation_id, "card", 2, 0),
        (conversation_id, "replies", 1, 0),
    ]


async def test_an_id_is_found_in_a_body_of_any_shape(with_webhook: Harness) -> None:
    id_ = await conversation_with_card(with_webhook)
    weav, loop = Weav.to(with_webhook), asyncio.get_running_loop()

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

    assert await count(with_webhook, "accepted", STATUS) == sent_so_far >= 20
