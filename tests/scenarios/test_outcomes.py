"""What the author sees of every outcome, within 2 s or later."""

import asyncio
from pathlib import Path

import pytest

from bot.ledger import State
from bot.sandbox.slack.views import SlackView
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from tests.house import CREATE, JANE, House, house, public, selected_value, text_on
from tests.scenarios.filling import open_form
from tests.scenarios.test_assignees import choose_type


async def test_weavs_reasons_are_under_their_fields_and_a_corrected_form_is_a_new_attempt(
    any_way: House,
) -> None:
    unknown = "3c90c3cc-0d44-4b50-8888-999999999999"
    await any_way.fill_in(customer_id=unknown)

    refused = await any_way.ann.submit()
    corrected = await any_way.ann.submit({"customer_id": JANE})

    assert refused.errors == {"customer_id": "The selected customer id is invalid."}
    assert corrected.errors == {}
    await any_way.card()
    assert len(any_way.weav.conversations) == 1


async def test_weavs_general_reason_is_shown_next_to_its_reasons_by_field(
    at_home: House,
) -> None:
    reasons = {"subject": ["Too rude."], "plan": ["Your plan is used up."]}
    at_home.weav.fail(WeavFault.refusal(reasons, **CREATE))
    await at_home.fill_in(subject="Export hangs")

    refused = await at_home.ann.submit()

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
    at_home: House, status: int, reason: str
) -> None:
    at_home.weav.fail(WeavFault(status=status, body=b"<html>secret xoxb</html>", **CREATE))
    await at_home.fill_in(subject="Export hangs")

    await at_home.ann.submit()

    view = at_home.ann.view
    assert reason in text_on(view)
    assert "secret" not in str(view.sent)
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert selected_value(view, "customer_id") == JANE


async def test_the_same_form_again_after_a_refusal_is_a_new_attempt(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=403, times=1, **CREATE))
    await at_home.fill_in()

    await at_home.ann.submit()
    await at_home.ann.submit()

    await at_home.card()
    assert len(at_home.weav.creations) == 2
    assert len(at_home.weav.conversations) == 1


@pytest.mark.parametrize("fault", [WeavFault(status=503, **CREATE), WeavFault.rate_limit(**CREATE)])
async def test_without_a_queue_a_submission_that_was_not_created_comes_back(
    tmp_path: Path, fault: WeavFault
) -> None:
    async with house(tmp_path, weav_retry_for="0") as at_home:
        at_home.weav.fail(fault)
        await at_home.fill_in(subject="Export hangs")

        await at_home.ann.submit()

        assert "Nothing was created. Submit again." in text_on(at_home.ann.view)
        at_home.weav.faults.clear()
        await at_home.ann.submit()
        await at_home.card()
        assert len(at_home.weav.conversations) == 1


async def test_a_late_success_updates_the_modal_and_posts_the_card(any_way: House) -> None:
    any_way.weav.fail(WeavFault(delay=2.5, **CREATE))
    await any_way.fill_in(subject="Export hangs")

    answer = await any_way.ann.submit()

    assert answer.seconds < 3
    assert "Creating" in text_on(any_way.ann.view)
    await any_way.slack.until(lambda slack: "is open in Weav" in text_on(slack.top_view("U0ANN")))
    await any_way.card()
    assert len(any_way.weav.creations) == 1


async def test_a_late_refusal_brings_the_filled_form_back(at_home: House) -> None:
    unknown = "3c90c3cc-0d44-4b50-8888-999999999999"
    at_home.weav.fail(WeavFault(delay=2.2, **CREATE))
    await at_home.fill_in(subject="Export hangs", customer_id=unknown)

    await at_home.ann.submit()

    await at_home.slack.until(lambda _: "subject" in at_home.ann.view.values)
    view = at_home.ann.view
    assert "Customer: The selected customer id is invalid." in text_on(view)
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert selected_value(view, "customer_id") == unknown


def selected_label(view: SlackView, field: str) -> str:
    """The label of a select's value."""
    text: str = view.values[field][field]["selected_option"]["text"]["text"]
    return text


async def test_a_form_that_comes_back_late_shows_the_same_names(any_way: House) -> None:
    await open_form(any_way)
    await choose_type(any_way, "agent")
    await any_way.ann.type_in({"channel": "email", "customer_id": JANE, "assignee_id": "mail"})
    any_way.weav.fail(WeavFault(delay=2.2, status=403, times=1, **CREATE))
    await any_way.ann.submit()
    assert "Creating" in text_on(any_way.ann.view)

    await any_way.slack.until(lambda _: "subject" in any_way.ann.view.values)

    view = any_way.ann.view
    assert selected_label(view, "customer_id") == "Jane Doe · jane@example.com"
    assert selected_label(view, "assignee_id") == "Mail assistant"
    await any_way.ann.submit()
    await any_way.card()
    assert any_way.weav.conversations[0]["assignee_id"] == EMAIL_AGENT


async def test_a_form_reopened_from_a_button_names_the_customer(at_home: House) -> None:
    at_home.weav.fail(WeavFault(delay=2.2, status=403, times=1, **CREATE))
    await open_form(at_home)
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})
    await at_home.ann.close()
    await at_home.direct_message()

    await at_home.ann.click("weav_conversation_reopen")

    view = await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert selected_label(view, "customer_id") == "Jane Doe · jane@example.com"


async def test_an_unchecked_id_comes_back_unchanged(at_home: House) -> None:
    at_home.weav.fail(WeavFault(status=503, method="GET"))
    at_home.weav.fail(WeavFault(delay=2.2, status=403, times=1, **CREATE))
    await open_form(at_home)
    await at_home.ann.submit({"channel": "email", "customer_id": JANE})

    await at_home.slack.until(lambda _: "subject" in at_home.ann.view.values)

    assert selected_label(at_home.ann.view, "customer_id") == JANE


async def test_an_author_who_closed_the_modal_gets_a_direct_message(at_home: House) -> None:
    unknown = "3c90c3cc-0d44-4b50-8888-999999999999"
    at_home.weav.fail(WeavFault(delay=2.2, **CREATE))
    await at_home.fill_in(subject="Export hangs", customer_id=unknown)
    await at_home.ann.submit()

    await at_home.ann.close()

    message = await at_home.direct_message()
    assert "The selected customer id is invalid." in text_on(message)
    await at_home.ann.click("weav_conversation_reopen")
    view = await at_home.slack.until(lambda slack: slack.top_view("U0ANN"))
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert view.values["post_to"]["post_to"]["selected_conversation"] == "C0SUPPORT"


@pytest.mark.bench
async def test_a_hundred_submissions_are_answered_in_time_while_weav_takes_five_seconds(
    at_home: House,
) -> None:
    at_home.weav.fail(WeavFault(delay=5, **CREATE))
    views: list[str] = []
    for number in range(100):
        await at_home.ann.command(f"email {JANE} Number {number}")
        await at_home.slack.until(lambda slack: len(slack.open_views("U0ANN")) > len(views))
        views.append(at_home.ann.view.id)

    answers = await asyncio.gather(*(at_home.ann.submit(view_id=view) for view in views))

    assert max(answer.seconds for answer in answers) < 3
    assert not any(answer.trouble for answer in answers)
    await at_home.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 100, 30)
    assert len(at_home.weav.conversations) == 100


async def test_help_is_answered_privately(any_way: House) -> None:
    for words in ("help", "?"):
        answer = await any_way.ann.command(words)
        assert answer.body["response_type"] == "ephemeral"
        assert "/weav-conversation" in answer.body["text"]
    assert any_way.slack.calls_of("views.open") == []


async def test_help_mentions_check_to_those_who_may_run_it(tmp_path: Path) -> None:
    async with house(tmp_path, slack_admins="U0ANN") as at_home:
        admins, bens = await at_home.ann.command("help"), await at_home.ben.command("help")

    assert "/weav-conversation check`" in admins.body["text"]
    assert "/weav-conversation check`" not in bens.body["text"]


async def test_status_lists_the_authors_last_ten_submissions(any_way: House) -> None:
    assert "none yet" in (await any_way.ann.command("status")).body["text"]
    for number in range(11):
        await any_way.fill_in(subject=f"Number {number} <!channel>")
        await any_way.ann.submit()
    await any_way.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) == 11)
    await any_way.entry_in(State.ANNOUNCED)

    answer = await any_way.ann.command("status")

    listed = [block["text"]["text"] for block in answer.body["blocks"][1:]]
    assert len(listed) == 10
    assert listed[0].startswith("Number 10 ")
    assert ": created" in listed[0]
    assert "<!channel>" not in str(answer.body)
    assert "none yet" in (await any_way.ben.command("status")).body["text"]


async def test_a_submission_is_announced_after_three_writes(at_home: House) -> None:
    await at_home.fill_in()
    await at_home.ann.submit()
    card = await at_home.card()
    entry = await at_home.entry_in(State.ANNOUNCED)

    assert (entry.route, entry.message_ts) == ("channel", card.ts)
    assert (entry.attempts, entry.recovered, entry.told) == (1, False, True)
