"""Assignees: nobody, a person or an agent."""

import asyncio
from pathlib import Path

import pytest

from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.seeds import CHAT_AGENT, EMAIL_AGENT, RETIRED_AGENT
from tests.house import JANE, House, house, selected_value, text_on
from tests.ledger.losing import holding_file
from tests.scenarios.filling import AGENTS, FAILURES, open_form, suggestions

ME = "5e1a0000-0000-4000-8000-000000000001"
BENS = "5e1a0000-0000-4000-8000-000000000002"
CEMS = "5e1a0000-0000-4000-8000-000000000003"


def picker(at_home: House) -> str:
    kind: str = at_home.ann.view.block("assignee_id")["element"]["type"]
    return kind


async def choose_type(at_home: House, kind: str) -> None:
    """Wait for the picker of this kind; the form may also be redrawn for other reasons."""
    await at_home.ann.act("assignee_type", kind)
    fits = "plain_text_input" if kind == "nobody" else "external_select"
    await at_home.slack.until(lambda _: (shown_type(at_home), picker(at_home)) == (kind, fits))


def shown_type(at_home: House) -> str:
    element = at_home.ann.view.block("assignee_type")["element"]
    return str(element.get("initial_option", {}).get("value", ""))


async def test_only_active_agents_are_suggested_by_name(any_way: House) -> None:
    await open_form(any_way)
    await choose_type(any_way, "agent")

    everybody = await suggestions(any_way.ann, "assignee_id", "")

    assert [label for _, label, _ in everybody] == ["Chat assistant", "Mail assistant"]
    assert RETIRED_AGENT not in {value for value, _, _ in everybody}
    assert await suggestions(any_way.ann, "assignee_id", "MAIL") == [
        (EMAIL_AGENT, "Mail assistant", "Active in Weav")
    ]
    assert "choose the active email agent" in text_on(any_way.ann.view)


async def test_a_chosen_agent_is_the_assignee(any_way: House) -> None:
    await open_form(any_way, words=f"email {JANE}")
    await choose_type(any_way, "agent")

    await any_way.ann.submit({"assignee_id": "mail"})

    await any_way.card()
    assert any_way.weav.creations[0].json == {
        "channel": "email",
        "customer_id": JANE,
        "assignee_type": "agent",
        "assignee_id": EMAIL_AGENT,
    }


async def test_all_pages_of_agents_are_requested_once_in_five_minutes(at_home: House) -> None:
    for number in range(120):
        at_home.weav.store.create_agent({"name": f"Helper {number}"})
    await open_form(at_home)
    await choose_type(at_home, "agent")

    for typed in ("h", "he", "helper 119"):
        assert await suggestions(at_home.ann, "assignee_id", typed)

    assert len([r for r in at_home.weav.requests if r.path.endswith("/agents")]) == 2


@pytest.mark.parametrize("name", FAILURES)
async def test_if_agents_cannot_be_listed_the_form_says_so_and_takes_an_id(
    at_home: House, name: str
) -> None:
    at_home.weav.fail(FAILURES[name])
    await open_form(at_home, words=f"email {JANE}")
    await choose_type(at_home, "agent")

    [(value, label, reason)] = await suggestions(at_home.ann, "assignee_id", "")
    assert (value, label) == ("nothing", "No agents to show")
    assert reason
    [(value, label, _)] = await suggestions(at_home.ann, "assignee_id", EMAIL_AGENT)
    assert (value, label) == (EMAIL_AGENT, f"Use this ID unchecked: {EMAIL_AGENT}")
    at_home.weav.faults.clear()
    await at_home.ann.submit({"assignee_id": EMAIL_AGENT})
    await at_home.card()


async def test_cached_agents_are_suggested_while_weav_fails(at_home: House) -> None:
    await open_form(at_home)
    await choose_type(at_home, "agent")
    assert len(await suggestions(at_home.ann, "assignee_id", "")) == 2
    at_home.weav.fail(WeavFault(status=500, **AGENTS))

    assert len(await suggestions(at_home.ann, "assignee_id", "assist")) == 2


async def test_a_user_with_a_weav_id_is_suggested_as_me_and_to_others_by_name(
    any_way: House,
) -> None:
    told = await any_way.ann.command(f"me {ME.upper()}")
    await any_way.ben.command(f"me {BENS}")
    await open_form(any_way)
    await choose_type(any_way, "user")

    assert ME in told.body["text"]
    assert told.body["response_type"] == "ephemeral"
    assert await suggestions(any_way.ann, "assignee_id", "") == [
        (ME, "Me (ann)", "As you told the bot"),
        (BENS, "ben", "As they told the bot"),
    ]
    assert await suggestions(any_way.ann, "assignee_id", "BE") == [
        (BENS, "ben", "As they told the bot")
    ]
    assert await suggestions(any_way.ann, "assignee_id", CEMS) == [
        (CEMS, f"Use this ID unchecked: {CEMS}", "Weav's API does not list people")
    ]


@pytest.mark.parametrize(
    ("kind", "label", "way_on"),
    [
        ("user", "Nobody like that has told the bot who they are", "/weav-conversation me UUID"),
        ("agent", "No active agent by that name", "paste an ID"),
    ],
)
async def test_a_select_without_a_match_says_what_else_to_do(
    at_home: House, kind: str, label: str, way_on: str
) -> None:
    await open_form(at_home)
    await choose_type(at_home, kind)

    [(value, said, reason)] = await suggestions(at_home.ann, "assignee_id", "Xaver")

    assert (value, said) == ("nothing", label)
    assert way_on in reason


async def test_me_makes_the_user_the_assignee(any_way: House) -> None:
    await any_way.ann.command(f"me {ME}")
    await open_form(any_way, words=f"chat {JANE}")
    await choose_type(any_way, "user")

    await any_way.ann.submit({"assignee_id": "me"})

    await any_way.card()
    request = any_way.weav.creations[0].json
    assert (request["assignee_type"], request["assignee_id"]) == ("user", ME)


async def test_a_wrong_weav_id_can_be_corrected(at_home: House) -> None:
    await at_home.ann.command(f"me {BENS}")
    await at_home.ann.command(f"me https://app.weav.example/users/{ME}")
    await open_form(at_home)
    await choose_type(at_home, "user")

    assert [value for value, _, _ in await suggestions(at_home.ann, "assignee_id", "")] == [ME]


@pytest.mark.parametrize("words", ["me", "me too", "me 12", f"me {ME} and more", "meet"])
async def test_other_words_that_start_with_me_are_a_subject(at_home: House, words: str) -> None:
    await open_form(at_home, words=words)
    assert at_home.ann.view.values["subject"]["subject"]["value"] == words


async def test_changing_the_type_keeps_other_fields(any_way: House) -> None:
    await open_form(any_way, words=f"email urgent {JANE} Export hangs")
    any_way.ann.fill({"subject": "Typed meanwhile", "status": "closed", "priority": "low"})

    await choose_type(any_way, "agent")
    await choose_type(any_way, "user")

    values = any_way.ann.view.values
    assert values["subject"]["subject"]["value"] == "Typed meanwhile"
    assert selected_value(any_way.ann.view, "status") == "closed"
    assert selected_value(any_way.ann.view, "priority") == "low"
    assert selected_value(any_way.ann.view, "customer_id") == JANE
    assert picker(any_way) == "external_select"


async def test_a_typed_id_stays_when_the_type_is_chosen_later(at_home: House) -> None:
    await open_form(at_home, words=f"email {JANE}")
    assert picker(at_home) == "plain_text_input"
    at_home.ann.fill({"assignee_id": CEMS})

    await choose_type(at_home, "user")

    assert selected_value(at_home.ann.view, "assignee_id") == CEMS
    await at_home.ann.submit()
    await at_home.card()
    assert at_home.weav.conversations[0]["assignee_id"] == CEMS


async def test_nobody_removes_the_assignee(any_way: House) -> None:
    await open_form(any_way, words=f"email {JANE}")
    await choose_type(any_way, "agent")
    await any_way.ann.type_in({"assignee_id": "mail"})

    await choose_type(any_way, "nobody")
    assert any_way.ann.view.values["assignee_id"]["assignee_id"]["value"] is None
    await any_way.ann.submit()

    await any_way.card()
    assert any_way.weav.creations[0].json == {"channel": "email", "customer_id": JANE}


async def test_nobody_wins_over_a_value_that_slack_kept_in_the_picker(at_home: House) -> None:
    await open_form(at_home, words=f"email {JANE}")
    await choose_type(at_home, "agent")
    await at_home.ann.type_in({"assignee_id": "mail"})
    at_home.ann.fill({"assignee_type": "nobody"})

    await at_home.ann.submit()

    await at_home.card()
    assert "assignee_id" not in at_home.weav.creations[0].json


async def test_an_agent_left_in_the_picker_is_not_sent_as_a_person(at_home: House) -> None:
    await at_home.ben.command(f"me {BENS}")
    await open_form(at_home, words=f"email {JANE}")
    await choose_type(at_home, "agent")
    await at_home.ann.type_in({"assignee_id": "mail"})
    await choose_type(at_home, "user")
    shown = at_home.ann.view.block("assignee_id")["element"]["initial_option"]
    assert shown == at_home.ann.view.values["assignee_id"]["assignee_id"]["selected_option"]
    assert shown["text"]["text"] == "Mail assistant"

    answer = await at_home.ann.submit()

    assert answer.errors == {"assignee_id": "Choose a person: Mail assistant is an AI agent."}
    await at_home.ann.type_in({"assignee_id": "ben"})
    await choose_type(at_home, "agent")
    answer = await at_home.ann.submit()
    assert answer.errors == {"assignee_id": "Choose an AI agent: ben is a person."}
    assert at_home.weav.creations == []


async def test_a_typed_id_is_not_shown_with_the_name_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = holding_file("weav_users", monkeypatch)
    async with house(tmp_path) as at_home:
        at_home.slack.scopes += ("channels:read",)
        await at_home.ann.command(f"me {ME}")
        await at_home.ann.command("", "C0PARTNERS")
        await at_home.slack.until(lambda slack: slack.calls_of("views.update"))
        at_home.ann.fill({"assignee_id": ME})

        reads.go_on.clear()
        await at_home.ann.act("assignee_type", "user")
        at_home.ann.fill({"assignee_id": BENS})
        await at_home.ann.act("post_to", "C0GENERAL")
        reads.go_on.set()
    # When this ends, the bot has finished everything that it had started.
    shown = at_home.ann.view.block("assignee_id")["element"]["initial_option"]
    assert (shown["value"], shown["text"]["text"]) == (BENS, BENS)


async def test_an_assignee_without_type_or_id_is_an_error(at_home: House) -> None:
    await open_form(at_home, words=f"email {JANE}")
    await choose_type(at_home, "agent")

    answer = await at_home.ann.submit()

    assert answer.errors.keys() == {"assignee_id"}


async def test_an_agent_that_weav_does_not_allow_is_an_error_under_the_field(
    at_home: House,
) -> None:
    await open_form(at_home, words=f"email {JANE}")
    await choose_type(at_home, "agent")

    answer = await at_home.ann.submit({"assignee_id": CHAT_AGENT})

    assert answer.errors == {"assignee_id": "The selected assignee id is invalid."}


async def test_two_choices_at_once_both_change_the_form(at_home: House) -> None:
    at_home.weav.store.create_conversation({"channel": "chat", "customer_id": JANE})
    await open_form(at_home)
    await at_home.ann.suggest("customer_id", JANE)

    for _ in range(5):
        await asyncio.gather(
            at_home.ann.act("customer_id", JANE), at_home.ann.act("assignee_type", "agent")
        )
        await at_home.slack.until(lambda _: picker(at_home) == "external_select")
        await at_home.slack.until(lambda _: "Open already" in text_on(at_home.ann.view))
        await asyncio.gather(
            at_home.ann.act("customer_id", None), at_home.ann.act("assignee_type", "nobody")
        )
        await at_home.slack.until(lambda _: picker(at_home) == "plain_text_input")
        await at_home.slack.until(lambda _: "Open already" not in text_on(at_home.ann.view))


async def until_fault_taken(at_home: House) -> None:
    """Wait until a call has met the fault: the sandbox records a call only when it ends."""
    async with asyncio.timeout(5):
        while True:
            if not at_home.slack.faults.armed():
                return
            await asyncio.sleep(0.01)


async def test_of_two_types_chosen_quickly_the_later_one_stays(at_home: House) -> None:
    await open_form(at_home)
    at_home.slack.faults.add(SlackFault("views.update", delay=0.5))
    await at_home.ann.act("assignee_type", "agent")
    await until_fault_taken(at_home)

    await choose_type(at_home, "user")

    await at_home.slack.until(lambda slack: len(slack.calls_of("views.update")) == 2)
    await suggestions(at_home.ann, "assignee_id", "")
    assert "ID of a person" in str(at_home.ann.view.block("assignee_id"))
    assert selected_value(at_home.ann.view, "assignee_type") == "user"
    assert len(at_home.slack.calls_of("views.update")) == 2


async def test_a_form_that_was_closed_is_not_redrawn(at_home: House) -> None:
    await open_form(at_home)
    view = at_home.ann.view
    at_home.slack.close_view(view)

    await at_home.ann.act("assignee_type", "agent", view.id)

    await at_home.slack.until(lambda slack: slack.calls_of("views.update"))
    assert at_home.slack.from_bot() == []
