import json
from uuid import UUID

import pytest

from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import READ, TOKEN, WRITE
from bot.sandbox.weav.seeds import CHAT_AGENT, COMPANIES, EMAIL_AGENT
from bot.weav.directory import (
    Customer,
    CustomerCreated,
    NewCustomer,
    NoSuchCustomer,
    active_agents,
    company_customers,
    create_customer,
    read_customer,
)
from bot.weav.outcomes import NotSent, Refused, Unconfirmed
from bot.weav.pages import LookUpFailed
from tests.weav.served import ServedWeav, served_weav

NEW = NewCustomer(email="new@example.com")
TROUBLE = [
    WeavFault(status=200, body=b"<html>"),
    WeavFault(status=200, body=b'{"id": "no-uuid"}'),
    WeavFault(status=200, body=b'{"id": "3c90c3cc-0d44-4b50-8888-00000000ffff"}'),
    WeavFault(status=429),
    WeavFault(status=500),
    WeavFault.lost_answer(),
    WeavFault(hold=1),
]


def jane(weav: ServedWeav) -> UUID:
    return UUID(weav.customer_id)


async def test_a_customer_is_read_with_name_and_address(weav: ServedWeav) -> None:
    found = await read_customer(weav.client, jane(weav))

    assert isinstance(found, Customer)
    assert (found.name, found.email) == ("Jane Doe", "jane@example.com")


async def test_a_customer_inside_data_is_read_too(weav: ServedWeav) -> None:
    body = {"data": {"id": weav.customer_id, "first_name": None, "last_name": 7, "email": None}}
    weav.sandbox.fail(WeavFault(status=200, body=json.dumps(body).encode()))

    found = await read_customer(weav.client, jane(weav))

    assert isinstance(found, Customer)
    assert (found.name, found.email) == ("7", None)


async def test_a_customer_that_weav_does_not_know_is_no_such_customer(weav: ServedWeav) -> None:
    assert isinstance(await read_customer(weav.client, UUID(int=1)), NoSuchCustomer)


@pytest.mark.parametrize("fault", TROUBLE, ids=repr)
async def test_a_failed_look_up_has_a_reason(fault: WeavFault) -> None:
    async with served_weav(seconds=0.3) as weav:
        weav.sandbox.fail(fault)
        found = await read_customer(weav.client, jane(weav))

    assert isinstance(found, LookUpFailed)
    assert found.reason.endswith(".")


async def test_the_customers_of_a_company_are_listed(weav: ServedWeav) -> None:
    listed = await company_customers(weav.client, UUID(COMPANIES["Tailspin"]))

    assert not isinstance(listed, LookUpFailed)
    assert [customer.name for customer in listed] == ["Ravi Kumar", "Mei Lin"]


async def test_active_agents_are_listed_by_name(weav: ServedWeav) -> None:
    agents = await active_agents(weav.client)

    assert not isinstance(agents, LookUpFailed)
    assert [str(agent.id) for agent in agents] == [CHAT_AGENT, EMAIL_AGENT]


async def test_look_ups_need_the_right_to_read(weav: ServedWeav) -> None:
    weav.sandbox.tokens[TOKEN] = {WRITE}

    for found in (
        await read_customer(weav.client, jane(weav)),
        await company_customers(weav.client, UUID(int=1)),
        await active_agents(weav.client),
    ):
        assert isinstance(found, LookUpFailed)
        assert "external-api:read" in found.reason


async def test_a_customer_is_created(weav: ServedWeav) -> None:
    outcome = await create_customer(weav.client, NEW)

    assert isinstance(outcome, CustomerCreated)
    assert str(outcome.customer.id) in weav.sandbox.store.customers
    assert weav.sandbox.requests[-1].json == {"email": "new@example.com"}


async def test_a_known_address_is_refused_with_advice(weav: ServedWeav) -> None:
    outcome = await create_customer(weav.client, NewCustomer(email="jane@example.com"))

    assert isinstance(outcome, Refused)
    assert outcome.fields == {}
    assert "The email has already been taken. If Weav has this customer" in outcome.message


async def test_creating_needs_the_right_to_write(weav: ServedWeav) -> None:
    weav.sandbox.tokens[TOKEN] = {READ}

    outcome = await create_customer(weav.client, NEW)

    assert isinstance(outcome, Refused)
    assert "external-api:write" in outcome.message


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (WeavFault(status=503), NotSent),
        (WeavFault(status=429), NotSent),
        (WeavFault(status=500), Unconfirmed),
        (WeavFault(status=302, headers={"location": "/"}), Unconfirmed),
        (WeavFault(status=200, body=b"<html>"), Unconfirmed),
        (WeavFault.lost_answer(), Unconfirmed),
        (WeavFault.lost_request(), Unconfirmed),
        (WeavFault(hold=1), Unconfirmed),
        (WeavFault(status=401), Refused),
        (WeavFault(status=409), Refused),
    ],
    ids=repr,
)
async def test_creating_a_customer_has_the_outcomes_of_a_conversation(
    fault: WeavFault, kind: type
) -> None:
    async with served_weav(seconds=0.3) as weav:
        weav.sandbox.fail(fault)
        assert isinstance(await create_customer(weav.client, NEW), kind)
        assert len(weav.sandbox.requests) == 1


@pytest.mark.parametrize(
    ("email", "is_one"),
    [
        ("jane@example.com", True),
        ("o'neil+tag@mail.example.co.uk", True),
        ("zoë@exämple.de", True),
        ("a@b.c1", True),
        ("@example.com", False),
        ("jane@example", False),
        ("jane@-example.com", False),
        ("jane@example-.com", False),
        ("jane doe@example.com", False),
        ("jane@example.com, joe@example.com", False),
        ("<jane@example.com>", False),
        (f"{'x' * 251}@a.de", False),
        ("", False),
    ],
)
def test_valid_and_invalid_email_addresses(email: str, *, is_one: bool) -> None:
    try:
        NewCustomer(email=email)
    except ValueError:
        assert not is_one
    else:
        assert is_one
