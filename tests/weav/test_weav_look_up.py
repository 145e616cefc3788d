import json
from uuid import UUID

import pytest

from bot.sandbox.weav import WeavFault, Wire
from bot.sandbox.weav.app import READ, TOKEN, WRITE
from bot.weav.client import MOST_PAGES, WeavClient
from bot.weav.models import Conversation
from bot.weav.pages import LookUpFailed
from tests.weav.raw_server import raw_server, resets, sends
from tests.weav.served import ServedWeav, client_of, served_weav


async def looked_up(weav: ServedWeav) -> tuple[Conversation, ...]:
    found = await weav.client.customer_conversations(UUID(weav.customer_id))
    assert not isinstance(found, LookUpFailed), found
    return found


async def failure(client: WeavClient) -> str:
    found = await client.customer_conversations(UUID(int=1))
    assert isinstance(found, LookUpFailed)
    return found.reason


def page(*ids: int, **around: object) -> WeavFault:
    body = json.dumps({"data": [{"id": str(id_)} for id_ in ids], **around})
    return WeavFault(status=200, body=body.encode(), times=1)


async def test_a_customer_without_conversations_has_none(weav: ServedWeav) -> None:
    assert await looked_up(weav) == ()


async def test_only_this_customers_conversations_are_found(weav: ServedWeav) -> None:
    other = list(weav.sandbox.store.customers)[1]
    await weav.opened(customer_id=other)
    mine = await weav.opened(subject="Mine")

    assert [found.id for found in await looked_up(weav)] == [mine["id"]]


async def test_half_an_emoji_hides_no_conversation(weav: ServedWeav) -> None:
    for subject in ("Whole", "Half \ud83d"):
        weav.sandbox.store.create_conversation(
            {"channel": "chat", "customer_id": weav.customer_id, "subject": subject}
        )

    assert [one.subject for one in await looked_up(weav)] == ["Whole", "Half ?"]


@pytest.mark.parametrize(("count", "pages"), [(99, 1), (100, 1), (101, 2), (250, 3)])
async def test_all_pages_are_read(weav: ServedWeav, count: int, pages: int) -> None:
    for _ in range(count):
        weav.sandbox.store.create_conversation({"channel": "chat", "customer_id": weav.customer_id})

    found = await looked_up(weav)

    assert [one.id for one in found] == [one["id"] for one in weav.sandbox.conversations]
    assert [request.query for request in weav.sandbox.requests] == [
        f"per_page=100&page={number}" for number in range(1, pages + 1)
    ]


HUNDRED = range(100)
ENDS = {
    "no next link": [page(1, links={"next": "x"}), page(2, links={"next": None})],
    "last page by number": [page(1, meta={"last_page": 2}), page(2, meta={"last_page": 2})],
    "short page, as documented": [page(*HUNDRED, links={}, meta={}), page(7, 100, links={})],
    "empty page": [page(*HUNDRED), page()],
    "empty page in spite of a link": [page(1, links={"next": "x"}), page(links={"next": "x"})],
    "odd links and meta": [page(*HUNDRED, links=[], meta="?"), page(100)],
}


@pytest.mark.parametrize("name", ENDS)
async def test_the_end_of_the_pages_is_found(weav: ServedWeav, name: str) -> None:
    for fault in ENDS[name]:
        weav.sandbox.fail(fault)

    found = await looked_up(weav)

    assert len(weav.sandbox.requests) == 2
    assert len({one.id for one in found}) == len(found)


async def test_a_bare_list_is_read(weav: ServedWeav) -> None:
    weav.sandbox.fail(WeavFault(status=200, body=b'[{"id": "c1"}]'))
    assert [one.id for one in await looked_up(weav)] == ["c1"]


async def test_too_many_pages_are_a_failed_look_up(weav: ServedWeav) -> None:
    weav.sandbox.fail(
        WeavFault(status=200, body=b'{"data": [{"id": "c1"}], "links": {"next": "x"}}')
    )

    assert "than the bot looks through" in await failure(weav.client)
    assert len(weav.sandbox.requests) == MOST_PAGES


@pytest.mark.parametrize(
    "fault",
    [WeavFault(wire=Wire.DRIP), WeavFault(status=302), WeavFault(status=408)],
    ids=["slow drip", "redirection", "time-out"],
)
async def test_an_answer_without_a_list_says_that_weav_is_away(
    weav: ServedWeav, fault: WeavFault
) -> None:
    weav.sandbox.fail(fault)

    found = await weav.client.customer_conversations(UUID(weav.customer_id))

    assert isinstance(found, LookUpFailed)
    assert found.away


async def test_a_failed_page_is_a_failed_look_up(weav: ServedWeav) -> None:
    weav.sandbox.fail(page(1, links={"next": "x"}))
    weav.sandbox.fail(WeavFault(status=500))

    assert "answer 500" in await failure(weav.client)


async def test_without_the_right_to_read_the_reason_says_so(weav: ServedWeav) -> None:
    weav.sandbox.tokens[TOKEN] = {WRITE}
    assert "external-api:read" in await failure(weav.client)


async def test_a_rejected_token_is_reported() -> None:
    async with served_weav("wrong-token") as weav:
        assert "token is not accepted" in await failure(weav.client)


async def test_reading_needs_no_right_to_write(weav: ServedWeav) -> None:
    weav.sandbox.tokens[TOKEN] = {READ}
    assert await looked_up(weav) == ()


async def test_an_unknown_customer_is_reported(weav: ServedWeav) -> None:
    assert await failure(weav.client) == "Weav does not know this customer."


@pytest.mark.parametrize(
    "fault",
    [
        WeavFault(status=200, body=b"<html>"),
        WeavFault(status=200, body=b'{"data": {}}'),
        WeavFault(status=200, body=b'{"data": [{}]}'),
        WeavFault(status=204),
        WeavFault(status=302, headers={"location": "/"}),
        WeavFault(status=429),
        WeavFault(status=503),
        WeavFault.lost_answer(),
        WeavFault(hold=1),
    ],
    ids=repr,
)
async def test_a_failed_look_up_has_a_reason(fault: WeavFault) -> None:
    async with served_weav(seconds=0.3) as weav:
        weav.sandbox.fail(fault)
        assert (await failure(weav.client)).endswith(".")


async def test_a_look_up_on_a_kept_connection_that_broke_is_retried() -> None:
    empty = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}'
    async with (
        raw_server(sends(empty, close=False), resets(), sends(empty)) as server,
        client_of(server.url) as client,
    ):
        for _ in range(2):
            assert await client.customer_conversations(UUID(int=1)) == ()

        assert len(server.requests) == 3
