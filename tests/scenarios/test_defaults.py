"""A Slack channel's defaults: what its forms open with, and the hint under each such value."""

from pathlib import Path

import pytest

from bot.sandbox.slack import SlackFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from bot.slack import ids
from tests.house import JANE, House, house, selected_value, text_on
from tests.ledger.losing import losing_file
from tests.scenarios.filling import TAILSPIN, open_form, suggestions
from tests.scenarios.test_assignees import choose_type

CHANNELS = "From this channel's defaults."
WORDS = "From your words after the command."
MESSAGES = "From the message."


async def open_defaults(at_home: House) -> None:
    await at_home.ann.command("defaults")
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert at_home.ann.view.callback_id == "weav_conversation_defaults"


async def save_defaults(at_home: House, **values: str) -> None:
    await open_defaults(at_home)
    if "assignee_type" in values:
        await choose_type(at_home, values.pop("assignee_type"))
    answer = await at_home.ann.submit(values)
    assert (answer.trouble, answer.errors) == ("", {})
    assert at_home.slack.top_view("U0ANN") is None


def hint(at_home: House, field: str) -> str:
    text: str = at_home.ann.view.block(field).get("hint", {}).get("text", "")
    return text


async def test_a_form_opens_with_the_defaults_and_says_so(any_way: House) -> None:
    await save_defaults(
        any_way, channel="chat", priority="high", assignee_type="agent", assignee_id="mail"
    )

    await open_form(any_way)

    view = any_way.ann.view
    assert [selected_value(view, field) for field in ("channel", "priority", "assignee_type")] == [
        "chat",
        "high",
        "agent",
    ]
    option = view.values["assignee_id"]["assignee_id"]["selected_option"]
    assert (option["value"], option["text"]["text"]) == (EMAIL_AGENT, "Mail assistant")
    for field in ("channel", "priority", "assignee_type", "assignee_id"):
        assert hint(any_way, field).startswith(CHANNELS)
    assert CHANNELS not in hint(any_way, "subject") + hint(any_way, "customer_id")


async def test_words_in_the_command_win_over_the_defaults(any_way: House) -> None:
    await save_defaults(any_way, channel="chat", priority="high")

    await open_form(any_way, words=f"email {JANE} Export hangs")

    assert selected_value(any_way.ann.view, "channel") == "email"
    assert selected_value(any_way.ann.view, "priority") == "high"
    assert hint(any_way, "channel").startswith(WORDS)
    assert hint(any_way, "customer_id").startswith(WORDS)
    assert hint(any_way, "subject").startswith(WORDS)
    assert hint(any_way, "priority").startswith(CHANNELS)
    await any_way.ann.submit()
    await any_way.card()
    assert any_way.weav.creations[0].json == {
        "channel": "email",
        "customer_id": JANE,
        "subject": "Export hangs",
        "priority": "high",
    }


async def test_a_form_from_a_message_has_the_defaults_of_its_channel(at_home: House) -> None:
    await save_defaults(at_home, channel="email", priority="low")
    message_ts = at_home.ann.say("The export hangs", "C0SUPPORT")

    await at_home.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))

    assert selected_value(at_home.ann.view, "priority") == "low"
    assert hint(at_home, "subject").startswith(MESSAGES)


async def test_another_channel_has_its_own_defaults(at_home: House) -> None:
    await save_defaults(at_home, priority="high")

    await at_home.ann.command("", "G0TRIAGE")
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))

    assert selected_value(at_home.ann.view, "priority") == ""


async def test_the_defaults_form_shows_the_defaults_and_clears_them(any_way: House) -> None:
    await save_defaults(any_way, channel="chat", priority="high", company_id=TAILSPIN.upper())
    await open_defaults(any_way)
    view = any_way.ann.view

    assert (selected_value(view, "channel"), selected_value(view, "priority")) == ("chat", "high")
    assert view.values["company_id"]["company_id"]["value"] == TAILSPIN
    await any_way.ann.submit({"channel": "nothing", "priority": "", "company_id": ""})
    await open_form(any_way)
    assert selected_value(any_way.ann.view, "channel") == ""
    assert CHANNELS not in text_on(any_way.ann.view)


async def test_the_assignee_picker_of_the_defaults_suggests_the_chosen_type(any_way: House) -> None:
    await save_defaults(any_way, assignee_type="agent", assignee_id="mail")

    await open_defaults(any_way)

    found = await suggestions(any_way.ann, "assignee_id", "")
    assert [label for _, label, _ in found] == ["Chat assistant", "Mail assistant"]


async def test_the_customers_of_the_company_are_searched(at_home: House) -> None:
    await save_defaults(at_home, company_id=f"https://app.weav.example/companies/{TAILSPIN}")
    await open_form(at_home)

    assert len(await suggestions(at_home.ann, "customer_id", "")) == 2


async def test_an_invalid_default_is_an_error_under_its_field(any_way: House) -> None:
    await open_defaults(any_way)

    answer = await any_way.ann.submit({"company_id": "Tailspin", "assignee_type": "agent"})

    assert answer.errors.keys() == {"company_id", "assignee_id"}


async def test_a_form_that_comes_back_is_not_overwritten_with_defaults(at_home: House) -> None:
    await save_defaults(at_home, priority="high")
    at_home.slack.triggers.seconds = 0
    await at_home.ann.command("Export hangs")
    await at_home.private_answer()
    at_home.slack.triggers.seconds = 3
    await save_defaults(at_home, priority="low")

    await at_home.ann.click(ids.REOPEN)

    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert selected_value(at_home.ann.view, "priority") == "high"


@pytest.mark.parametrize("seconds", [0.0, 3.0])
async def test_a_defaults_form_that_does_not_open_is_reported_privately(
    at_home: House, seconds: float
) -> None:
    at_home.slack.triggers.seconds = seconds
    if seconds:
        at_home.slack.faults.add(SlackFault("views.open", error="internal_error"))

    await at_home.ann.command("defaults")

    assert "open the form" in text_on(await at_home.private_answer())


async def test_defaults_that_may_have_been_saved_are_not_reported_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = losing_file(tmp_path / "ledger.db", monkeypatch)
    async with house(tmp_path) as at_home:
        await open_defaults(at_home)
        async with file.lost("channel_defaults", "1"):
            answer = await at_home.ann.submit({"priority": "low"})
        async with file.lost("weav_users", "1"):
            told = await at_home.ann.command(f"me {JANE}")
        await open_form(at_home)

    assert "may not have been saved" in answer.errors["company_id"]
    assert "may not have been saved" in told.body["text"]


async def test_without_a_database_defaults_are_not_reported_as_saved(at_home: House) -> None:
    await open_defaults(at_home)
    at_home.lose("channel_defaults")

    answer = await at_home.ann.submit({"priority": "low"})

    assert "database does not answer" in answer.errors["company_id"]
    await at_home.ann.command("defaults")
    assert "database does not answer" in text_on(await at_home.private_answer())
    at_home.lose("weav_users")
    told = await at_home.ann.command(f"me {JANE}")
    assert "database does not answer" in told.body["text"]
