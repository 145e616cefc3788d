"""How metrics name requests to Weav, and which outcome they count."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import TOKEN
from bot.weav.client import WeavClient, weav_client
from bot.weav.directory import company_customers, read_customer
from bot.weav.existing_conversations import read_conversation
from tests.harness import JANE
from tests.weav.served import ServedWeav


@asynccontextmanager
async def watched(weav: ServedWeav) -> AsyncIterator[tuple[WeavClient, list[tuple[str, str]]]]:
    """Yield a client, and the operations and outcomes that it observes."""
    seen: list[tuple[str, str]] = []

    def observe(operation: str, outcome: str, seconds: float) -> None:
        assert seconds > 0
        seen.append((operation, outcome))

    async with weav_client(weav.api_url, TOKEN, 5.0, observe) as client:
        yield client, seen


async def test_an_operation_has_no_id_in_its_name(weav: ServedWeav) -> None:
    async with watched(weav) as (client, seen):
        await client.create_conversation(weav.new())
        await client.customer_conversations(UUID(weav.customer_id))
        await read_conversation(client, JANE)
        await read_customer(client, UUID(weav.customer_id))
        await company_customers(client, UUID(int=1))

    assert seen == [
        ("POST /conversations", "ok"),
        ("GET /customers/{id}/conversations", "ok"),
        ("GET /conversations/{id}", "refused"),
        ("GET /customers/{id}", "ok"),
        ("GET /companies/{id}/customers", "ok"),
    ]


async def test_the_requested_path_has_the_id(weav: ServedWeav) -> None:
    await weav.client.ask("GET", "/conversations/{id}", "CANARY-17")

    assert weav.sandbox.requests[-1].path.endswith("/conversations/CANARY-17")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "ok"),
        (204, "ok"),
        (302, "server_error"),
        (400, "refused"),
        (401, "unauthorized"),
        (403, "unauthorized"),
        (404, "refused"),
        (422, "refused"),
        (429, "not_sent"),
        (500, "server_error"),
        (503, "not_sent"),
    ],
)
async def test_each_answer_is_counted_by_its_outcome(
    weav: ServedWeav, status: int, outcome: str
) -> None:
    weav.sandbox.fail(WeavFault(status=status))

    async with watched(weav) as (client, seen):
        await client.ask("GET", "/agents")

    assert seen == [("GET /agents", outcome)]
