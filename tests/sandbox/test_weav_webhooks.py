"""The webhooks of the sandbox Weav, with all their options."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.serving import serve
from bot.sandbox.weav import Shape, Signature, WeavSandbox, WebhookOptions, seeds
from bot.sandbox.weav.rules import openapi
from bot.sandbox.weav.store import Invalid, Resource, Store
from tests.weav.served import ServedWeav, served_weav

SECRET = "a-webhook-secret"  # noqa: S105 - of this test
USER = next(iter(seeds.USERS))
CLOSED = "conversation.status.updated"


@dataclass
class Receiver:
    """Answers with each status in turn, then always the last; records the requests."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        self.requests.append((dict(request.headers), await request.body()))
        return Response(status_code=self.statuses.pop(0) if self.statuses[1:] else self.statuses[0])

    @property
    def events(self) -> list[str]:
        return [headers["x-weav-event"] for headers, _ in self.requests]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.requests]


@pytest.fixture
async def weav() -> AsyncIterator[ServedWeav]:
    async with served_weav() as served:
        yield served


@pytest.fixture
async def receiver(weav: ServedWeav) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = Starlette(routes=[Route("/weav/webhooks", receiver.receive, methods=["POST"])])
    async with serve(app) as url:
        receiver.url = f"{url}/weav/webhooks"
        async with weav.sandbox.webhooks.sending_to(receiver.url, SECRET):
            yield receiver


def behave(weav: ServedWeav, **options: Any) -> None:  # noqa: ANN401
    webhooks = weav.sandbox.webhooks
    webhooks.options = replace(webhooks.options, **{"backoff": 0.001, **options})


async def all_sent(sandbox: WeavSandbox) -> None:
    await sandbox.until(lambda: sandbox.webhooks.is_idle)


async def opened(weav: ServedWeav, receiver: Receiver, **body: object) -> str:
    """Open a conversation, and discard its webhook."""
    id_ = str((await weav.opened(**body))["id"])
    await all_sent(weav.sandbox)
    receiver.requests.clear()
    return id_


def signatures(body: bytes) -> dict[str, str]:
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    written = {"hex": mac.hex(), "base64": base64.b64encode(mac).decode()}
    return written | {f"sha256={name}": f"sha256={text}" for name, text in written.items()}


async def test_a_delivery_has_the_documented_headers_and_the_resource(
    weav: ServedWeav, receiver: Receiver
) -> None:
    conversation = await weav.opened(subject="Export hangs")
    await all_sent(weav.sandbox)

    [(headers, body)] = receiver.requests
    assert headers["content-type"] == "application/json"
    assert headers["x-weav-event"] == "conversation.created"
    assert headers["x-weav-signature"] == signatures(body)["hex"]
    [delivery] = weav.sandbox.webhooks.deliveries
    assert (delivery.event, delivery.body, delivery.is_accepted) == (
        "conversation.created",
        body,
        True,
    )
    sent = json.loads(body)
    assert sent.keys() == {"type", "id", "organization_id", "data"}
    assert (sent["type"], sent["organization_id"]) == ("conversation.created", seeds.ORGANIZATION)
    assert sent["data"] == conversation


@pytest.mark.parametrize("signature", Signature)
async def test_the_signature_has_the_chosen_encoding(
    weav: ServedWeav, receiver: Receiver, signature: Signature
) -> None:
    behave(weav, signature=signature)

    await weav.opened()
    await all_sent(weav.sandbox)

    [(headers, body)] = receiver.requests
    assert headers["x-weav-signature"] == signatures(body)[signature]


@pytest.mark.parametrize("shape", Shape)
async def test_the_ids_are_where_the_shape_puts_them(
    weav: ServedWeav, receiver: Receiver, shape: Shape
) -> None:
    conversation_id = await opened(weav, receiver)
    behave(weav, shape=shape)

    weav.sandbox.store.change(conversation_id, status="closed")
    weav.sandbox.store.write(conversation_id, "Still broken")
    await all_sent(weav.sandbox)

    changed, written = sorted(receiver.bodies, key=lambda body: "Still broken" in str(body))
    message_id = weav.sandbox.store.messages[conversation_id][0]["id"]
    match shape:
        case Shape.FLAT:
            assert (changed["event"], changed["conversation_id"]) == (CLOSED, conversation_id)
            assert (written["message_id"], written["conversation_id"]) == (
                message_id,
                conversation_id,
            )
        case Shape.NESTED:
            assert changed["data"]["id"] == written["data"]["conversation_id"] == conversation_id
            assert written["data"]["id"] == message_id
        case Shape.UNKNOWN:
            assert "id" not in str(changed.keys())
            assert {"v": conversation_id} in changed["d"]["e"]
            assert {"v": conversation_id} in written["d"]["e"]
            assert {"v": message_id} in written["d"]["e"]


@pytest.mark.parametrize(
    ("change", "events"),
    [
        ({"status": "closed"}, [CLOSED]),
        ({"priority": "urgent"}, ["conversation.priority.updated"]),
        ({"assignee_type": "user", "assignee_id": USER}, ["conversation.assigned.updated"]),
        ({"status": "closed", "priority": "low"}, ["conversation.priority.updated", CLOSED]),
        ({"status": "open", "priority": "normal"}, []),
        ({"subject": "Another"}, []),
    ],
)
@pytest.mark.parametrize("by_hand", [True, False])
async def test_each_change_has_its_event_whoever_makes_it(
    weav: ServedWeav,
    receiver: Receiver,
    change: dict[str, str],
    events: Sequence[str],
    by_hand: bool,  # noqa: FBT001
) -> None:
    conversation_id = await opened(weav, receiver)

    if by_hand:
        weav.sandbox.store.change(conversation_id, **change)
    else:
        await weav.http.put(f"/conversations/{conversation_id}", json=change)
    await all_sent(weav.sandbox)

    assert sorted(receiver.events) == events


async def test_messages_have_events_except_those_of_agents(
    weav: ServedWeav, receiver: Receiver
) -> None:
    conversation_id = await opened(weav, receiver)

    for sender_type in ("customer", "user", "agent", "system"):
        weav.sandbox.store.write(conversation_id, "Hello", sender_type=sender_type)
    weav.sandbox.store.write(conversation_id, "Among us", sender_type="user", is_internal=True)
    await all_sent(weav.sandbox)

    assert sorted(receiver.events) == [
        "conversation.customer.message.created",
        "conversation.user.message.created",
        "conversation.user.message.created",
    ]
    assert sorted(body["data"]["is_internal"] for body in receiver.bodies) == [False, False, True]


async def test_new_customers_and_agents_have_events(weav: ServedWeav, receiver: Receiver) -> None:
    await weav.http.post("/customers", json={"email": "new@example.com"})
    await weav.http.post("/agents", json={"name": "New"})
    await all_sent(weav.sandbox)

    assert sorted(receiver.events) == ["agent.created", "customer.created"]


def test_every_event_that_is_sent_is_documented() -> None:
    documented = openapi()["components"]["schemas"]["WebhookEventName"]["enum"]
    sent: list[str] = []
    store = Store(lambda _, __, events: sent.extend(events))
    customer = store.create_customer({"email": "new@example.com"})
    store.create_agent({"name": "New"})
    given: Resource = {"channel": "chat", "customer_id": customer["id"]}
    conversation_id = store.create_conversation(given)["id"]
    changes = {"status": "closed", "priority": "low", "assignee_type": "user", "assignee_id": USER}
    store.change(conversation_id, **changes)
    store.write(conversation_id, "Hello")
    store.write(conversation_id, "Hello", sender_type="user")
    store.delete(conversation_id)

    assert len(sent) == 9
    assert set(sent) <= set(documented)


async def test_a_deletion_has_an_event(weav: ServedWeav, receiver: Receiver) -> None:
    conversation_id = await opened(weav, receiver)
    weav.sandbox.store.write(conversation_id, "Hello")

    weav.sandbox.store.delete(conversation_id)
    await all_sent(weav.sandbox)

    assert "conversation.deleted" in receiver.events
    for path in ("", "/messages"):
        assert (await weav.http.get(f"/conversations/{conversation_id}{path}")).status_code == 404
    listed = await weav.http.get(f"/customers/{weav.customer_id}/conversations")
    assert listed.json()["data"] == []
    with pytest.raises(KeyError):
        weav.sandbox.store.delete(conversation_id)


async def test_changes_in_weav_are_validated_too(weav: ServedWeav, receiver: Receiver) -> None:
    conversation_id = await opened(weav, receiver, channel="chat")

    with pytest.raises(Invalid):
        weav.sandbox.store.change(
            conversation_id, assignee_type="agent", assignee_id=seeds.EMAIL_AGENT
        )
    assert receiver.requests == []


async def test_late_delays_the_first_attempt(weav: ServedWeav, receiver: Receiver) -> None:
    conversation_id = await opened(weav, receiver)
    behave(weav, late=0.2)
    loop = asyncio.get_running_loop()
    started = loop.time()

    weav.sandbox.store.change(conversation_id, status="closed")
    assert not weav.sandbox.webhooks.is_idle
    await all_sent(weav.sandbox)

    assert loop.time() - started >= 0.2
    assert receiver.events == [CLOSED]


async def test_twice_sends_the_same_bytes_twice(weav: ServedWeav, receiver: Receiver) -> None:
    behave(weav, twice=True)

    await weav.opened()
    [delivery] = weav.sandbox.webhooks.deliveries
    await weav.sandbox.until(lambda: len(delivery.attempts) == 2)  # the first ends the delivery

    first, second = receiver.requests
    assert first[1] == second[1]
    assert first[0]["x-weav-signature"] == second[0]["x-weav-signature"]
    assert [attempt.status for attempt in delivery.attempts] == [200, 200]


async def test_reversed_sends_the_newest_first(weav: ServedWeav, receiver: Receiver) -> None:
    conversation_id = await opened(weav, receiver)
    behave(weav, reversed=True)

    for status in ("closed", "open", "closed"):
        weav.sandbox.store.change(conversation_id, status=status)
    weav.sandbox.store.delete(conversation_id)
    await all_sent(weav.sandbox)

    assert receiver.events == ["conversation.deleted", CLOSED, CLOSED, CLOSED]
    told = [body["data"]["status"] for body in receiver.bodies]
    assert told == ["closed", "closed", "open", "closed"]


async def test_a_retry_sends_the_same_bytes(weav: ServedWeav, receiver: Receiver) -> None:
    behave(weav)
    receiver.statuses = [500, 302, 404, 204]

    await weav.opened()
    await all_sent(weav.sandbox)

    [delivery] = weav.sandbox.webhooks.deliveries
    assert [attempt.status for attempt in delivery.attempts] == [500, 302, 404, 204]
    assert {body for _, body in receiver.requests} == {delivery.body}
    assert delivery.is_accepted


async def test_a_delivery_ends_after_ten_attempts(weav: ServedWeav, receiver: Receiver) -> None:
    behave(weav, backoff=0.0001)
    receiver.statuses = [503]

    await weav.opened()
    await all_sent(weav.sandbox)

    assert len(receiver.requests) == 10
    assert weav.sandbox.webhooks.is_active
    assert not weav.sandbox.webhooks.deliveries[0].is_accepted


async def test_the_backoff_doubles_from_one_minute(weav: ServedWeav, receiver: Receiver) -> None:
    assert WebhookOptions().backoff == 60
    behave(weav, backoff=0.05)
    receiver.statuses = [503, 503, 503, 200]

    await weav.opened()
    await all_sent(weav.sandbox)

    at = [attempt.at for attempt in weav.sandbox.webhooks.deliveries[0].attempts]
    waits = [(later - before).total_seconds() for before, later in pairwise(at)]
    assert all(wait >= least for wait, least in zip(waits, (0.05, 0.1, 0.2), strict=True))


async def test_a_refused_connection_is_retried_too(weav: ServedWeav) -> None:
    webhooks = weav.sandbox.webhooks
    async with webhooks.sending_to("http://127.0.0.1:9/", SECRET):
        behave(weav, backoff=0.0001)
        await weav.opened()
        await all_sent(weav.sandbox)

    assert [attempt.status for attempt in webhooks.deliveries[0].attempts] == [None] * 10


async def test_gone_switches_the_webhook_off_at_once(weav: ServedWeav, receiver: Receiver) -> None:
    behave(weav, backoff=60)
    receiver.statuses = [500, 410]

    await weav.opened()
    await weav.sandbox.until(lambda: bool(weav.sandbox.webhooks.deliveries[0].attempts))
    await weav.opened()
    await all_sent(weav.sandbox)
    await weav.opened()

    assert not weav.sandbox.webhooks.is_active
    assert len(receiver.requests) == len(weav.sandbox.webhooks.deliveries) == 2


async def test_repeated_permanent_failures_switch_the_webhook_off(
    weav: ServedWeav, receiver: Receiver
) -> None:
    behave(weav, backoff=0.0001)
    receiver.statuses = [500]

    for active in (True, True, False):
        await weav.opened()
        await all_sent(weav.sandbox)
        assert weav.sandbox.webhooks.is_active is active
    async with weav.sandbox.webhooks.sending_to(receiver.url, SECRET):
        assert weav.sandbox.webhooks.is_active


async def test_outside_of_the_block_nothing_is_sent(weav: ServedWeav) -> None:
    await weav.opened()

    assert weav.sandbox.webhooks.deliveries == []
    with pytest.raises(RuntimeError):
        await weav.sandbox.webhooks.post(b"{}", CLOSED)


async def test_any_bytes_can_be_sent(weav: ServedWeav, receiver: Receiver) -> None:
    receiver.statuses = [200, 401]

    good = await weav.sandbox.webhooks.post(b"\xff not JSON", CLOSED)
    bad = await weav.sandbox.webhooks.post(b"{}", "no.such.event", signature="forged")

    assert (good.status, bad.status) == (200, 401)
    [(first, body), (second, _)] = receiver.requests
    assert first["x-weav-signature"] == signatures(body)["hex"]
    assert second["x-weav-signature"] == "forged"


async def test_a_burst_is_sent_side_by_side(weav: ServedWeav, receiver: Receiver) -> None:
    conversation = weav.sandbox.store.conversations[await opened(weav, receiver)]

    for _ in range(200):
        weav.sandbox.webhooks.emit(CLOSED, conversation)
    await all_sent(weav.sandbox)

    assert len(receiver.requests) == 200
    assert len({body["id"] for body in receiver.bodies}) == 200
