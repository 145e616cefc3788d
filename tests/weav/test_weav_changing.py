import json
from collections.abc import Callable

import pytest

from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import READ, TOKEN, WRITE
from bot.sandbox.weav.store import Resource
from bot.weav.existing_conversations import (
    Found,
    Update,
    read_conversation,
    write_conversation,
)
from bot.weav.models import Conversation
from bot.weav.outcomes import NotSent, Refused, Unconfirmed
from bot.weav.pages import LookUpFailed
from tests.weav.served import ServedWeav

ANN = "5e1a0000-0000-4000-8000-000000000001"


async def found(weav: ServedWeav, conversation_id: str) -> Found:
    read = await read_conversation(weav.client, conversation_id)
    assert isinstance(read, Found), read
    return read


async def failure(weav: ServedWeav, conversation_id: str) -> str:
    read = await read_conversation(weav.client, conversation_id)
    assert isinstance(read, LookUpFailed), read
    return read.reason


def answering(conversation: Resource, **changed: object) -> WeavFault:
    return WeavFault(status=200, body=json.dumps(conversation | changed).encode(), times=1)


async def test_an_unchanged_update_writes_back_what_was_read(weav: ServedWeav) -> None:
    opened = await weav.opened(
        subject="Export hangs", priority="high", assignee_type="user", assignee_id=ANN
    )

    read = await found(weav, opened["id"])
    written = await write_conversation(weav.client, opened["id"], read.update)

    assert isinstance(written, Conversation)
    assert weav.sandbox.requests[-1].json == {
        "subject": "Export hangs",
        "status": "open",
        "priority": "high",
        "assignee_type": "user",
        "assignee_id": ANN,
    }
    same = {"updated_at"}
    before, after = read.conversation, written
    assert after.model_dump(exclude=same) == before.model_dump(exclude=same)


async def test_a_missing_subject_and_assignee_are_written_back_as_null(weav: ServedWeav) -> None:
    opened = await weav.opened()

    read = await found(weav, opened["id"])

    assert read.update.body() == {
        "subject": None,
        "status": "open",
        "priority": "normal",
        "assignee_type": None,
        "assignee_id": None,
    }


async def test_unknown_words_are_written_back_unchanged(weav: ServedWeav) -> None:
    opened = await weav.opened()
    weav.sandbox.fail(answering(opened, status="on_hold", priority="critical"))

    read = await found(weav, opened["id"])

    assert read.update.body()["status"] == "on_hold"
    assert read.update.body()["priority"] == "critical"


def test_a_null_status_and_priority_are_left_out() -> None:
    assert Update(subject="x").body() == {
        "subject": "x",
        "assignee_id": None,
        "assignee_type": None,
    }


async def test_an_answer_inside_data_is_read(weav: ServedWeav) -> None:
    opened = await weav.opened(subject="Export hangs")
    body = json.dumps({"data": opened}).encode()
    weav.sandbox.fail(WeavFault(status=200, body=body, times=1))

    read = await found(weav, opened["id"])

    assert read.update.subject == "Export hangs"


UNREADABLE: dict[str, Callable[[Resource], WeavFault]] = {
    "no JSON": lambda _: WeavFault.html_page(status=200, times=1),
    "no object": lambda _: WeavFault(status=200, body=b"[]", times=1),
    "a subject that would be lost": lambda opened: answering(opened, subject={"html": "x"}),
    "a priority that would be lost": lambda opened: answering(opened, priority=3),
    "another conversation": lambda opened: answering(opened, id=ANN),
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_an_unreadable_conversation_is_not_written_back(
    weav: ServedWeav, answer: Callable[[Resource], WeavFault]
) -> None:
    opened = await weav.opened()
    weav.sandbox.fail(answer(opened))

    assert "could not be read" in await failure(weav, opened["id"])


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "token is not accepted"),
        (403, "external-api:read"),
        (404, "may have been deleted"),
        (429, "not accepting requests"),
        (418, "answer 418"),
        (500, "answer 500"),
        (503, "not accepting requests"),
    ],
)
async def test_a_failed_read_says_why(weav: ServedWeav, status: int, reason: str) -> None:
    weav.sandbox.fail(WeavFault(status=status))

    assert reason in await failure(weav, ANN)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "token is not accepted"),
        (403, "external-api:write"),
        (404, "may have been deleted"),
        (409, "conflicts"),
        (418, "answer 418"),
    ],
)
async def test_a_refusal_says_why(weav: ServedWeav, status: int, reason: str) -> None:
    weav.sandbox.fail(WeavFault(status=status))

    refused = await write_conversation(weav.client, ANN, Update())

    assert isinstance(refused, Refused)
    assert reason in refused.message


async def test_reasons_by_field_are_reported(weav: ServedWeav) -> None:
    opened = await weav.opened()
    update = Update(assignee_type="user", assignee_id="5e1a0000-0000-4000-8000-00000000dead")

    refused = await write_conversation(weav.client, opened["id"], update)

    assert isinstance(refused, Refused)
    assert "The selected assignee id is invalid." in refused.message


@pytest.mark.parametrize("status", [429, 503])
async def test_a_request_that_weav_did_not_take_is_not_sent(weav: ServedWeav, status: int) -> None:
    weav.sandbox.fail(WeavFault(status=status))

    assert isinstance(await write_conversation(weav.client, ANN, Update()), NotSent)


@pytest.mark.parametrize(
    "fault",
    [
        WeavFault.lost_answer(),
        WeavFault.lost_request(),
        WeavFault(status=500),
        WeavFault(status=200, body=b"<html>", processed=True),
        WeavFault(status=204, processed=True),
    ],
)
async def test_a_put_without_a_usable_answer_is_unconfirmed(
    weav: ServedWeav, fault: WeavFault
) -> None:
    opened = await weav.opened()
    weav.sandbox.fail(fault)

    written = await write_conversation(weav.client, opened["id"], Update(status="closed"))

    assert isinstance(written, Unconfirmed)


async def test_reading_and_writing_need_their_abilities(weav: ServedWeav) -> None:
    opened = await weav.opened()
    weav.sandbox.tokens[TOKEN] -= {READ, WRITE}

    assert "external-api:read" in await failure(weav, opened["id"])
    refused = await write_conversation(weav.client, opened["id"], Update())
    assert isinstance(refused, Refused)
    assert "external-api:write" in refused.message
