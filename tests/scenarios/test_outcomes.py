"""What the author sees of every outcome, within 2 s or later."""

import asyncio
from pathlib import Path

import pytest

from bot.ledger import State
from bot.sandbox.slack.views import SlackView
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from tests.harness import CREATE, JANE, Harness, open_harness, public, selected_value, text_on
from tests.scenarios.filling import open_form
from tests.scenarios.test_assignees import choose_type


async def test_weavs_reasons_are_under_their_fields_and_a_corrected_form_is_a_new_attempt(
    any_harness: Harness,
) -> None:
    unknown = "3c90c3cc-0d44-4b50-8888-999999999999"
    await any_harness.fill_in(customer_id=unknown)

    refused = await any_harness.ann.submit()
    corrected = await any_harness.ann.submit({"customer_id": JANE})

    assert refused.errors == {"customer_id": "The selected customer id is invalid."}
    assert corrected.errors == {}
    await any_harness.card()
    assert len(any_harness.weav.conversations) == 1


async def test_weavs_general_reason_is_shown_next_to_its_reasons_by_field(
    harness: Harness,
) -> None:
    reasons = {"subject": ["Too rude."], "plan": ["Your plan is used up."]}
    harness.weav.fail(WeavFault.refusal(reasons, **CREATE))
    await harness.fill_in(subject="Export hangs")

    refused = await harness.ann.submit()

    assert refused.errors == {
        "subject": "Too rude.",
        "post_to": "Weav did not accept this: Your plan is used up.",
    }


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "The bot's Weav token is not accepted. Tell whoever runs the bot."),
        (403, "external-api:write"),
        (404, "Weav did not find"),
        (409, "conflicts"),
        (418, "answer 418"),
    ],
)
async def test_a_refusal_brings_the_filled_form_back_with_the_reason(
    harness: Harness, status: int, reason: str
) -> None:
    harness.weav.fail(WeavFault(status=status, body=b"<html>secret xoxb</html>", **CREATE))
    await harness.fill_in(subject="Export hangs")

    await harness.ann.submit()

    view = harness.ann.view
    assert reason in text_on(view)
    assert "secret" not in str(view.sent)
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert selected_value(view, "customer_id") == JANE


async def test_the_same_form_again_after_a_refusal_is_a_new_attempt(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await harness.fill_in()

    await harness.ann.submit()
    await harness.ann.submit()

    await harness.card()
    assert len(harness.weav.creations) == 2
    assert len(harness.weav.conversations) == 1


@pytest.mark.parametrize("fault", [WeavFault(status=503, **CREATE), WeavFault.rate_limit(**CREATE)])
async def test_without_a_queue_a_submission_that_was_not_created_comes_back(
    tmp_path: Path, fault: WeavFault
) -> None:
    async with open_harness(tmp_path, weav_retry_for="0") as harness:
        harness.weav.fail(fault)
        await harness.fill_in(subject="Export hangs")

        await harness.ann.submit()

        assert "Nothing was created. Submit again." in text_on(harness.ann.view)
        harness.weav.faults.clear()
        await harness.ann.submit()
        await harness.card()
        assert len(harness.weav.conversations) == 1


async def test_a_late_success_updates_the_modal_and_posts_the_card(any_harness: Harness) -> None:
    any_harness.weav.fail(WeavFault(delay=2.5, **CREATE))
    await any_harness.fill_in(subject="Export hangs")

    answer = await any_harness.ann.submit()

    assert answer.seconds < 3
    assert "Creating" in text_on(any_harness.ann.view)
    await any_harness.slack.until(
        lambda slack: "is open in Weav" in text_on(slack.top_view("U0ANN"))
    )
    await any_harness.card()
    assert len(any_harness.weav.creations) == 1


async def test_a_late_refusal_brings_the_filled_form_back(harness: Harness) -> None:
    unknown = "3c90c3cc-0d44-4b50-8888-999999999999"
    harness.weav.fail(WeavFault(delay=2.2, **CREATE))
    await harness.fill_in(subject="Export hangs", customer_id=unknown)

    await harness.ann.submit()

    await harness.slack.until(lambda _: "subject" in harness.ann.view.values)
    view = harness.ann.view
    assert "Customer: The selected customer id is invalid." in text_on(view)
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert selected_value(view, "customer_id") == unknown


def selected_label(view: SlackView, field: str) -> str:
    """The label of a select's value."""
    text: str = view.values[field][field]["selected_option"]["text"]["text"]
    return text


async def test_a_form_that_comes_back_late_shows_the_same_names(any_harness: Harness) -> None:
    await open_form(any_harness)
    await choose_type(any_harness, "agent")
    await any_harness.ann.type_in({"channel": "email", "customer_id": JANE, "assignee_id": "mail"})
    any_harness.weav.fail(WeavFault(delay=2.2, status=403, times=1, **CREATE))
    await any_harness.ann.submit()
    assert "Creating" in text_on(any_harness.ann.view)

    await any_harness.slack.until(lambda _: "subject" in any_harness.ann.view.values)

    view = any_harness.ann.view
    assert selected_label(view, "customer_id") == "Jane Doe · jane@example.com"
    assert selected_label(view, "assignee_id") == "Mail assistant"
    await any_harness.ann.submit()
    await any_harness.card()
    assert any_harness.weav.conversations[0]["assignee_id"] == EMAIL_AGENT


async def test_a_form_reopened_from_a_button_names_the_customer(harness: Harness) -> None:
    harness.weav.fail(WeavFault(delay=2.2, status=403, times=1, **CREATE))
    await open_form(harness)
    await harness.ann.submit({"channel": "email", "customer_id": JANE})
    await harness.ann.close()
    await harness.direct_message()

    await harness.ann.click("weav_conversation_reopen")

    view = await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert selected_label(view, "customer_id") == "Jane Doe · jane@example.com"


async def test_an_unchecked_id_comes_back_unchanged(harness: Harness) -> None:
    harness.weav.fail(WeavFault(status=503, method="GET"))
    harness.weav.fail(WeavFault(delay=2.2, status=403, times=1, **CREATE))
    await open_form(harness)
    await harness.ann.submit({"channel": "email", "customer_id": JANE})

    await harness.slack.until(lambda _: "subject" in harness.ann.view.values)

    assert selected_label(harness.ann.view, "customer_id") == JANE


async def test_an_author_who_closed_the_modal_gets_a_direct_message(harness: Harness) -> None:
    unknown = "3c90c3cc-0d44-4b50-8888-999999999999"
    harness.weav.fail(WeavFault(delay=2.2, **CREATE))
    await harness.fill_in(subject="Export hangs", customer_id=unknown)
    await harness.ann.submit()

    await harness.ann.close()

    message = await harness.direct_message()
    assert "The selected customer id is invalid." in text_on(message)
    await harness.ann.click("weav_conversation_reopen")
    view = await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert view.values["post_to"]["post_to"]["selected_conversation"] == "C0SUPPORT"


@pytest.mark.bench
async def test_a_hundred_submissions_are_answered_in_time_while_weav_takes_five_seconds(
    harness: Harness,
) -> None:
    harness.weav.fail(WeavFault(delay=5, **CREATE))
    views: list[str] = []
    for number in range(100):
        await harness.ann.command(f"email {JANE} Number {number}")
        await harness.slack.until(lambda slack: len(slack.open_views("U0ANN")) > len(views))
        views.append(harness.ann.view.id)

    answers = await asyncio.gather(*(harness.ann.submit(view_id=view) for view in views))

    assert max(answer.seconds for answer in answers) < 3
    assert not any(answer.trouble for answer in answers)
    await harness.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 100, 30)
    assert len(harness.weav.conversations) == 100


async def test_help_is_answered_privately(any_harness: Harness) -> None:
    for words in ("help", "?"):
        answer = await any_harness.ann.command(words)
        assert answer.body["response_type"] == "ephemeral"
        assert "/weav-conversation" in answer.body["text"]
    assert any_harness.slack.calls_of("views.open") == []


async def test_help_mentions_check_to_those_who_may_run_it(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_admins="U0ANN") as harness:
        admins, bens = await harness.ann.command("help"), await harness.ben.command("help")

    assert "/weav-conversation check`" in admins.body["text"]
    assert "/weav-conversation check`" not in bens.body["text"]


async def test_status_lists_the_authors_last_ten_submissions(any_harness: Harness) -> None:
    assert "none yet" in (await any_harness.ann.command("status")).body["text"]
    for number in range(11):
        await any_harness.fill_in(subject=f"Number {number} <!channel>")
        await any_harness.ann.submit()
    await any_harness.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 11)
    await any_harness.entry_in(State.ANNOUNCED)

    answer = await any_harness.ann.command("status")

    listed = [block["text"]["text"] for block in answer.body["blocks"][1:]]
    assert len(listed) == 10
    assert listed[0].startswith("Number 10 ")
    assert ": created" in listed[0]
    assert "<!channel>" not in str(answer.body)
    assert "none yet" in (await any_harness.ben.command("status")).body["text"]


async def test_a_submission_is_announced_after_three_writes(harness: Harness) -> None:
    await harness.fill_in()
    await harness.ann.submit()
    card = await harness.card()
    entry = await harness.entry_in(State.ANNOUNCED)

    assert (entry.route, entry.message_ts) == ("channel", card.ts)
    assert (entry.attempts, entry.recovered, entry.told) == (1, False, True)
