"""The form does not open in time: the user is told, and nothing typed is lost."""

import pytest

from bot.sandbox.slack import RESPONSE_URL, SlackFault
from bot.slack import ids
from tests.house import JANE, House, text_on


async def test_an_expired_trigger_gives_a_button_that_opens_the_same_form(any_way: House) -> None:
    any_way.slack.triggers.seconds = 0
    await any_way.ann.command(f"urgent email {JANE} Export hangs")

    message = await any_way.private_answer()

    assert "took too long" in text_on(message)
    any_way.slack.triggers.seconds = 3
    await any_way.ann.click(ids.REOPEN)
    view = await any_way.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert view.values["post_to"]["post_to"]["selected_conversation"] == "C0SUPPORT"
    await any_way.ann.submit()
    await any_way.card()


async def test_after_an_expired_trigger_message_and_thread_are_kept(at_home: House) -> None:
    message_ts = at_home.ann.say("The export hangs", "C0SUPPORT")
    at_home.slack.triggers.seconds = 0
    await at_home.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await at_home.private_answer()

    at_home.slack.triggers.seconds = 3
    await at_home.ann.click(ids.REOPEN)
    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})

    assert (await at_home.card()).thread_ts == message_ts


async def test_an_expired_trigger_of_the_global_shortcut_gives_a_direct_message(
    at_home: House,
) -> None:
    at_home.slack.triggers.seconds = 0

    await at_home.ann.global_shortcut(ids.GLOBAL_SHORTCUT)

    assert "took too long" in text_on(await at_home.direct_message())


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault("views.open", error="internal_error"),
        SlackFault("views.open", status=502, body="<html>"),
        SlackFault("views.open", drop="before", times=None),
        SlackFault("views.open", status=429, error="ratelimited", retry_after=30),
    ],
)
async def test_any_other_failure_is_reported_privately_and_the_form_is_kept(
    at_home: House, fault: SlackFault
) -> None:
    at_home.slack.faults.add(fault)
    await at_home.ann.command("Export hangs")

    message = await at_home.private_answer()

    assert "Slack did not open the form" in text_on(message)
    at_home.slack.faults.clear()
    await at_home.ann.click(ids.REOPEN)
    view = await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"


async def test_the_form_opens_after_one_lost_connection(at_home: House) -> None:
    at_home.slack.faults.add(SlackFault("views.open", drop="before"))

    await at_home.ann.command("Export hangs")

    await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_form_that_opened_without_confirmation_is_not_opened_again(
    at_home: House,
) -> None:
    at_home.slack.faults.add(SlackFault("views.open", drop="after"))

    await at_home.ann.command("Export hangs")

    await at_home.slack.until(lambda slack: len(slack.calls_of("views.open")) == 2)
    assert at_home.slack.top_view("U0ANN")
    assert at_home.slack.from_bot() == []


async def test_if_no_response_url_works_the_user_gets_a_direct_message(at_home: House) -> None:
    at_home.slack.triggers.seconds = 0
    at_home.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))

    await at_home.ann.command("Export hangs")

    assert "took too long" in text_on(await at_home.direct_message())
