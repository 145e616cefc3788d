from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import DISPATCH_FAILED, OPERATION_TIMEOUT, Person, SlackSandbox
from tests.sandbox.scripted_bot import Json, ScriptedBot


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox().serving() as sandbox:
        yield sandbox


@pytest.fixture
def bot(slack: SlackSandbox) -> ScriptedBot:
    token = slack.workspace.bot_token
    return ScriptedBot(AsyncWebClient(token=token, base_url=slack.api_url))


@pytest.fixture
async def client(slack: SlackSandbox, bot: ScriptedBot) -> AsyncIterator[SocketModeClient]:
    async def handle(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        answer = await bot.handle(request.payload)
        payload: Json | None = answer if isinstance(answer, dict) else None
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))

    client = SocketModeClient(
        slack.workspace.app_token,
        web_client=AsyncWebClient(base_url=slack.api_url),
        ping_interval=0.1,
    )
    client.socket_mode_request_listeners.append(handle)
    await client.connect()  # type: ignore[no-untyped-call]
    await slack.workspace.socket_mode.connected()
    yield client
    await client.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def ann(slack: SlackSandbox) -> Person:
    return slack.person("U0ANN", slack.workspace.socket_mode)


@pytest.mark.usefixtures("client")
async def test_payloads_go_through_the_websocket_and_back(ann: Person, bot: ScriptedBot) -> None:
    command = await ann.command("", "G0TRIAGE")
    bot.answer = lambda _: {"response_action": "errors", "errors": {"subject": "No."}}
    submission = await ann.submit({"channel": "email"})

    assert (command.status, command.trouble) == (200, "")
    assert bot.payloads[0] == command.payload
    assert submission.errors == {"subject": "No."}


async def test_without_a_connection_nothing_is_dispatched(ann: Person) -> None:
    assert (await ann.command()).trouble == DISPATCH_FAILED


@pytest.mark.usefixtures("client")
async def test_a_connection_is_replaced_when_slack_asks_for_it(
    ann: Person, slack: SlackSandbox
) -> None:
    (before,) = slack.workspace.socket_mode.connections
    await slack.workspace.socket_mode.disconnect()
    await slack.workspace.socket_mode.connected(0)
    await slack.workspace.socket_mode.connected(1)

    assert slack.workspace.socket_mode.connections != [before]
    assert (await ann.command()).trouble == ""


@pytest.mark.usefixtures("client")
async def test_the_client_reconnects_after_a_reset(ann: Person, slack: SlackSandbox) -> None:
    await slack.workspace.socket_mode.drop()
    await slack.workspace.socket_mode.connected(0)
    await slack.workspace.socket_mode.connected(1)

    assert (await ann.command()).trouble == ""


@pytest.mark.usefixtures("client")
async def test_a_silent_connection_delivers_nothing(ann: Person, slack: SlackSandbox) -> None:
    slack.workspace.socket_mode.fall_silent()
    slack.workspace.socket_mode.timeout = 0.05

    assert (await ann.command()).trouble == OPERATION_TIMEOUT
    # Otherwise the client would wait ten seconds for the silent connection to close.
    await slack.workspace.socket_mode.drop()


async def test_only_the_app_token_opens_connections(slack: SlackSandbox) -> None:
    client = AsyncWebClient(base_url=slack.api_url)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=slack.workspace.bot_token)


async def test_a_ticket_opens_one_connection(slack: SlackSandbox) -> None:
    client = AsyncWebClient(base_url=slack.api_url)
    opened = await client.apps_connections_open(app_token=slack.workspace.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        hello = await socket.receive_json()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])

    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
