from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import RESPONSE_URL, SlackFault, SlackSandbox, Workspace, rate_limited
from bot.sandbox.slack.payloads import Payloads

VIEW: dict[str, Any] = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Title"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}],
}


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox().serving() as sandbox:
        yield sandbox


@pytest.fixture
def workspace(slack: SlackSandbox) -> Workspace:
    return slack.workspace


@pytest.fixture
async def session(slack: SlackSandbox) -> AsyncIterator[aiohttp.ClientSession]:
    assert slack
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(slack: SlackSandbox, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(
        token=slack.workspace.bot_token,
        base_url=slack.api_url,
        session=session,
        retry_handlers=[],
    )


@pytest.fixture
def ann(workspace: Workspace) -> Payloads:
    return Payloads(workspace, workspace.users["U0ANN"])


def trigger(workspace: Workspace, view_id: str = "") -> str:
    return workspace.triggers.issue("U0ANN", "C0SUPPORT", view_id)


async def refusal(call: Any) -> str:  # noqa: ANN401 - any coroutine of the client
    with pytest.raises(SlackApiError) as error:
        await call
    return str(error.value.response["error"])


async def post(session: aiohttp.ClientSession, url: str, body: object) -> int:
    async with session.post(url, json=body) as response:
        await response.read()
        return response.status


async def error_of(session: aiohttp.ClientSession, url: str, body: str, kind: str) -> str:
    headers = {"Content-Type": kind}
    async with session.post(url, data=body, headers=headers) as response:
        return str((await response.json())["error"])


async def test_auth_test_names_the_bot_and_its_scopes(client: AsyncWebClient) -> None:
    answer = await client.auth_test()

    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (
        "U0BOT",
        "B0WEAV",
        "T0SANDBOX",
    )
    assert answer.headers["x-oauth-scopes"] == "commands,chat:write,chat:write.public"


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("xoxb-other", "invalid_auth"),
        ("", "not_authed"),
        ("xapp-sandbox", "not_allowed_token_type"),
    ],
)
async def test_other_tokens_are_refused(client: AsyncWebClient, token: str, error: str) -> None:
    client.token = token

    assert await refusal(client.auth_test()) == error


async def test_unknown_methods_are_refused(client: AsyncWebClient) -> None:
    assert await refusal(client.api_call("chat.postMassage")) == "unknown_method"


async def test_a_method_needs_its_scope(client: AsyncWebClient) -> None:
    assert await refusal(client.users_info(user="U0ANN")) == "missing_scope"
    assert await refusal(client.conversations_info(channel="C0SUPPORT")) == "missing_scope"
    assert await refusal(client.conversations_open(users="U0ANN")) == "missing_scope"


async def test_with_the_scopes_users_and_channels_are_known(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.scopes = ("users:read", "channels:read", "im:write")

    assert (await client.users_info(user="U0CAT"))["user"]["is_restricted"] is True
    assert (await client.users_info(user="U0EVE"))["user"]["team_id"] == "T0OTHER"
    shared = await client.conversations_info(channel="C0PARTNERS")
    assert shared["channel"]["is_ext_shared"] is True
    assert (await client.conversations_open(users="U0ANN"))["channel"]["id"] == "D0ANNBOT"


async def test_each_kind_of_conversation_needs_its_scope_and_membership(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.scopes = ("channels:read",)
    assert await refusal(client.conversations_info(channel="G0TRIAGE")) == "missing_scope"
    assert await refusal(client.conversations_info(channel="G0BILLING")) == "channel_not_found"

    workspace.scopes = ("groups:read",)
    triage = await client.conversations_info(channel="G0TRIAGE")
    assert triage["channel"]["is_private"] is True
    assert await refusal(client.conversations_info(channel="G0BILLING")) == "channel_not_found"
    assert await refusal(client.conversations_info(channel="C0SUPPORT")) == "missing_scope"


@pytest.mark.parametrize(
    ("channel", "where"),
    [
        ("C0SUPPORT", "C0SUPPORT"),
        ("#support", "C0SUPPORT"),
        ("C0GENERAL", "C0GENERAL"),
        ("G0TRIAGE", "G0TRIAGE"),
        ("U0ANN", "D0ANNBOT"),
    ],
)
async def test_the_bot_may_post_in_its_own_and_public_channels(
    client: AsyncWebClient, workspace: Workspace, channel: str, where: str
) -> None:
    answer = await client.chat_postMessage(channel=channel, text="Hello")

    (message,) = workspace.from_bot(where)
    assert (answer["channel"], answer["ts"]) == (where, message.ts)
    assert answer["message"]["bot_id"] == "B0WEAV"


@pytest.mark.parametrize("channel", ["G0BILLING", "D0ANNBEN", "C0NOWHERE", "U0NOBODY", "U0BOT"])
async def test_a_conversation_that_the_bot_cannot_see_is_not_found(
    client: AsyncWebClient, channel: str
) -> None:
    assert await refusal(client.chat_postMessage(channel=channel, text="x")) == "channel_not_found"


async def test_a_public_channel_needs_chat_write_public(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.scopes = ("chat:write",)

    assert await refusal(client.chat_postMessage(channel="C0GENERAL", text="x")) == "not_in_channel"


async def test_thread_ts_must_be_a_parent_message(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    first, reply = workspace.messages_in("C0SUPPORT")[1:3]

    await client.chat_postMessage(channel="C0SUPPORT", text="x", thread_ts=first.ts)

    assert workspace.from_bot("C0SUPPORT")[0].thread_ts == first.ts
    in_reply = client.chat_postMessage(channel="C0SUPPORT", text="x", thread_ts=reply.ts)
    assert await refusal(in_reply) == "cannot_reply_to_message"
    elsewhere = client.chat_postMessage(channel="C0GENERAL", text="x", thread_ts=first.ts)
    assert await refusal(elsewhere) == "thread_not_found"


async def test_ephemeral_messages_are_for_members_and_seen_by_one(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANN", text="psst")

    assert workspace.messages_in("C0SUPPORT", seen_by="U0ANN")[-1].text == "psst"
    assert workspace.messages_in("C0SUPPORT", seen_by="U0BEN")[-1].text != "psst"
    stranger = client.chat_postEphemeral(channel="C0SUPPORT", user="U0EVE", text="x")
    assert await refusal(stranger) == "user_not_in_channel"
    outside = client.chat_postEphemeral(channel="C0GENERAL", user="U0ANN", text="x")
    assert await refusal(outside) == "not_in_channel"


async def test_an_ephemeral_message_shows_only_in_threads_with_replies(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    alone, first = workspace.messages_in("C0SUPPORT")[:2]

    for thread in (alone, first):
        await client.chat_postEphemeral(
            channel="C0SUPPORT", user="U0ANN", text="psst", thread_ts=thread.ts
        )

    assert [message.thread_ts for message in workspace.from_bot("C0SUPPORT")] == [first.ts]


async def test_the_bot_changes_and_deletes_its_own_messages_only(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    blocks = VIEW["blocks"]
    ts = (await client.chat_postMessage(channel="C0SUPPORT", text="a", blocks=blocks))["ts"]
    await client.chat_update(channel="C0SUPPORT", ts=ts, text="b")

    (message,) = workspace.from_bot()
    assert (message.text, message.edited, len(message.blocks)) == ("b", True, 1)
    await client.chat_delete(channel="C0SUPPORT", ts=ts)
    assert workspace.from_bot() == []
    foreign = workspace.messages_in("C0SUPPORT")[0].ts
    update = client.chat_update(channel="C0SUPPORT", ts=foreign, text="b")
    assert await refusal(update) == "cant_update_message"
    delete = client.chat_delete(channel="C0SUPPORT", ts=foreign)
    assert await refusal(delete) == "cant_delete_message"
    gone = client.chat_update(channel="C0SUPPORT", ts=ts, text="b")
    assert await refusal(gone) == "message_not_found"


async def test_a_trigger_opens_one_view(client: AsyncWebClient, workspace: Workspace) -> None:
    trigger_id = trigger(workspace)
    answer = await client.views_open(trigger_id=trigger_id, view=VIEW)

    view = workspace.views[answer["view"]["id"]]
    assert (view.slack_user_id, view.is_open, view.hash) == ("U0ANN", True, answer["view"]["hash"])
    again = client.views_open(trigger_id=trigger_id, view=VIEW)
    assert await refusal(again) == "exchanged_trigger_id"
    unknown = client.views_open(trigger_id="1.2.3", view=VIEW)
    assert await refusal(unknown) == "invalid_trigger_id"


async def test_a_trigger_expires(client: AsyncWebClient, workspace: Workspace) -> None:
    workspace.triggers.seconds = 0

    late = client.views_open(trigger_id=trigger(workspace), view=VIEW)
    assert await refusal(late) == "expired_trigger_id"


async def test_an_invalid_view_is_refused_with_pointers(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    view = {**VIEW, "title": {"type": "plain_text", "text": "x" * 25}}
    with pytest.raises(SlackApiError) as error:
        await client.views_open(trigger_id=trigger(workspace), view=view)

    assert error.value.response["error"] == "invalid_arguments"
    assert error.value.response["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/view]",
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]",
    ]
    assert workspace.views == {}


async def test_a_view_is_changed_in_place(client: AsyncWebClient, workspace: Workspace) -> None:
    view = {**VIEW, "external_id": "form-1"}
    opened = (await client.views_open(trigger_id=trigger(workspace), view=view))["view"]
    changed = (await client.views_update(view_id=opened["id"], view=view))["view"]

    assert changed["id"] == opened["id"]
    assert changed["hash"] != opened["hash"]
    stale = client.views_update(view_id=opened["id"], hash=opened["hash"], view=view)
    assert await refusal(stale) == "hash_conflict"
    await client.views_update(external_id="form-1", hash=changed["hash"], view=view)
    taken = client.views_open(trigger_id=trigger(workspace), view=view)
    assert await refusal(taken) == "duplicate_external_id"


async def test_a_closed_view_is_not_found(client: AsyncWebClient, workspace: Workspace) -> None:
    view_id = (await client.views_open(trigger_id=trigger(workspace), view=VIEW))["view"]["id"]
    workspace.close_view(workspace.views[view_id])

    assert await refusal(client.views_update(view_id=view_id, view=VIEW)) == "not_found"


async def test_at_most_three_views_are_stacked(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    top = (await client.views_open(trigger_id=trigger(workspace), view=VIEW))["view"]
    for _ in range(2):
        pushed = trigger(workspace, top["id"])
        top = (await client.views_push(trigger_id=pushed, view=VIEW))["view"]

    assert len(workspace.open_views("U0ANN")) == 3
    fourth = client.views_push(trigger_id=trigger(workspace, top["id"]), view=VIEW)
    assert await refusal(fourth) == "push_limit_reached"


async def test_a_response_url_works_five_times_everywhere(
    session: aiohttp.ClientSession, workspace: Workspace, ann: Payloads
) -> None:
    billing = workspace.channels["G0BILLING"]
    url = ann.command("/weav-conversation", "", billing)["response_url"]
    body = {"text": "Hello", "response_type": "in_channel"}
    statuses = [await post(session, url, body) for _ in range(6)]

    assert statuses == [200, 200, 200, 200, 200, 404]
    assert [message.only_for for message in workspace.from_bot("G0BILLING")] == [""] * 5


async def test_a_response_url_is_private_by_default_and_expires(
    session: aiohttp.ClientSession, workspace: Workspace, ann: Payloads
) -> None:
    support = workspace.channels["C0SUPPORT"]
    url = ann.command("/weav-conversation", "", support)["response_url"]
    workspace.response_urls.seconds = 0
    old = ann.command("/weav-conversation", "", support)["response_url"]

    assert await post(session, url, {"text": "psst"}) == 200
    assert workspace.from_bot()[0].only_for == "U0ANN"
    assert await post(session, url, {"text": ""}) == 400
    assert await error_of(session, old, "{}", "application/json") == "expired_url"


async def test_a_response_url_uses_thread_ts_only_in_channel(
    session: aiohttp.ClientSession, workspace: Workspace, ann: Payloads
) -> None:
    first = workspace.messages_in("C0SUPPORT")[1]
    url = ann.action_in_message(first, {}, {})["response_url"]

    for kind in ("ephemeral", "in_channel"):
        body = {"text": kind, "response_type": kind, "thread_ts": first.ts}
        assert await post(session, url, body) == 200

    threads = {message.text: message.thread_ts for message in workspace.from_bot("C0SUPPORT")}
    assert threads == {"ephemeral": "", "in_channel": first.ts}


async def test_a_response_url_replaces_and_deletes_the_clicked_message(
    session: aiohttp.ClientSession, workspace: Workspace, ann: Payloads
) -> None:
    message = workspace.add_message("C0SUPPORT", "U0BOT", "a", [], only_for="U0ANN")
    url = ann.action_in_message(message, {}, {})["response_url"]

    await post(session, url, {"text": "b", "replace_original": True})
    assert [shown.text for shown in workspace.from_bot()] == ["b"]
    await post(session, url, {"delete_original": True})
    assert workspace.from_bot() == []


async def test_a_fault_answers_with_an_error_once(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.faults.add(
        SlackFault("chat.postMessage", "fatal_error", where={"channel": "C0SUPPORT"})
    )

    await client.chat_postMessage(channel="C0GENERAL", text="x")
    first = client.chat_postMessage(channel="C0SUPPORT", text="x")
    assert await refusal(first) == "fatal_error"
    await client.chat_postMessage(channel="C0SUPPORT", text="x")
    assert len(workspace.from_bot()) == 2


async def test_a_rate_limit_says_when_to_come_back(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.faults.add(rate_limited("chat.postMessage", retry_after=7, times=None))

    for _ in range(2):
        with pytest.raises(SlackApiError) as error:
            await client.chat_postMessage(channel="C0SUPPORT", text="x")
        assert error.value.response.status_code == 429
        assert error.value.response.headers["Retry-After"] == "7"


async def test_a_fault_can_answer_something_else_than_json(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.faults.add(SlackFault("auth.test", status=502, body="<h1>Bad gateway</h1>"))

    with pytest.raises(SlackApiError, match="502"):
        await client.auth_test()


async def test_a_connection_is_dropped_before_or_after_the_effect(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.faults.add(SlackFault("chat.postMessage", drop="before"))
    workspace.faults.add(SlackFault("chat.postMessage", drop="after"))

    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel="C0SUPPORT", text="lost")
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel="C0SUPPORT", text="posted")
    assert [message.text for message in workspace.from_bot()] == ["posted"]
    assert [call.status for call in workspace.calls] == [0, 0]


async def test_faults_apply_to_response_urls_too(
    session: aiohttp.ClientSession, workspace: Workspace, ann: Payloads
) -> None:
    workspace.faults.add(SlackFault(RESPONSE_URL, status=500))
    url = ann.command("/weav-conversation", "", workspace.channels["C0SUPPORT"])["response_url"]

    assert await post(session, url, {"text": "x"}) == 500
    assert await post(session, url, {"text": "x"}) == 200


async def test_every_call_is_logged_with_its_connection(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    for text in ("one", "two", "three"):
        await client.chat_postMessage(channel="C0SUPPORT", text=text)

    assert [call.arguments["text"] for call in workspace.calls_of("chat.postMessage")] == [
        "one",
        "two",
        "three",
    ]
    assert workspace.connections() == 1
    assert "token" not in str(workspace.calls)


async def test_bodies_that_cannot_be_read_are_refused(
    session: aiohttp.ClientSession, slack: SlackSandbox
) -> None:
    url = f"{slack.api_url}auth.test"

    assert await error_of(session, url, "{", "application/json") == "invalid_json"
    assert await error_of(session, url, "x", "text/plain") == "invalid_post_type"


async def test_changes_are_published_and_can_be_awaited(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    events = workspace.events()
    await client.chat_postMessage(channel="C0SUPPORT", text="Hello")

    assert [(await anext(events)).kind for _ in range(2)] == ["message", "call"]
    assert (await workspace.until(lambda ws: ws.from_bot()))[0].text == "Hello"
    with pytest.raises(TimeoutError):
        await workspace.until(lambda ws: ws.views, within=0.01)
