"""The form does not open in time: the user is told, and nothing typed is lost."""

import pytest

from bot.sandbox.slack import RESPONSE_URL, SlackFault
from bot.slack import ids
from tests.harness import JANE, Harness, text_on


async def test_an_expired_trigger_gives_a_button_that_opens_the_same_form(
    any_harness: Harness,
) -> None:
    any_harness.slack.triggers.seconds = 0
    await any_harness.ann.command(f"urgent email {JANE} Export hangs")

    message = await any_harness.private_answer()

    assert "took too long" in text_on(message)
    any_harness.slack.triggers.seconds = 3
    await any_harness.ann.click(ids.REOPEN)
    view = await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert view.values["post_to"]["post_to"]["selected_conversation"] == "C0SUPPORT"
    await any_harness.ann.submit()
    await any_harness.card()


async def test_after_an_expired_trigger_message_and_thread_are_kept(harness: Harness) -> None:
    message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
    harness.slack.triggers.seconds = 0
    await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await harness.private_answer()

    harness.slack.triggers.seconds = 3
    await harness.ann.click(ids.REOPEN)
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    await harness.ann.submit({"channel": "email", "customer_id": JANE})

    assert (await harness.card()).thread_ts == message_ts


async def test_an_expired_trigger_of_the_global_shortcut_gives_a_direct_message(
    harness: Harness,
) -> None:
    harness.slack.triggers.seconds = 0

    await harness.ann.global_shortcut(ids.GLOBAL_SHORTCUT)

    assert "took too long" in text_on(await harness.direct_message())


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
    harness: Harness, fault: SlackFault
) -> None:
    harness.slack.faults.add(fault)
    await harness.ann.command("Export hangs")

    message = await harness.private_answer()

    assert "Slack did not open the form" in text_on(message)
    harness.slack.faults.clear()
    await harness.ann.click(ids.REOPEN)
    view = await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"


async def test_the_form_opens_after_one_lost_connection(harness: Harness) -> None:
    harness.slack.faults.add(SlackFault("views.open", drop="before"))

    await harness.ann.command("Export hangs")

    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def test_a_form_that_opened_without_confirmation_is_not_opened_again(
    harness: Harness,
) -> None:
    harness.slack.faults.add(SlackFault("views.open", drop="after"))

    await harness.ann.command("Export hangs")

    await harness.slack.until(lambda slack: len(slack.calls_of("views.open")) == 2)
    assert harness.slack.top_view("U0ANN")
    assert harness.slack.from_bot() == []


async def test_if_no_response_url_works_the_user_gets_a_direct_message(harness: Harness) -> None:
    harness.slack.triggers.seconds = 0
    harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))

    await harness.ann.command("Export hangs")

    assert "took too long" in text_on(await harness.direct_message())
