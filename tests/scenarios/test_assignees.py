"""Assignees: nobody, a person or an agent."""

import asyncio
from pathlib import Path

import pytest

from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.seeds import CHAT_AGENT, EMAIL_AGENT, RETIRED_AGENT
from tests.harness import JANE, Harness, open_harness, selected_value, text_on
from tests.ledger.losing import holding_file
from tests.scenarios.filling import AGENTS, FAILURES, open_form, suggestions

ME = "5e1a0000-0000-4000-8000-000000000001"
BENS = "5e1a0000-0000-4000-8000-000000000002"
CEMS = "5e1a0000-0000-4000-8000-000000000003"


def picker(harness: Harness) -> str:
    kind: str = harness.ann.view.block("assignee_id")["element"]["type"]
    return kind


async def choose_type(harness: Harness, kind: str) -> None:
    """Wait for the picker of this kind; the form may also be redrawn for other reasons."""
    await harness.ann.act("assignee_type", kind)
    fits = "plain_text_input" if kind == "nobody" else "external_select"
    await harness.slack.until(lambda _: (shown_type(harness), picker(harness)) == (kind, fits))


def shown_type(harness: Harness) -> str:
    element = harness.ann.view.block("assignee_type")["element"]
    return str(element.get("initial_option", {}).get("value", ""))


async def test_only_active_agents_are_suggested_by_name(any_harness: Harness) -> None:
    await open_form(any_harness)
    await choose_type(any_harness, "agent")

    everybody = await suggestions(any_harness.ann, "assignee_id", "")

    assert [label for _, label, _ in everybody] == ["Chat assistant", "Mail assistant"]
    assert RETIRED_AGENT not in {value for value, _, _ in everybody}
    assert await suggestions(any_harness.ann, "assignee_id", "MAIL") == [
        (EMAIL_AGENT, "Mail assistant", "Active in Weav")
    ]
    assert "choose the active email agent" in text_on(any_harness.ann.view)


async def test_a_chosen_agent_is_the_assignee(any_harness: Harness) -> None:
    await open_form(any_harness, words=f"email {JANE}")
    await choose_type(any_harness, "agent")

    await any_harness.ann.submit({"assignee_id": "mail"})

    await any_harness.card()
    assert any_harness.weav.creations[0].json == {
        "channel": "email",
        "customer_id": JANE,
        "assignee_type": "agent",
        "assignee_id": EMAIL_AGENT,
    }


async def test_all_pages_of_agents_are_requested_once_in_five_minutes(harness: Harness) -> None:
    for number in range(120):
        harness.weav.store.create_agent({"name": f"Helper {number}"})
    await open_form(harness)
    await choose_type(harness, "agent")

    for typed in ("h", "he", "helper 119"):
        assert await suggestions(harness.ann, "assignee_id", typed)

    assert len([r for r in harness.weav.requests if r.path.endswith("/agents")]) == 2


@pytest.mark.parametrize("name", FAILURES)
async def test_if_agents_cannot_be_listed_the_form_says_so_and_takes_an_id(
    harness: Harness, name: str
) -> None:
    harness.weav.fail(FAILURES[name])
    await open_form(harness, words=f"email {JANE}")
    await choose_type(harness, "agent")

    [(value, label, reason)] = await suggestions(harness.ann, "assignee_id", "")
    assert (value, label) == ("nothing", "No agents to show")
    assert reason
    [(value, label, _)] = await suggestions(harness.ann, "assignee_id", EMAIL_AGENT)
    assert (value, label) == (EMAIL_AGENT, f"Use this ID unchecked: {EMAIL_AGENT}")
    harness.weav.faults.clear()
    await harness.ann.submit({"assignee_id": EMAIL_AGENT})
    await harness.card()


async def test_cached_agents_are_suggested_while_weav_fails(harness: Harness) -> None:
    await open_form(harness)
    await choose_type(harness, "agent")
    assert len(await suggestions(harness.ann, "assignee_id", "")) == 2
    harness.weav.fail(WeavFault(status=500, **AGENTS))

    assert len(await suggestions(harness.ann, "assignee_id", "assist")) == 2


async def test_a_user_with_a_weav_id_is_suggested_as_me_and_to_others_by_name(
    any_harness: Harness,
) -> None:
    told = await any_harness.ann.command(f"me {ME.upper()}")
    await any_harness.ben.command(f"me {BENS}")
    await open_form(any_harness)
    await choose_type(any_harness, "user")

    assert ME in told.body["text"]
    assert told.body["response_type"] == "ephemeral"
    assert await suggestions(any_harness.ann, "assignee_id", "") == [
        (ME, "Me (ann)", "As you told the bot"),
        (BENS, "ben", "As they told the bot"),
    ]
    assert await suggestions(any_harness.ann, "assignee_id", "BE") == [
        (BENS, "ben", "As they told the bot")
    ]
    assert await suggestions(any_harness.ann, "assignee_id", CEMS) == [
        (CEMS, f"Use this ID unchecked: {CEMS}", "Weav's API does not list people")
    ]


@pytest.mark.parametrize(
    ("kind", "label", "way_on"),
    [
        ("user", "The bot knows nobody by that name yet", "/weav-conversation me UUID"),
        ("agent", "No active agent by that name", "paste an ID"),
    ],
)
async def test_a_select_without_a_match_says_what_else_to_do(
    harness: Harness, kind: str, label: str, way_on: str
) -> None:
    await open_form(harness)
    await choose_type(harness, kind)

    [(value, said, reason)] = await suggestions(harness.ann, "assignee_id", "Xaver")

    assert (value, said) == ("nothing", label)
    assert way_on in reason


async def test_me_makes_the_user_the_assignee(any_harness: Harness) -> None:
    await any_harness.ann.command(f"me {ME}")
    await open_form(any_harness, words=f"chat {JANE}")
    await choose_type(any_harness, "user")

    await any_harness.ann.submit({"assignee_id": "me"})

    await any_harness.card()
    request = any_harness.weav.creations[0].json
    assert (request["assignee_type"], request["assignee_id"]) == ("user", ME)


async def test_a_wrong_weav_id_can_be_corrected(harness: Harness) -> None:
    await harness.ann.command(f"me {BENS}")
    await harness.ann.command(f"me https://app.weav.example/users/{ME}")
    await open_form(harness)
    await choose_type(harness, "user")

    assert [value for value, _, _ in await suggestions(harness.ann, "assignee_id", "")] == [ME]


@pytest.mark.parametrize("words", ["me", "me too", "me 12", f"me {ME} and more", "meet"])
async def test_other_words_that_start_with_me_are_a_subject(harness: Harness, words: str) -> None:
    await open_form(harness, words=words)
    assert harness.ann.view.values["subject"]["subject"]["value"] == words


async def test_changing_the_type_keeps_other_fields(any_harness: Harness) -> None:
    await open_form(any_harness, words=f"email urgent {JANE} Export hangs")
    any_harness.ann.fill({"subject": "Typed meanwhile", "status": "closed", "priority": "low"})

    await choose_type(any_harness, "agent")
    await choose_type(any_harness, "user")

    values = any_harness.ann.view.values
    assert values["subject"]["subject"]["value"] == "Typed meanwhile"
    assert selected_value(any_harness.ann.view, "status") == "closed"
    assert selected_value(any_harness.ann.view, "priority") == "low"
    assert selected_value(any_harness.ann.view, "customer_id") == JANE
    assert picker(any_harness) == "external_select"


async def test_a_typed_id_stays_when_the_type_is_chosen_later(harness: Harness) -> None:
    await open_form(harness, words=f"email {JANE}")
    assert picker(harness) == "plain_text_input"
    harness.ann.fill({"assignee_id": CEMS})

    await choose_type(harness, "user")

    assert selected_value(harness.ann.view, "assignee_id") == CEMS
    await harness.ann.submit()
    await harness.card()
    assert harness.weav.conversations[0]["assignee_id"] == CEMS


async def test_nobody_removes_the_assignee(any_harness: Harness) -> None:
    await open_form(any_harness, words=f"email {JANE}")
    await choose_type(any_harness, "agent")
    await any_harness.ann.type_in({"assignee_id": "mail"})

    await choose_type(any_harness, "nobody")
    assert any_harness.ann.view.values["assignee_id"]["assignee_id"]["value"] is None
    await any_harness.ann.submit()

    await any_harness.card()
    assert any_harness.weav.creations[0].json == {"channel": "email", "customer_id": JANE}


async def test_nobody_wins_over_a_value_that_slack_kept_in_the_picker(harness: Harness) -> None:
    await open_form(harness, words=f"email {JANE}")
    await choose_type(harness, "agent")
    await harness.ann.type_in({"assignee_id": "mail"})
    harness.ann.fill({"assignee_type": "nobody"})

    await harness.ann.submit()

    await harness.card()
    assert "assignee_id" not in harness.weav.creations[0].json


async def test_an_agent_left_in_the_picker_is_not_sent_as_a_person(harness: Harness) -> None:
    await harness.ben.command(f"me {BENS}")
    await open_form(harness, words=f"email {JANE}")
    await choose_type(harness, "agent")
    await harness.ann.type_in({"assignee_id": "mail"})
    await choose_type(harness, "user")
    shown = harness.ann.view.block("assignee_id")["element"]["initial_option"]
    assert shown == harness.ann.view.values["assignee_id"]["assignee_id"]["selected_option"]
    assert shown["text"]["text"] == "Mail assistant"

    answer = await harness.ann.submit()

    assert answer.errors == {"assignee_id": "Choose a person: Mail assistant is an AI agent."}
    await harness.ann.type_in({"assignee_id": "ben"})
    await choose_type(harness, "agent")
    answer = await harness.ann.submit()
    assert answer.errors == {"assignee_id": "Choose an AI agent: ben is a person."}
    assert harness.weav.creations == []


async def test_a_typed_id_is_not_shown_with_the_name_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = holding_file("weav_users", monkeypatch)
    async with open_harness(tmp_path) as harness:
        harness.slack.scopes += ("channels:read",)
        await harness.ann.command(f"me {ME}")
        await harness.ann.command("", "C0PARTNERS")
        await harness.slack.until(lambda slack: slack.calls_of("views.update"))
        harness.ann.fill({"assignee_id": ME})

        reads.go_on.clear()
        await harness.ann.act("assignee_type", "user")
        harness.ann.fill({"assignee_id": BENS})
        await harness.ann.act("post_to", "C0GENERAL")
        reads.go_on.set()
    # When this ends, the bot has finished everything that it had started.
    shown = harness.ann.view.block("assignee_id")["element"]["initial_option"]
    assert (shown["value"], shown["text"]["text"]) == (BENS, BENS)


async def test_an_assignee_without_type_or_id_is_an_error(harness: Harness) -> None:
    await open_form(harness, words=f"email {JANE}")
    await choose_type(harness, "agent")

    answer = await harness.ann.submit()

    assert answer.errors.keys() == {"assignee_id"}


async def test_an_agent_that_weav_does_not_allow_is_an_error_under_the_field(
    harness: Harness,
) -> None:
    await open_form(harness, words=f"email {JANE}")
    await choose_type(harness, "agent")

    answer = await harness.ann.submit({"assignee_id": CHAT_AGENT})

    assert answer.errors == {"assignee_id": "The selected assignee id is invalid."}


async def test_two_choices_at_once_both_change_the_form(harness: Harness) -> None:
    harness.weav.store.create_conversation({"channel": "chat", "customer_id": JANE})
    await open_form(harness)
    await harness.ann.suggest("customer_id", JANE)

    for _ in range(5):
        await asyncio.gather(
            harness.ann.act("customer_id", JANE), harness.ann.act("assignee_type", "agent")
        )
        await harness.slack.until(lambda _: picker(harness) == "external_select")
        await harness.slack.until(lambda _: "Open already" in text_on(harness.ann.view))
        await asyncio.gather(
            harness.ann.act("customer_id", None), harness.ann.act("assignee_type", "nobody")
        )
        await harness.slack.until(lambda _: picker(harness) == "plain_text_input")
        await harness.slack.until(lambda _: "Open already" not in text_on(harness.ann.view))


async def until_fault_taken(harness: Harness) -> None:
    """Wait until a call has met the fault: the sandbox records a call only when it ends."""
    async with asyncio.timeout(5):
        while True:
            if not harness.slack.faults.armed():
                return
            await asyncio.sleep(0.01)


async def test_of_two_types_chosen_quickly_the_later_one_stays(harness: Harness) -> None:
    await open_form(harness)
    harness.slack.faults.add(SlackFault("views.update", delay=0.5))
    await harness.ann.act("assignee_type", "agent")
    await until_fault_taken(harness)

    await choose_type(harness, "user")

    await harness.slack.until(lambda slack: len(slack.calls_of("views.update")) == 2)
    await suggestions(harness.ann, "assignee_id", "")
    assert "ID of a person" in str(harness.ann.view.block("assignee_id"))
    assert selected_value(harness.ann.view, "assignee_type") == "user"
    assert len(harness.slack.calls_of("views.update")) == 2


async def test_a_form_that_was_closed_is_not_redrawn(harness: Harness) -> None:
    await open_form(harness)
    view = harness.ann.view
    harness.slack.close_view(view)

    await harness.ann.act("assignee_type", "agent", view.id)

    await harness.slack.until(lambda slack: slack.calls_of("views.update"))
    assert harness.slack.from_bot() == []
