"""The sandbox Weav implements `openapi.yaml`, and validates requests by it."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from bot.sandbox.weav import seeds
from bot.sandbox.weav.app import READ, TOKEN, WRITE
from bot.sandbox.weav.rules import openapi
from bot.weav.models import Conversation, NewConversation
from tests.weav.served import ServedWeav, served_weav

STRANGER = "00000000-0000-4000-8000-000000000000"
USER = next(iter(seeds.USERS))


@pytest.fixture
async def weav() -> AsyncIterator[ServedWeav]:
    async with served_weav() as served:
        yield served


def check(schema: str, answer: Any) -> None:  # noqa: ANN401
    """Require exactly the documented fields."""
    root = {"$ref": f"#/components/schemas/{schema}", "components": openapi()["components"]}
    Draft202012Validator(root, format_checker=FormatChecker()).validate(answer)
    things = answer.get("data", [answer])
    fields = openapi()["components"]["schemas"][schema.replace("Page", "")]["properties"]
    assert all(thing.keys() == fields.keys() for thing in things)


def problems(answer: Any) -> dict[str, list[str]]:  # noqa: ANN401
    assert answer.status_code == 422, answer.text
    found: dict[str, list[str]] = answer.json()["errors"]
    return found


def test_new_conversation_has_the_documented_fields() -> None:
    schema = openapi()["components"]["schemas"]["ConversationCreate"]
    assert NewConversation.model_fields.keys() == schema["properties"].keys()
    required = [name for name, field in NewConversation.model_fields.items() if field.is_required()]
    assert required == schema["required"]


def test_conversation_has_every_documented_field() -> None:
    schema = openapi()["components"]["schemas"]["Conversation"]
    assert Conversation.model_fields.keys() == schema["properties"].keys()


async def test_every_documented_operation_is_served_and_needs_a_token(weav: ServedWeav) -> None:
    documented = [
        (method, path.format(id=STRANGER))
        for path, operations in openapi()["paths"].items()
        for method in operations.keys() - {"parameters"}
    ]
    weav.sandbox.tokens.clear()
    answers = [await weav.http.request(method.upper(), path) for method, path in documented]

    assert [answer.status_code for answer in answers] == [401] * 10


async def test_answers_are_as_documented(weav: ServedWeav) -> None:
    email = await weav.opened(channel="email", subject="Hi", assignee_type="user", assignee_id=USER)
    company = seeds.COMPANIES["Northwind"]
    customer = await weav.http.post("/customers", json={"email": "new@example.com"})
    agent = await weav.http.post("/agents", json={"name": "New", "max_messages_per_session": 5})
    update = await weav.http.put(f"/conversations/{email['id']}", json={"status": "closed"})

    check("Conversation", email)
    check("Conversation", update.json())
    check("Customer", customer.json())
    check("Agent", agent.json())
    for path, schema in {
        f"/conversations/{email['id']}": "Conversation",
        f"/conversations/{email['id']}/messages": "MessagePage",
        f"/customers/{weav.customer_id}": "Customer",
        f"/customers/{weav.customer_id}/conversations": "ConversationPage",
        f"/companies/{company}/customers": "CustomerPage",
        "/agents": "AgentPage",
    }.items():
        answer = await weav.http.get(path)
        assert answer.status_code == 200
        check(schema, answer.json())


async def test_refusals_have_the_assumed_shape(weav: ServedWeav) -> None:
    for answer in (
        await weav.http.get("/nothing"),
        await weav.http.delete("/conversations"),
        await weav.http.get(f"/conversations/{STRANGER}"),
        await weav.post(),
    ):
        assert answer.json()["message"]
        assert answer.status_code in (404, 405, 422)


async def test_a_conversation_has_weavs_defaults(weav: ServedWeav) -> None:
    thing = await weav.opened(subject="  ", status=None)

    assert (thing["subject"], thing["status"], thing["priority"]) == (None, "open", "normal")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", thing["created_at"])
    assert weav.sandbox.conversations == [thing]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {},
            {
                "channel": "The channel field is required.",
                "customer_id": "The customer id field is required.",
            },
        ),
        ({"channel": "fax"}, {"channel": "The selected channel is invalid."}),
        ({"customer_id": "x"}, {"customer_id": "The customer id field must be a valid UUID."}),
        ({"customer_id": STRANGER}, {"customer_id": "The selected customer id is invalid."}),
        ({"subject": 7}, {"subject": "The subject field must be a string."}),
        (
            {"subject": "x" * 501},
            {"subject": "The subject field must not be greater than 500 characters."},
        ),
        ({"priority": "x"}, {"priority": "The selected priority is invalid."}),
        (
            {"assignee_type": "user"},
            {"assignee_id": "The assignee id field is required when assignee type is present."},
        ),
        (
            {"assignee_id": USER},
            {"assignee_type": "The assignee type field is required when assignee id is present."},
        ),
    ],
)
async def test_bad_requests_are_refused_by_field(
    weav: ServedWeav, body: dict[str, object], expected: dict[str, str]
) -> None:
    whole = {"channel": "chat", "customer_id": weav.customer_id} | body if body else {}
    answer = await weav.post(**whole)

    assert problems(answer) == {field: [reason] for field, reason in expected.items()}
    assert weav.sandbox.conversations == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
async def test_a_body_that_is_no_object_counts_as_empty(weav: ServedWeav, body: bytes) -> None:
    answer = await weav.http.post("/conversations", content=body)
    assert problems(answer).keys() == {"channel", "customer_id"}
    assert answer.json()["message"] == "The channel field is required. (and 1 more error)"


@pytest.mark.parametrize(
    ("channel", "kind", "id_", "taken"),
    [
        ("chat", "user", USER, True),
        ("chat", "user", USER.upper(), True),
        ("chat", "user", STRANGER, False),
        ("chat", "user", seeds.CHAT_AGENT, False),
        ("chat", "agent", seeds.CHAT_AGENT, True),
        ("chat", "agent", seeds.EMAIL_AGENT, False),
        ("chat", "agent", seeds.RETIRED_AGENT, False),
        ("email", "user", USER, True),
        ("email", "agent", seeds.EMAIL_AGENT, True),
        ("email", "agent", seeds.CHAT_AGENT, False),
        ("email", "agent", USER, False),
    ],
)
async def test_assignees_follow_the_rules_of_the_channel(
    weav: ServedWeav, channel: str, kind: str, id_: str, *, taken: bool
) -> None:
    answer = await weav.post(
        channel=channel, customer_id=weav.customer_id, assignee_type=kind, assignee_id=id_
    )
    assert answer.status_code == (201 if taken else 422)
    refusal = {"assignee_id": ["The selected assignee id is invalid."]}
    assert answer.json().get("errors", {}) == ({} if taken else refusal)


async def test_a_chat_cannot_change_to_another_agent(weav: ServedWeav) -> None:
    own = seeds.CHAT_AGENT
    created = await weav.http.post("/agents", json={"name": "Second"})
    thing = await weav.opened(assignee_type="agent", assignee_id=own)
    path = f"/conversations/{thing['id']}"

    other = {"assignee_type": "agent", "assignee_id": created.json()["id"]}
    assert problems(await weav.http.put(path, json=other)).keys() == {"assignee_id"}
    nobody = {"assignee_type": None, "assignee_id": None}
    answer = await weav.http.put(path, json=nobody)
    assert answer.json() == answer.json() | nobody


async def test_an_update_keeps_fields_that_it_leaves_out(weav: ServedWeav) -> None:
    thing = await weav.opened(subject="Hi", priority="low")
    path = f"/conversations/{thing['id']}"

    closed = (await weav.http.put(path, json={"status": "closed"})).json()
    assert (closed["subject"], closed["priority"], closed["status"]) == ("Hi", "low", "closed")
    assert closed["closed_at"]
    opened = (await weav.http.put(path, json={"status": "open", "subject": None})).json()
    assert (opened["closed_at"], opened["subject"]) == (None, None)


@pytest.mark.parametrize(
    ("abilities", "get", "post"),
    [({READ}, 200, 403), ({WRITE}, 403, 422), ({READ, WRITE}, 200, 422), (set(), 403, 403)],
)
async def test_a_token_may_do_what_its_abilities_say(
    weav: ServedWeav, abilities: set[str], get: int, post: int
) -> None:
    weav.sandbox.tokens[TOKEN] = abilities
    assert (await weav.http.get("/agents")).status_code == get
    assert (await weav.post()).status_code == post


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
async def test_an_unknown_token_is_refused(weav: ServedWeav, header: str) -> None:
    answer = await weav.http.get("/agents", headers={"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})


async def test_pages_are_linked(weav: ServedWeav) -> None:
    ids = [(await weav.opened())["id"] for _ in range(5)]
    path = f"/customers/{weav.customer_id}/conversations"
    found, url = [], f"{path}?per_page=2"
    while url:
        page = (await weav.http.get(url)).json()
        found.append([one["id"] for one in page["data"]])
        url = page["links"]["next"]

    assert found == [ids[:2], ids[2:4], ids[4:]]
    assert page["meta"] == {"current_page": 3, "last_page": 3, "per_page": 2, "total": 5}
    assert len((await weav.http.get(path)).json()["data"]) == 5


async def test_messages_come_in_pages_with_the_documented_fields(weav: ServedWeav) -> None:
    conversation_id = (await weav.opened(channel="email"))["id"]
    write = weav.sandbox.store.write
    written = [write(conversation_id, f"Message {number}") for number in range(3)]
    note = write(conversation_id, "Among us", sender_type="user", is_internal=True)

    path = f"/conversations/{conversation_id}/messages"
    first = (await weav.http.get(f"{path}?per_page=3")).json()
    last = (await weav.http.get(first["links"]["next"])).json()
    check("MessagePage", first)
    check("MessagePage", last)

    assert (first["data"], last["data"]) == (written, [note])
    assert last["data"][0]["is_internal"] is True
    assert first["data"][0]["sender_id"] == first["data"][0]["customer_id"] == weav.customer_id
    assert first["data"][0]["from"] == ["jane@example.com"]
    conversation = (await weav.http.get(f"/conversations/{conversation_id}")).json()
    assert conversation["last_message_at"] == note["sent_at"]
    assert conversation["first_response_at"] is None
    answer = write(conversation_id, "We are on it", sender_type="user")
    conversation = (await weav.http.get(f"/conversations/{conversation_id}")).json()
    assert conversation["first_response_at"] == answer["sent_at"]


async def test_messages_can_have_unusual_fields(weav: ServedWeav) -> None:
    conversation_id = (await weav.opened())["id"]
    weav.sandbox.store.write(conversation_id, None, sent_at=None, sender_id=None)

    [message] = (await weav.http.get(f"/conversations/{conversation_id}/messages")).json()["data"]
    assert message["sent_at"] is message["content"] is message["sender_id"] is None
    with pytest.raises(KeyError):
        weav.sandbox.store.write(STRANGER, "Hello")


async def test_lists_can_be_bare_and_begin_with_the_newest(weav: ServedWeav) -> None:
    ids = [(await weav.opened())["id"] for _ in range(3)]
    weav.sandbox.listing.bare = weav.sandbox.listing.newest_first = True

    path = f"/customers/{weav.customer_id}/conversations?per_page=2"
    page = (await weav.http.get(path)).json()
    beyond = (await weav.http.get(f"{path}&page=3")).json()

    assert [one["id"] for one in page["data"]] == ids[:0:-1]
    assert (page["links"], page["meta"]) == ({}, {})
    assert beyond == {"data": [], "links": {}, "meta": {}}


@pytest.mark.parametrize("query", ["per_page=0", "per_page=101", "page=0", "page=x", "page=%C2%B2"])
async def test_pages_out_of_bounds_are_refused(weav: ServedWeav, query: str) -> None:
    assert problems(await weav.http.get(f"/agents?{query}")).keys() == {query.partition("=")[0]}


async def test_a_customers_address_is_unique(weav: ServedWeav) -> None:
    body = {"email": "New@example.com", "first_name": "New"}
    assert (await weav.http.post("/customers", json=body)).json()["first_name"] == "New"
    assert problems(await weav.http.post("/customers", json=body)).keys() == {"email"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/customers", {"email": "x"}, "email"),
        ("/customers", {"email": "a@example.com", "locale": "x" * 11}, "locale"),
        ("/agents", {"name": "A", "max_messages_per_session": 0}, "max_messages_per_session"),
        ("/agents", {"name": "A", "max_messages_per_session": True}, "max_messages_per_session"),
        ("/agents", {"name": "A", "is_active": "yes"}, "is_active"),
        ("/agents", {"name": "A", "avatar_url": "x"}, "avatar_url"),
    ],
)
async def test_customers_and_agents_are_validated_too(
    weav: ServedWeav, path: str, body: dict[str, object], field: str
) -> None:
    assert problems(await weav.http.post(path, json=body)).keys() == {field}


async def test_seeds_use_addresses_at_example_dot_com(weav: ServedWeav) -> None:
    customers = weav.sandbox.store.customers.values()
    assert len(customers) >= 5
    assert all(customer["email"].endswith("@example.com") for customer in customers)
    assert len({customer["company_id"] for customer in customers} - {None}) == 2
