import asyncio
from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import PlainTextResponse, Response

from bot.sandbox.serving import serve
from bot.sandbox.slack import (
    DISPATCH_FAILED,
    FORM_INCOMPLETE,
    OPERATION_TIMEOUT,
    TROUBLE_CONNECTING,
    HttpEndpoint,
    Person,
    SlackSandbox,
    Workspace,
)
from tests.sandbox.scripted_bot import SECRET, Json, ScriptedBot, field, form, option, plain

GOOD = {"channel": "email", "subject": "Hello"}


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox().serving() as sandbox:
        yield sandbox


@pytest.fixture
def workspace(slack: SlackSandbox) -> Workspace:
    return slack.workspace


@pytest.fixture
def bot(slack: SlackSandbox) -> ScriptedBot:
    token = slack.workspace.bot_token
    return ScriptedBot(AsyncWebClient(token=token, base_url=slack.api_url))


@pytest.fixture
async def endpoint(bot: ScriptedBot) -> AsyncIterator[HttpEndpoint]:
    async with serve(bot.asgi) as url, HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint:
        yield endpoint


@pytest.fixture
def ann(slack: SlackSandbox, endpoint: HttpEndpoint) -> Person:
    return slack.person("U0ANN", endpoint)


async def test_a_command_carries_what_slack_sends(ann: Person, bot: ScriptedBot) -> None:
    answer = await ann.command("urgent & <b>", "G0BILLING")

    (sent,) = bot.payloads
    assert (answer.status, answer.trouble) == (200, "")
    assert sent == answer.payload
    assert (sent["text"], sent["channel_id"], sent["channel_name"]) == (
        "urgent & <b>",
        "G0BILLING",
        "privategroup",
    )
    assert {"token", "team_id", "team_domain", "user_id", "user_name", "api_app_id"} < sent.keys()


async def test_a_person_of_another_organisation_has_another_team(
    slack: SlackSandbox, endpoint: HttpEndpoint, bot: ScriptedBot
) -> None:
    eve = slack.person("U0EVE", endpoint)
    await eve.command("", "C0PARTNERS")
    await eve.submit({"channel": "email"})

    command, submission = bot.payloads
    assert command["team_id"] == "T0OTHER"
    assert submission["user"]["team_id"] == "T0OTHER"
    assert submission["team"]["id"] == "T0SANDBOX"


async def test_a_message_shortcut_carries_the_message(
    ann: Person, bot: ScriptedBot, workspace: Workspace
) -> None:
    message = workspace.messages_in("C0SUPPORT")[1]
    await ann.message_shortcut("from_message", message.ts)

    (sent,) = bot.payloads
    assert (sent["type"], sent["callback_id"]) == ("message_action", "from_message")
    assert sent["channel"] == {"id": "C0SUPPORT", "name": "support"}
    assert sent["message"] == message.payload()
    assert sent["message"]["thread_ts"] == sent["message_ts"] == message.ts
    assert sent["message"]["blocks"][0]["type"] == "rich_text"


async def test_a_global_shortcut_has_no_channel_and_no_response_url(
    ann: Person, bot: ScriptedBot
) -> None:
    await ann.global_shortcut("new")

    assert bot.payloads[0]["type"] == "shortcut"
    assert not {"channel", "response_url"} & bot.payloads[0].keys()


@pytest.mark.parametrize("viewing", ["C0GENERAL", ""])
async def test_a_global_shortcuts_form_has_the_current_conversation(
    ann: Person, bot: ScriptedBot, viewing: str
) -> None:
    await ann.global_shortcut("new", viewing)

    assert "C0GENERAL" not in str(bot.payloads[0])
    assert ann.view.values["post_to"]["post_to"]["selected_conversation"] == (viewing or None)


async def test_a_submission_carries_the_whole_state(ann: Person, bot: ScriptedBot) -> None:
    await ann.command("", "D0ANNBEN")
    opened = ann.view
    answer = await ann.submit({"channel": "email", "subject": ""})

    view = bot.payloads[-1]["view"]
    email = {"text": plain("Email") | {"emoji": True}, "value": "email"}
    assert answer.trouble == ""
    assert view["state"]["values"] == {
        "channel": {"channel": {"type": "static_select", "selected_option": email}},
        "subject": {"subject": {"type": "plain_text_input", "value": None}},
        "assignee": {"assignee": {"type": "external_select", "selected_option": None}},
        "post_to": {
            "post_to": {"type": "conversations_select", "selected_conversation": "D0ANNBEN"}
        },
    }
    assert (view["id"], view["hash"], view["private_metadata"]) == (opened.id, opened.hash, "kept")
    (url,) = bot.payloads[-1]["response_urls"]
    assert (url["block_id"], url["channel_id"]) == ("post_to", "D0ANNBEN")
    assert not opened.is_open


async def test_slacks_client_refuses_an_incomplete_form(ann: Person, bot: ScriptedBot) -> None:
    await ann.command()
    answer = await ann.submit({"subject": "too long"})

    assert (answer.trouble, answer.delivery) == (FORM_INCOMPLETE, None)
    assert answer.errors == {
        "channel": "Please complete this required field.",
        "subject": "Please enter no more than 5 characters.",
    }
    assert len(bot.payloads) == 1


async def test_a_person_can_only_choose_what_is_there(ann: Person) -> None:
    await ann.command()

    with pytest.raises(LookupError, match="not among"):
        ann.fill({"channel": "chat"})
    with pytest.raises(LookupError, match="no block 'colour'"):
        ann.fill({"colour": "red"})


async def test_errors_are_shown_under_their_fields(ann: Person, bot: ScriptedBot) -> None:
    await ann.command()
    bot.answer = lambda _: {"response_action": "errors", "errors": {"subject": "No."}}
    answer = await ann.submit(GOOD)

    assert (answer.trouble, answer.errors) == ("", {"subject": "No."})
    assert ann.view.errors == {"subject": "No."}
    assert ann.view.values["subject"]["subject"]["value"] == "Hello"


async def test_an_update_changes_the_view_but_not_what_was_typed(
    ann: Person, bot: ScriptedBot
) -> None:
    await ann.command()
    before, old_hash = ann.view, ann.view.hash
    initial = field("subject", {"type": "plain_text_input", "initial_value": "New"})
    other = field("subject_2", {"type": "plain_text_input", "initial_value": "New"})
    view = form(blocks=[initial, other])
    bot.answer = lambda _: {"response_action": "update", "view": view}
    await ann.submit(GOOD)

    assert ann.view is before
    assert ann.view.hash != old_hash
    assert ann.view.values["subject"]["subject"]["value"] == "Hello"
    assert ann.view.values["subject_2"]["subject_2"]["value"] == "New"


async def test_a_push_puts_a_view_on_top_and_clear_closes_all(
    ann: Person, bot: ScriptedBot, workspace: Workspace
) -> None:
    await ann.command()
    root = ann.view
    bot.answer = lambda _: {"response_action": "push", "view": form()}
    await ann.submit(GOOD)
    bot.answer = lambda _: {"response_action": "clear"}

    assert (ann.view.root_view_id, ann.view.previous_view_id) == (root.id, root.id)
    await ann.submit({"channel": "email"})
    assert workspace.open_views("U0ANN") == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"colour": "There is no such field."}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"subject": ""}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "update"},
        {"response_action": "shut"},
        {"ok": True},
        PlainTextResponse("thanks"),
        Response(status_code=500),
    ],
)
async def test_an_answer_that_slack_cannot_use_is_an_error(
    ann: Person, bot: ScriptedBot, workspace: Workspace, answer: object
) -> None:
    await ann.command()
    bot.answer = lambda _: answer
    outcome = await ann.submit(GOOD)

    assert outcome.trouble in {TROUBLE_CONNECTING, DISPATCH_FAILED}
    assert ann.view.trouble == TROUBLE_CONNECTING
    assert workspace.troubles[0].action == "view_submission"


async def test_no_answer_is_an_operation_timeout(
    ann: Person, endpoint: HttpEndpoint, workspace: Workspace
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        endpoint.request_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        endpoint.timeout = 0.05
        answer = await ann.command()

    assert answer.trouble == OPERATION_TIMEOUT
    assert workspace.troubles[0].shown == OPERATION_TIMEOUT


async def test_a_bot_that_is_down_is_a_failed_dispatch(ann: Person, endpoint: HttpEndpoint) -> None:
    endpoint.request_url = "http://127.0.0.1:1/slack/events"

    assert (await ann.command()).trouble == DISPATCH_FAILED


async def test_a_command_may_answer_in_its_body(
    ann: Person, bot: ScriptedBot, workspace: Workspace
) -> None:
    for said in (
        PlainTextResponse("psst"),
        {"text": "all", "response_type": "in_channel"},
        {"text": "", "blocks": []},
    ):
        bot.answer = lambda _, said=said: said  # type: ignore[misc]
        answer = await ann.command("answer")

    assert [(m.text, m.only_for) for m in workspace.from_bot()] == [("psst", "U0ANN"), ("all", "")]
    assert answer.trouble == DISPATCH_FAILED


async def test_the_same_payload_can_be_delivered_twice(
    ann: Person, bot: ScriptedBot, workspace: Workspace
) -> None:
    await ann.command()
    ann.fill(GOOD)
    delivery = ann.submission_delivery()
    first, second = await asyncio.gather(ann.send(delivery), ann.send(delivery))

    assert bot.payloads[1] == bot.payloads[2]
    assert (first.trouble, second.trouble) == ("", "")
    assert workspace.top_view("U0ANN") is None


async def test_view_closed_is_sent_with_notify_on_close(ann: Person, bot: ScriptedBot) -> None:
    await ann.command()
    assert (await ann.close()).delivery is None
    bot.view = form(notify_on_close=True)
    await ann.command()
    await ann.close(clear=True)

    assert bot.payloads[-1]["type"] == "view_closed"
    assert bot.payloads[-1]["is_cleared"] is True


async def test_suggestions_are_requested_checked_and_chosen(ann: Person, bot: ScriptedBot) -> None:
    await ann.command()
    bot.answer = lambda _: {"options": [option("ben")]}
    short, found = await ann.suggest("assignee", "b"), await ann.suggest("assignee", "be")
    ann.fill({"assignee": "ben"})
    bot.answer = lambda _: {"options": [{"value": "ben"}]}

    assert (short.delivery, [one["value"] for one in found.options]) == (None, ["ben"])
    assert bot.payloads[-1]["type"] == "block_suggestion"
    assert (bot.payloads[-1]["action_id"], bot.payloads[-1]["value"]) == ("assignee", "be")
    assert ann.view.values["assignee"]["assignee"]["selected_option"]["value"] == "ben"
    assert (await ann.suggest("assignee", "ben")).trouble == DISPATCH_FAILED


async def test_a_choice_is_sent_with_dispatch_action(ann: Person, bot: ScriptedBot) -> None:
    select = {"type": "static_select", "options": [option("user"), option("agent")]}
    bot.view = form(blocks=[field("quiet", select), field("loud", select, dispatch_action=True)])
    await ann.command()
    quiet = await ann.act("quiet", "user")
    await ann.act("loud", "agent")

    (action,) = bot.payloads[-1]["actions"]
    values = bot.payloads[-1]["view"]["state"]["values"]
    assert quiet.delivery is None
    assert (action["block_id"], action["selected_option"]["value"]) == ("loud", "agent")
    assert values["quiet"]["quiet"]["selected_option"]["value"] == "user"
    assert bot.payloads[-1]["container"] == {"type": "view", "view_id": ann.view.id}


@pytest.mark.parametrize("only_for", ["", "U0ANN"])
async def test_a_button_in_a_message_is_clicked(
    ann: Person, bot: ScriptedBot, workspace: Workspace, only_for: str
) -> None:
    button = {"type": "button", "action_id": "again", "value": "v", "text": plain("Again")}
    blocks: list[Json] = [{"type": "actions", "block_id": "b", "elements": [button]}]
    message = workspace.add_message("C0SUPPORT", "U0BOT", "x", blocks, only_for=only_for)
    await ann.click("again")

    (sent,) = bot.payloads
    assert sent["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": "C0SUPPORT",
        "is_ephemeral": bool(only_for),
    }
    assert sent["actions"][0].items() >= {"action_id": "again", "value": "v"}.items()
    assert ("message" in sent) is not bool(only_for)
    assert sent["response_url"].startswith(workspace.base_url)


async def test_the_same_button_in_two_blocks_works_in_either(
    ann: Person, bot: ScriptedBot, workspace: Workspace
) -> None:
    blocks: list[Json] = [
        {"type": "actions", "block_id": row, "elements": [button | {"value": row}]}
        for row in ("first", "second")
        for button in [{"type": "button", "action_id": "again", "text": plain("Again")}]
    ]
    workspace.add_message("C0SUPPORT", "U0BOT", "x", blocks)

    await ann.click("again")
    await ann.click("again", block_id="second")

    assert [sent["actions"][0]["value"] for sent in bot.payloads] == ["first", "second"]
    with pytest.raises(LookupError, match="again"):
        await ann.click("again", block_id="third")


async def test_a_private_button_is_not_seen_by_others(
    slack: SlackSandbox, endpoint: HttpEndpoint, workspace: Workspace
) -> None:
    button = {"type": "button", "action_id": "again", "text": plain("Again")}
    blocks: list[Json] = [{"type": "actions", "elements": [button]}]
    workspace.add_message("C0SUPPORT", "U0BOT", "x", blocks, only_for="U0ANN")

    with pytest.raises(LookupError, match="again"):
        await slack.person("U0BEN", endpoint).click("again")


async def test_raw_stale_and_unsigned_bodies_can_be_sent(
    endpoint: HttpEndpoint, bot: ScriptedBot
) -> None:
    body = b"command=%2Fweav-conversation&text=answer"
    signed = await endpoint.post(body)
    stale = await endpoint.post(body, endpoint.headers(body, age=301))
    unsigned = await endpoint.post(body, {})

    assert (signed.status, stale.status, unsigned.status) == (200, 401, 401)
    assert len(bot.payloads) == 1


async def test_a_person_sees_their_own_side_of_the_workspace(
    ann: Person, workspace: Workspace
) -> None:
    await ann.command()
    seen = workspace.snapshot("U0CAT")

    assert [view["id"] for view in workspace.snapshot("U0ANN")["views"]] == [ann.view.id]
    assert seen["views"] == []
    assert {channel["id"] for channel in seen["channels"]} == {
        "C0SUPPORT",
        "C0GENERAL",
        "C0PARTNERS",
    }


async def test_typing_into_an_external_select_picks_the_match_or_the_first(
    ann: Person, bot: ScriptedBot
) -> None:
    await ann.command()
    bot.answer = lambda _: {"options": [option("ben"), option("ann")]}

    await ann.type_in({"assignee": "ann"})
    pick_option = ann.view.values["assignee"]["assignee"]["selected_option"]["value"]
    await ann.type_in({"assignee": "somebody"})
    first = ann.view.values["assignee"]["assignee"]["selected_option"]["value"]
    bot.answer = lambda _: {"options": []}

    assert (pick_option, first) == ("ann", "ben")
    with pytest.raises(LookupError):
        await ann.type_in({"assignee": "nobody"})
