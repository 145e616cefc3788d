"""The home tab: its event, what the bot may publish, and clicks."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.sandbox.serving import serve
from bot.sandbox.slack import (
    DISPATCH_FAILED,
    Delivery,
    HttpEndpoint,
    Person,
    SlackSandbox,
    Workspace,
    home_problems,
)
from bot.sandbox.slack.grid import Enterprise
from tests.sandbox.scripted_bot import SECRET, Json, ScriptedBot, field, form, plain


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox().serving() as sandbox:
        yield sandbox


@pytest.fixture
def workspace(slack: SlackSandbox) -> Workspace:
    return slack.workspace


@pytest.fixture
def client(slack: SlackSandbox) -> AsyncWebClient:
    return AsyncWebClient(token=slack.workspace.bot_token, base_url=slack.api_url)


@pytest.fixture
def bot(client: AsyncWebClient) -> ScriptedBot:
    return ScriptedBot(client)


@pytest.fixture
async def endpoint(bot: ScriptedBot) -> AsyncIterator[HttpEndpoint]:
    async with serve(bot.asgi) as url, HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint:
        yield endpoint


@pytest.fixture
def ann(slack: SlackSandbox, endpoint: HttpEndpoint) -> Person:
    return slack.person("U0ANN", endpoint)


def button(text: str, action_id: str = "look") -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": text}


def row(block_id: str, *elements: Json) -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def home(*blocks: Json, **more: object) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


def publish(client: AsyncWebClient, view: Json, user_id: str = "U0ANN", **more: str) -> Any:  # noqa: ANN401
    return client.views_publish(user_id=user_id, view=view, **more)


async def refusal(call: Any) -> Any:  # noqa: ANN401
    with pytest.raises(SlackApiError) as refused:
        await call
    return refused.value.response


async def test_the_event_is_signed_json_with_all_that_slack_sends(
    ann: Person, bot: ScriptedBot
) -> None:
    answer = await ann.open_home()

    (sent,) = bot.payloads
    event = sent.pop("event")
    assert (answer.status, answer.trouble) == (200, "")
    assert "x-slack-retry-num" not in bot.event_headers[0]
    assert event.pop("event_ts")
    assert event == {
        "type": "app_home_opened",
        "user": "U0ANN",
        "channel": "D0ANNBOT",
        "tab": "home",
    }
    assert sent.pop("event_id").startswith("Ev")
    assert sent.pop("event_time")
    assert sent == {
        "token": "sandbox-verification",
        "team_id": "T0SANDBOX",
        "api_app_id": "A0WEAV",
        "type": "event_callback",
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": "T0SANDBOX",
                "user_id": "U0BOT",
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


async def test_only_the_home_tabs_event_has_the_published_view(
    ann: Person, bot: ScriptedBot, client: AsyncWebClient
) -> None:
    answer = await publish(client, home(row("one", button("One")), private_metadata="kept"))

    await ann.open_home()
    await ann.open_home("messages")

    opened, messages = (sent["event"] for sent in bot.payloads)
    assert opened["view"] == ann.home.payload() == answer["view"]
    assert (opened["view"]["type"], opened["view"]["private_metadata"]) == ("home", "kept")
    assert opened["view"]["root_view_id"] == opened["view"]["id"]
    assert opened["view"]["submit"] is opened["view"]["close"] is None
    assert messages["tab"] == "messages"
    assert "view" not in messages


async def test_on_a_grid_the_event_names_the_organisation(
    ann: Person, bot: ScriptedBot, workspace: Workspace
) -> None:
    workspace.enterprises = (Enterprise("E0ALL", "All", frozenset({"T0SANDBOX"})),)

    await ann.open_home()

    assert bot.payloads[0]["enterprise_id"] == "E0ALL"
    assert bot.payloads[0]["authorizations"][0]["enterprise_id"] == "E0ALL"


async def test_a_failed_event_is_retried_with_retry_headers(
    ann: Person, bot: ScriptedBot, workspace: Workspace
) -> None:
    workspace.event_retries = (0, 0, 0)
    answers = iter([Response(status_code=500), Response(status_code=503), Response()])
    bot.answer = lambda _: next(answers)

    answer = await ann.open_home()

    assert (answer.status, answer.trouble, workspace.troubles) == (200, "", [])
    assert len({sent["event_id"] for sent in bot.payloads}) == 1
    assert [sent.get("x-slack-retry-num") for sent in bot.event_headers] == [None, "1", "2"]
    assert bot.event_headers[1]["x-slack-retry-reason"] == "http_error"


async def test_an_accepted_event_can_be_sent_again(ann: Person, bot: ScriptedBot) -> None:
    delivery = ann.home_delivery()
    await ann.send_event(delivery)
    await ann.send_event(delivery.again("http_timeout"))

    assert bot.payloads[0] == bot.payloads[1]
    assert bot.event_headers[1]["x-slack-retry-num"] == "1"
    assert bot.event_headers[1]["x-slack-retry-reason"] == "http_timeout"


async def test_giving_up_an_event_shows_nothing(ann: Person, workspace: Workspace) -> None:
    assert isinstance(ann.endpoint, HttpEndpoint)
    ann.endpoint.request_url = "http://127.0.0.1:9/slack/events"

    answer = await ann.open_home()

    assert answer.trouble == DISPATCH_FAILED
    assert answer.delivery
    assert (answer.delivery.retry_num, answer.delivery.retry_reason) == (1, "connection_failed")
    assert workspace.troubles == []


async def test_any_other_event_can_be_sent(ann: Person, bot: ScriptedBot) -> None:
    event = {"type": "reaction_added", "user": "U0ANN", "event_ts": "1.0"}
    await ann.send_event(Delivery("events_api", ann.payloads.event(event)))

    assert (bot.payloads[0]["type"], bot.payloads[0]["event"]) == ("event_callback", event)


async def test_the_app_gets_only_events_that_it_subscribes_to(
    ann: Person, bot: ScriptedBot, client: AsyncWebClient, workspace: Workspace
) -> None:
    off: Json = {"features": {"app_home": {"home_tab_enabled": False}}, "settings": {}}
    workspace.install(off)
    with pytest.raises(LookupError, match="no home tab"):
        await ann.open_home()
    assert (await refusal(publish(client, home())))["error"] == "not_enabled"
    assert (await ann.open_home("messages")).delivery is None
    assert bot.payloads == []
    assert "D0ANNBOT" not in workspace.channels

    workspace.install(
        {
            "features": {"app_home": {"home_tab_enabled": True}},
            "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}},
        }
    )
    assert "D0ANNBOT" in workspace.channels
    assert (await ann.open_home()).status == 200


@pytest.mark.parametrize("kind", ["text", "json", "form"])
async def test_a_request_url_is_verified_by_its_challenge(
    endpoint: HttpEndpoint, bot: ScriptedBot, kind: str
) -> None:
    bot.answer = lambda sent: {
        "text": PlainTextResponse(sent["challenge"]),
        "json": JSONResponse({"challenge": sent["challenge"]}),
        "form": PlainTextResponse(f"challenge={sent['challenge']}"),
    }[kind]

    assert await endpoint.verify_url()
    assert bot.payloads[0].keys() == {"token", "challenge", "type"}
    assert bot.payloads[0]["type"] == "url_verification"


@pytest.mark.parametrize("status", [200, 400])
async def test_a_request_url_without_the_challenge_is_refused(
    endpoint: HttpEndpoint, bot: ScriptedBot, status: int
) -> None:
    bot.answer = lambda sent: PlainTextResponse(sent["challenge"][status // 400 - 1 :], status)

    assert not await endpoint.verify_url()


async def test_a_home_tab_keeps_its_id_and_changes_its_hash(client: AsyncWebClient) -> None:
    first = (await publish(client, home(row("one", button("One")))))["view"]
    second = (await publish(client, home(), hash=first["hash"]))["view"]
    others = (await publish(client, home(), "U0BEN"))["view"]

    assert first["id"] == second["id"] != others["id"]
    assert (await refusal(publish(client, home(), hash=first["hash"])))["error"] == "hash_conflict"
    assert (await refusal(publish(client, home(), "U0CAT", hash="1.a")))["error"] == "hash_conflict"


async def test_an_external_id_is_for_one_view(ann: Person, client: AsyncWebClient) -> None:
    await publish(client, home(external_id="mine"))
    await publish(client, home(external_id="mine"))

    for call in (
        publish(client, home(external_id="mine"), "U0BEN"),
        client.views_open(
            trigger_id=ann.payloads.global_shortcut("x")["trigger_id"],
            view=form(external_id="mine"),
        ),
    ):
        assert (await refusal(call))["error"] == "duplicate_external_id"


@pytest.mark.parametrize("user_id", ["U0NOBODY", "U0BOT", "C0SUPPORT"])
async def test_home_tabs_are_only_for_people(client: AsyncWebClient, user_id: str) -> None:
    answer = await refusal(publish(client, home(), user_id))

    assert answer["error"] == "invalid_arguments"
    assert "user_id" in str(answer["response_metadata"]["messages"])


def test_slack_accepts_in_home_tabs() -> None:
    section = {"type": "section", "text": plain("Hello"), "accessory": button("One")}
    inputs = [field("name", {"type": "plain_text_input"}, dispatch_action=True)]

    whole = home(*([section] * 99), *inputs, private_metadata="x" * 3000, callback_id="x" * 255)

    assert home_problems(whole) == []


@pytest.mark.parametrize(
    "view",
    [
        form(),
        home(title=plain("Home")),
        home(submit=plain("Go")),
        home(close=plain("Close")),
        home(notify_on_close=True),
        home(private_metadata="x" * 3001),
        home(*[{"type": "divider"}] * 101),
        home({"type": "alert", "text": plain("Only in modals")}),
        home({"type": "markdown", "text": "only in messages"}),
        home(row("one", button("One")), row("one", button("Two"))),
        home(field("to", {"type": "conversations_select", "response_url_enabled": True})),
        home({"type": "section", "text": plain("x" * 3001)}),
        {"type": "home"},
        {"type": "workflow_step", "blocks": []},
    ],
)
async def test_slack_refuses_in_home_tabs(client: AsyncWebClient, view: Json) -> None:
    answer = await refusal(publish(client, view))

    assert answer["error"] == "invalid_arguments"
    assert "/view" in str(answer["response_metadata"]["messages"])


async def test_a_home_tab_is_no_modal(ann: Person, client: AsyncWebClient) -> None:
    trigger_id = ann.payloads.global_shortcut("x")["trigger_id"]
    opened = await refusal(client.views_open(trigger_id=trigger_id, view=home()))
    assert "/view/type" in str(opened["response_metadata"]["messages"])

    published = (await publish(client, home()))["view"]
    changed = await refusal(client.views_update(view_id=published["id"], view=form()))
    assert changed["error"] == "not_found"


async def test_a_home_tab_that_is_too_large_is_refused(client: AsyncWebClient) -> None:
    large = home(*[{"type": "section", "text": plain("x" * 3000)}] * 90)

    assert (await refusal(publish(client, large)))["error"] == "view_too_large"


async def test_a_click_in_the_home_tab_names_the_view_and_can_open_a_form(
    ann: Person, bot: ScriptedBot, client: AsyncWebClient
) -> None:
    await publish(client, home(row("first", button("One")), row("second", button("Two"))))

    answer = await ann.act_in_home("look", block_id="second")

    (sent,) = bot.payloads
    assert (answer.status, answer.trouble) == (200, "")
    assert (sent["type"], sent["container"]) == (
        "block_actions",
        {"type": "view", "view_id": ann.home.id},
    )
    assert sent["view"] == ann.home.payload()
    assert sent["view"]["type"] == "home"
    [action] = sent["actions"]
    assert (action["block_id"], action["action_id"], action["value"]) == ("second", "look", "Two")
    assert not {"channel", "message", "response_url", "response_urls"} & sent.keys()
    await client.views_open(trigger_id=sent["trigger_id"], view=form())
    assert ann.view.values["post_to"]["post_to"]["selected_conversation"] is None


async def test_a_click_needs_a_published_home_tab(ann: Person) -> None:
    with pytest.raises(LookupError, match="no home tab yet"):
        await ann.act_in_home("look")


async def test_publishing_is_an_event_on_the_feed(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    changes = workspace.events()
    await publish(client, home(row("one", button("One"))))

    async with asyncio.timeout(2):
        told = await anext(each async for each in changes if each.kind == "home_published")
    assert (told.data["user"], told.data["type"]) == ("U0ANN", "home")
    assert workspace.snapshot("U0ANN")["home"] == told.data
    assert workspace.snapshot("U0BEN")["home"] is None


async def test_socket_mode_delivers_events_in_envelopes(
    slack: SlackSandbox, client: AsyncWebClient
) -> None:
    requests: list[SocketModeRequest] = []

    async def handle(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        requests.append(request)
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))

    socket = SocketModeClient(slack.workspace.app_token, web_client=client)
    socket.socket_mode_request_listeners.append(handle)
    await socket.connect()  # type: ignore[no-untyped-call]
    await slack.workspace.socket_mode.connected()
    ann = slack.person("U0ANN", slack.workspace.socket_mode)

    answer = await ann.open_home()
    assert answer.delivery
    again = await ann.send_event(answer.delivery.again("http_timeout"))
    await socket.close()  # type: ignore[no-untyped-call]

    assert (answer.status, again.status) == (200, 200)
    assert [request.type for request in requests] == ["events_api"] * 2
    assert [request.payload for request in requests] == [answer.payload] * 2
    assert not any(request.accepts_response_payload for request in requests)
    retries = [(request.retry_attempt, request.retry_reason) for request in requests]
    assert retries == [(0, ""), (1, "http_timeout")]
