"""A Slack channel's defaults: what its forms open with, and the hint under each such value."""

from pathlib import Path

import pytest

from bot.sandbox.slack import SlackFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from bot.slack import ids
from tests.harness import JANE, Harness, open_harness, selected_value, text_on
from tests.ledger.losing import losing_file
from tests.scenarios.filling import TAILSPIN, open_form, suggestions
from tests.scenarios.test_assignees import choose_type

CHANNELS = "From this channel's defaults."
WORDS = "From your words after the command."
MESSAGES = "From the message."


async def open_defaults(harness: Harness) -> None:
    await harness.ann.command("defaults")
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert harness.ann.view.callback_id == "weav_conversation_defaults"


async def save_defaults(harness: Harness, **values: str) -> None:
    await open_defaults(harness)
    if "assignee_type" in values:
        await choose_type(harness, values.pop("assignee_type"))
    answer = await harness.ann.submit(values)
    assert (answer.trouble, answer.errors) == ("", {})
    assert harness.slack.top_view("U0ANN") is None


def hint(harness: Harness, field: str) -> str:
    text: str = harness.ann.view.block(field).get("hint", {}).get("text", "")
    return text


async def test_a_form_opens_with_the_defaults_and_says_so(any_harness: Harness) -> None:
    await save_defaults(
        any_harness, channel="chat", priority="high", assignee_type="agent", assignee_id="mail"
    )

    await open_form(any_harness)

    view = any_harness.ann.view
    assert [selected_value(view, field) for field in ("channel", "priority", "assignee_type")] == [
        "chat",
        "high",
        "agent",
    ]
    option = view.values["assignee_id"]["assignee_id"]["selected_option"]
    assert (option["value"], option["text"]["text"]) == (EMAIL_AGENT, "Mail assistant")
    for field in ("channel", "priority", "assignee_type", "assignee_id"):
        assert hint(any_harness, field).startswith(CHANNELS)
    assert CHANNELS not in hint(any_harness, "subject") + hint(any_harness, "customer_id")


async def test_words_in_the_command_win_over_the_defaults(any_harness: Harness) -> None:
    await save_defaults(any_harness, channel="chat", priority="high")

    await open_form(any_harness, words=f"email {JANE} Export hangs")

    assert selected_value(any_harness.ann.view, "channel") == "email"
    assert selected_value(any_harness.ann.view, "priority") == "high"
    assert hint(any_harness, "channel").startswith(WORDS)
    assert hint(any_harness, "customer_id").startswith(WORDS)
    assert hint(any_harness, "subject").startswith(WORDS)
    assert hint(any_harness, "priority").startswith(CHANNELS)
    await any_harness.ann.submit()
    await any_harness.card()
    assert any_harness.weav.creations[0].json == {
        "channel": "email",
        "customer_id": JANE,
        "subject": "Export hangs",
        "priority": "high",
    }


async def test_a_form_from_a_message_has_the_defaults_of_its_channel(harness: Harness) -> None:
    await save_defaults(harness, channel="email", priority="low")
    message_ts = harness.ann.say("The export hangs", "C0SUPPORT")

    await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    assert selected_value(harness.ann.view, "priority") == "low"
    assert hint(harness, "subject").startswith(MESSAGES)


async def test_another_channel_has_its_own_defaults(harness: Harness) -> None:
    await save_defaults(harness, priority="high")

    await harness.ann.command("", "G0TRIAGE")
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    assert selected_value(harness.ann.view, "priority") == ""


async def test_the_defaults_form_shows_the_defaults_and_clears_them(any_harness: Harness) -> None:
    await save_defaults(any_harness, channel="chat", priority="high", company_id=TAILSPIN.upper())
    await open_defaults(any_harness)
    view = any_harness.ann.view

    assert (selected_value(view, "channel"), selected_value(view, "priority")) == ("chat", "high")
    assert view.values["company_id"]["company_id"]["value"] == TAILSPIN
    await any_harness.ann.submit({"channel": "nothing", "priority": "", "company_id": ""})
    await open_form(any_harness)
    assert selected_value(any_harness.ann.view, "channel") == ""
    assert CHANNELS not in text_on(any_harness.ann.view)


async def test_the_assignee_picker_of_the_defaults_suggests_the_chosen_type(
    any_harness: Harness,
) -> None:
    await save_defaults(any_harness, assignee_type="agent", assignee_id="mail")

    await open_defaults(any_harness)

    found = await suggestions(any_harness.ann, "assignee_id", "")
    assert [label for _, label, _ in found] == ["Chat assistant", "Mail assistant"]


async def test_the_customers_of_the_company_are_searched(harness: Harness) -> None:
    await save_defaults(harness, company_id=f"https://app.weav.example/companies/{TAILSPIN}")
    await open_form(harness)

    assert len(await suggestions(harness.ann, "customer_id", "")) == 2


async def test_an_invalid_default_is_an_error_under_its_field(any_harness: Harness) -> None:
    await open_defaults(any_harness)

    answer = await any_harness.ann.submit({"company_id": "Tailspin", "assignee_type": "agent"})

    assert answer.errors.keys() == {"company_id", "assignee_id"}


async def test_a_form_that_comes_back_is_not_overwritten_with_defaults(harness: Harness) -> None:
    await save_defaults(harness, priority="high")
    harness.slack.triggers.seconds = 0
    await harness.ann.command("Export hangs")
    await harness.private_answer()
    harness.slack.triggers.seconds = 3
    await save_defaults(harness, priority="low")

    await harness.ann.click(ids.REOPEN)

    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert selected_value(harness.ann.view, "priority") == "high"


@pytest.mark.parametrize("seconds", [0.0, 3.0])
async def test_a_defaults_form_that_does_not_open_is_reported_privately(
    harness: Harness, seconds: float
) -> None:
    harness.slack.triggers.seconds = seconds
    if seconds:
        harness.slack.faults.add(SlackFault("views.open", error="internal_error"))

    await harness.ann.command("defaults")

    assert "open the form" in text_on(await harness.private_answer())


async def test_defaults_that_may_have_been_saved_are_not_reported_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = losing_file(tmp_path / "ledger.db", monkeypatch)
    async with open_harness(tmp_path) as harness:
        await open_defaults(harness)
        async with file.lost("channel_defaults", "1"):
            answer = await harness.ann.submit({"priority": "low"})
        async with file.lost("weav_users", "1"):
            told = await harness.ann.command(f"me {JANE}")
        await open_form(harness)

    assert "may not have been saved" in answer.errors["company_id"]
    assert "may not have been saved" in told.body["text"]


async def test_without_a_database_defaults_are_not_reported_as_saved(harness: Harness) -> None:
    await open_defaults(harness)
    harness.drop_table("channel_defaults")

    answer = await harness.ann.submit({"priority": "low"})

    assert "database does not answer" in answer.errors["company_id"]
    await harness.ann.command("defaults")
    assert "database does not answer" in text_on(await harness.private_answer())
    harness.drop_table("weav_users")
    told = await harness.ann.command(f"me {JANE}")
    assert "database does not answer" in told.body["text"]
