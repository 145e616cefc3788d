"""Forms that version 0.1.0 opened are filled in and submitted with this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from bot.sandbox.weav.seeds import EMAIL_AGENT
from bot.slack import ids
from tests.harness import JANE, public, selected_value, text_on
from tests.scenarios.cards import ANN_IN_WEAV
from tests.scenarios.filling import RAVI, TAILSPIN

if TYPE_CHECKING:
    from tests.upgrade.restored import Restored

# The values chosen in each recorded form, and so the expected request to Weav.
REQUESTS: Final[dict[str, dict[str, str]]] = {
    "form": {
        "channel": "email",
        "customer_id": JANE,
        "subject": "An open form",
        "priority": "urgent",
        "status": "closed",
    },
    "form_with_defaults": {
        "channel": "chat",
        "customer_id": RAVI,
        "subject": "An open form with defaults",
        "priority": "high",
        "assignee_type": "user",
        "assignee_id": ANN_IN_WEAV,
    },
    "form_about_a_message": {
        "channel": "email",
        "customer_id": JANE,
        "subject": "The export of jane@example.com hangs since Monday.",
    },
    "form_redrawn": {
        "channel": "email",
        "customer_id": JANE,
        "subject": "A form drawn several times",
        "assignee_type": "agent",
        "assignee_id": EMAIL_AGENT,
    },
    "form_that_came_back": {
        "channel": "email",
        "customer_id": JANE,
        "subject": "A form that came back",
    },
}
POSTED_TO: Final = {"form_with_defaults": "C0GENERAL", "form_redrawn": "C0PARTNERS"}


@pytest.mark.parametrize("name", REQUESTS)
async def test_an_open_form_becomes_the_conversation_that_was_filled_in(
    in_a_file: Restored, name: str
) -> None:
    before = {conversation["id"] for conversation in in_a_file.weav.conversations}
    async with in_a_file.bot() as endpoint:
        await in_a_file.nothing_due()
        answer = await in_a_file.send(f"{name}_submitted", endpoint)
        assert (answer.status, answer.trouble, answer.errors) == (200, "", {})
        [created] = [
            conversation
            for conversation in in_a_file.weav.conversations
            if conversation["id"] not in before
            and conversation["subject"] == REQUESTS[name]["subject"]
        ]
        channel = POSTED_TO.get(name, "C0SUPPORT")
        card = await in_a_file.slack.until(
            lambda slack: next(
                (card for card in public(slack, channel) if created["id"] in text_on(card)), None
            )
        )

    asked = [r.json for r in in_a_file.weav.creations if r.json == REQUESTS[name]]
    assert asked == [REQUESTS[name]]
    if name == "form_about_a_message":
        message = in_a_file.slack.message(card.thread_ts)
        assert message is not None
        assert "export of jane@example.com" in message.text


async def test_the_same_submission_twice_is_one_conversation(left_behind: Restored) -> None:
    """The second one arrives as if Slack or the user had repeated what 0.1.0 had recorded."""
    async with left_behind.bot() as endpoint:
        await left_behind.send("form_submitted", endpoint)
        await left_behind.send("form_submitted", endpoint)
        await left_behind.nothing_due()

    assert len(left_behind.conversations("An open form")) == 1


async def test_a_resubmitted_form_joins_the_row_that_had_started(left_behind: Restored) -> None:
    """The form is still open, since the bot died while Slack waited for its answer."""
    async with left_behind.bot() as endpoint:
        answer = await left_behind.person("U0ARRIVED", endpoint).submit()
        assert answer.trouble == ""
        await left_behind.nothing_due()

    assert len(left_behind.conversations("Arrived and not recorded")) == 1
    assert len(left_behind.cards("Arrived and not recorded")) == 1


async def test_an_open_form_still_reacts_to_choices(in_a_file: Restored) -> None:
    author = "U0FORMCHOOSING"
    async with in_a_file.bot() as endpoint:
        person = in_a_file.person(author, endpoint)
        asked = await in_a_file.send("form_customer_asked", endpoint)
        assert [option["value"] for option in asked.options] == [JANE]

        await in_a_file.send("form_customer_chosen", endpoint)
        await in_a_file.slack.until(lambda _: "Open already" in text_on(person.view))
        await in_a_file.send("form_assignee_type_chosen", endpoint)
        await in_a_file.slack.until(
            lambda _: "initial_option" in person.view.block(ids.ASSIGNEE_TYPE)["element"]
        )
        await in_a_file.send("form_post_to_chosen", endpoint)
        await in_a_file.slack.until(lambda _: "other organisations" in text_on(person.view))

        assert selected_value(person.view, ids.CUSTOMER_ID) == JANE
        await person.submit({"assignee_id": "mail"})
        await in_a_file.slack.until(lambda _: in_a_file.conversations("A form in the middle of it"))

    [request] = [
        r.json
        for r in in_a_file.weav.creations
        if r.json["subject"] == "A form in the middle of it"
    ]
    assert request == {
        "channel": "email",
        "customer_id": JANE,
        "subject": "A form in the middle of it",
        "assignee_type": "agent",
        "assignee_id": EMAIL_AGENT,
    }


@pytest.mark.parametrize(
    ("name", "author", "channel", "values"),
    [
        ("defaults", "U0DEFAULTS", "C0SUPPORT", {"priority": "low"}),
        (
            "defaults_redrawn",
            "U0DEFAULTSREDRAWN",
            "C0GENERAL",
            {"priority": "high", "channel": "chat", "assignee_type": "agent"},
        ),
    ],
)
async def test_open_defaults_are_saved(
    in_a_file: Restored, name: str, author: str, channel: str, values: dict[str, str]
) -> None:
    async with in_a_file.bot() as endpoint:
        answer = await in_a_file.send(f"{name}_submitted", endpoint)
        assert (answer.status, answer.trouble, answer.errors) == (200, "", {})
        assert in_a_file.slack.top_view(author) is None

        ben = in_a_file.person("U0BEN", endpoint)
        await ben.command("", channel)
        await in_a_file.slack.until(lambda slack: slack.top_view("U0BEN"))
        assert {field: selected_value(ben.view, field) for field in values} == values
        if name == "defaults_redrawn":
            assert selected_value(ben.view, ids.ASSIGNEE_ID) == EMAIL_AGENT
            await ben.close()
            await ben.command("defaults", channel)
            await in_a_file.slack.until(lambda slack: slack.top_view("U0BEN"))
            assert ben.view.values[ids.COMPANY_ID][ids.COMPANY_ID]["value"] == TAILSPIN


async def test_open_defaults_get_the_picker_of_the_chosen_type(in_a_file: Restored) -> None:
    async with in_a_file.bot() as endpoint:
        person = in_a_file.person("U0DEFAULTSCHOOSING", endpoint)
        await in_a_file.send("defaults_assignee_type_chosen", endpoint)
        await in_a_file.slack.until(
            lambda _: person.view.block(ids.ASSIGNEE_ID)["element"]["type"] == "external_select"
        )

        answer = await person.submit({"assignee_id": "ben"})

        assert (answer.trouble, answer.errors) == ("", {})
        ann = in_a_file.person("U0ANN", endpoint)
        await ann.command("", "G0TRIAGE")
        await in_a_file.slack.until(lambda slack: slack.top_view("U0ANN"))
        assert selected_value(ann.view, ids.ASSIGNEE_TYPE) == "user"
