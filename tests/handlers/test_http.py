"""Only a request that Slack signed lately, and that is whole, reaches a listener."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.sandbox.serving import serve
from bot.sandbox.slack import Delivery
from tests.harness import SECRET, Harness, open_harness

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path) as opened:
        yield opened


def signed(body: bytes, *, age: float = 0, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(time.time() - age))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    return {
        "content-type": FORM,
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": signature or "",
    }


async def post(harness: Harness, body: bytes, headers: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(f"{harness.url}/slack/events", content=body, headers=headers)


def command(harness: Harness) -> bytes:
    return urlencode(harness.ann.command_delivery("Export hangs").payload).encode()


async def assert_no_form_opened_before(harness: Harness) -> None:
    """Assert that no earlier command opened a form: it would be open before this one."""
    await harness.ann.command("The next one")
    await harness.slack.until(lambda slack: "The next one" in str(slack.calls_of("views.open")))
    assert len(harness.slack.calls_of("views.open")) == 1


async def test_a_signed_request_is_accepted(harness: Harness) -> None:
    body = command(harness)

    response = await post(harness, body, signed(body))

    assert (response.status_code, response.text) == (200, "")
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_the_bot_can_be_mounted_in_another_program(harness: Harness) -> None:
    body = command(harness)
    whole = Starlette(routes=[Mount("/bot", harness.bot.asgi)])

    async with serve(whole) as url, httpx.AsyncClient(trust_env=False) as http:
        response = await http.post(f"{url}/bot/slack/events", content=body, headers=signed(body))
        health = await http.get(f"{url}/bot/healthz")

    assert (response.status_code, response.text, health.status_code) == (200, "", 200)


async def test_other_methods_than_post_are_refused(harness: Harness) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{harness.url}/slack/events")

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("kind", ["unsigned", "wrong secret", "stale", "from the future", "odd"])
async def test_a_request_without_a_valid_signature_is_refused_and_reaches_no_listener(
    harness: Harness, kind: str
) -> None:
    body = command(harness)
    headers = {
        "unsigned": {"content-type": FORM},
        "wrong secret": signed(body, secret="another"),  # noqa: S106
        "stale": signed(body, age=301),
        "from the future": signed(body, age=-360),
        "odd": signed(body) | {"x-slack-request-timestamp": "yesterday"},
    }[kind]

    response = await post(harness, body, headers)

    assert response.status_code == 401
    await assert_no_form_opened_before(harness)


async def test_a_changed_body_is_refused(harness: Harness) -> None:
    body = command(harness)

    response = await post(harness, body + b"&text=other", signed(body))

    assert response.status_code == 401


MALFORMED: list[Any] = [
    b"payload=%FF%FE",
    b"payload=",
    b"payload={",
    b"payload=[]",
    b"payload=null",
    b"payload=7",
    b"payload={}",
    b"payload=" + quote('{"type":"view_submission","user":{"id":"U1"}}').encode(),
    b"payload=" + quote('{"type":"block_actions","user":"U1","actions":[{}]}').encode(),
    b"payload=" + quote('{"type":"block_actions","user":{"id":"U1"},"actions":"x"}').encode(),
    b"payload=" + quote('{"type":"message_action","user":{"id":"U1"},"callback_id":1}').encode(),
    b"payload=" + quote(json.dumps({"type": "event", "user": {"id": "U1"}})).encode(),
    b"payload=" + quote('{"type":"shortcut","user":{"id":"\\ud800"},"callback_id":"x"}').encode(),
    b"payload=" + b"[" * 100_000,
    b"payload=" + quote('{"type":"shortcut","user":{"id":""},"callback_id":"x"}').encode(),
    b"payload=" + quote('{"type":"block_actions","user":{"id":null},"actions":[{}]}').encode(),
    b"payload=" + quote('{"type":"view_submission","user":{"id":"U1"},"view":"x"}').encode(),
    b"payload=" + quote('{"type":"block_suggestion","user":{"id":"U1"}}').encode(),
    b"command=/weav-conversation&user_id=",
    b"command=/weav-conversation",
    b"",
    b"&&&===",
]


@pytest.mark.parametrize("body", MALFORMED)
async def test_a_malformed_payload_is_refused_without_a_traceback(
    harness: Harness, body: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    response = await post(harness, body, signed(body))

    assert response.status_code == 400
    assert "Traceback" not in "".join(capfd.readouterr())
    assert harness.slack.calls == []


EMPTY: list[Any] = [None, [], {}, {"values": None}, {"values": []}]


@pytest.mark.parametrize("state", EMPTY)
async def test_an_empty_state_is_read_in_any_spelling(harness: Harness, state: object) -> None:
    """https://github.com/slack-go/slack/issues/943."""
    await harness.fill_in()
    sent = harness.ann.submission_delivery()
    sent.payload["view"]["state"] = state

    answer = await harness.ann.send(sent)

    assert (answer.status, answer.trouble) == (200, "")
    assert answer.errors["customer_id"]
    payload = harness.ann.payloads.suggestion(
        harness.ann.view, "customer_id", "customer_id", "new@example.com"
    )
    payload["view"]["state"] = state
    answer = await harness.ann.send(Delivery("interactive", payload))
    assert [option["value"] for option in answer.options] == ["create:new@example.com"]


@pytest.mark.parametrize("nothing", [None, []])
async def test_parts_that_are_null_or_empty_lists_are_read_as_empty(
    harness: Harness, nothing: object
) -> None:
    await harness.fill_in()
    sent = harness.ann.submission_delivery()
    sent.payload["response_urls"] = nothing
    sent.payload["view"]["state"]["values"] |= {"subject": nothing, "another": nothing}

    answer = await harness.ann.send(sent)

    assert (answer.trouble, answer.errors) == ("", {})
    await harness.card()
    assert "subject" not in harness.weav.creations[0].json


async def test_more_than_a_mebibyte_is_refused_without_reading_on(harness: Harness) -> None:
    body = b"payload=" + b"x" * (1 << 20)

    response = await post(harness, body, signed(body))

    assert response.status_code == 413


async def test_a_chunked_body_is_counted_while_it_is_read(harness: Harness) -> None:
    port = int(harness.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = b"POST /slack/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    writer.write(head + chunk * 17)

    assert b" 413 " in await reader.readline()
    writer.close()


async def test_slacks_ssl_check_is_answered(harness: Harness) -> None:
    body = b"ssl_check=1&token=x"

    assert (await post(harness, body, signed(body))).status_code == 200


EVENT = {
    "token": "sandbox-verification",
    "team_id": "T0SANDBOX",
    "api_app_id": "A0WEAV",
    "event": {"type": "member_joined_channel", "user": "U0ANN", "channel": "C0SUPPORT"},
    "type": "event_callback",
    "event_id": "Ev0000000001",
    "event_time": 1_600_000_000,
    "authorizations": [{"team_id": "T0SANDBOX", "user_id": "U0BOT", "is_bot": True}],
}


def json_request(payload: object) -> tuple[bytes, dict[str, str]]:
    """Return an event's body and headers as Slack sends them."""
    body = json.dumps(payload).encode()
    return body, signed(body) | {"content-type": "application/json"}


async def test_slacks_url_verification_is_answered(harness: Harness) -> None:
    asked = {"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595", "type": "url_verification"}

    response = await post(harness, *json_request(asked))

    assert (response.status_code, response.json()) == (200, {"challenge": asked["challenge"]})


async def test_an_unsigned_url_verification_is_refused(harness: Harness) -> None:
    body, headers = json_request(
        {"challenge": "3eZbrw1aBm2rZgRNFdxV2595", "type": "url_verification"}
    )

    response = await post(harness, body, headers | {"x-slack-signature": "v0=0"})

    assert (response.status_code, response.text) == (401, "not signed by Slack")


ODD_EVENTS: list[Any] = [
    EVENT,
    EVENT | {"event": {"type": "app_home_opened", "user": "U0ANN", "tab": "messages"}},
    EVENT | {"event": {"type": "app_home_opened", "user": "U0ANN"}},
    EVENT | {"event": None},
    EVENT | {"event": ["app_home_opened"]},
    {"type": "event_callback"},
    {"type": "app_rate_limited", "team_id": "T0SANDBOX", "minute_rate_limited": 1_518_467_820},
]


@pytest.mark.parametrize("event", ODD_EVENTS)
async def test_an_event_that_the_bot_does_not_follow_is_acknowledged_and_ignored(
    harness: Harness, event: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    response = await post(harness, *json_request(event))

    assert (response.status_code, response.text) == (200, "")
    assert "".join(capfd.readouterr()) == ""
    assert harness.slack.calls == []


@pytest.mark.parametrize("body", [b"{", b'{"type":', b"{}", b'{"a":' * 100_000, b'{"a":"\\ud800"}'])
async def test_an_event_that_cannot_be_read_is_refused(harness: Harness, body: bytes) -> None:
    response = await post(harness, body, signed(body) | {"content-type": "application/json"})

    assert response.status_code == 400


async def test_an_unknown_command_or_shortcut_is_answered(harness: Harness) -> None:
    await harness.ann.command("x", command="/other")
    answer = await harness.private_answer()
    assert "Weav bot does not know this action" in answer.text

    await harness.ann.global_shortcut("other")
    message = await harness.direct_message()
    assert "Weav bot does not know this action" in message.text
