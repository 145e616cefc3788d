"""A form is redrawn while its user goes on: their choices and their error messages stay."""

from pathlib import Path

import pytest

from bot.ledger import KnownCustomer, Ledger
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from tests.harness import CREATE, JANE, LIST, Harness, open_harness, selected_value, text_on
from tests.scenarios.filling import ZOE, open_form
from tests.scenarios.test_assignees import BENS, ME, choose_type, until_fault_taken
from tests.scenarios.test_defaults import open_defaults, save_defaults
from tests.scenarios.test_open_conversations import (
    choose_customer,
    create_conversation,
    open_form_for,
)


async def until_redraws(harness: Harness, count: int) -> None:
    """Wait until Slack has answered this many redraws, accepted or not."""
    await harness.slack.until(lambda slack: len(slack.calls_of("views.update")) >= count)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (WeavFault(status=503, **CREATE), "queued and will be created"),
        (WeavFault.lost_request(**CREATE), "Create it again?"),
        (WeavFault(status=403, **CREATE), "external-api:write"),
    ],
    ids=["queued", "not confirmed", "refused"],
)
async def test_a_late_redraw_does_not_replace_the_outcome(
    harness: Harness, fault: WeavFault, said: str
) -> None:
    harness.weav.fail(fault)
    await open_form(harness)
    await harness.ann.type_in({"channel": "email", "customer_id": JANE})
    harness.ann.fill({"assignee_id": EMAIL_AGENT})
    harness.slack.faults.add(SlackFault("views.update", delay=2))
    await harness.ann.act("assignee_type", "agent")
    await until_fault_taken(harness)

    await harness.ann.submit()

    assert said in text_on(harness.ann.view)
    await until_redraws(harness, 1)
    assert said in text_on(harness.ann.view)
    [late] = harness.slack.calls_of("views.update")
    assert late.answer["error"] == "hash_conflict"
    harness.weav.faults.clear()


async def test_a_late_redraw_does_not_remove_an_error_under_a_field(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        create_conversation(harness, "Hung before")
        harness.weav.fail(WeavFault(delay=0.7, **LIST))
        await open_form(harness)
        await choose_customer(harness)
        harness.ann.fill({"assignee_type": "agent"})

        answer = await harness.ann.submit({"channel": "email"})

        assert answer.errors.keys() == {"assignee_id"}
    # When this ends, the bot has finished everything that it had started.
    assert [request.status for request in harness.weav.requests][-1] == 200
    assert harness.ann.view.errors == answer.errors
    assert harness.slack.calls_of("views.update") == []


async def test_a_late_redraw_does_not_remove_the_reason_of_a_denied_form(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_allowed_channels="C0SUPPORT") as harness:
        create_conversation(harness, "Hung before")
        harness.weav.fail(WeavFault(delay=0.7, **LIST))
        await open_form(harness)
        await choose_customer(harness)

        answer = await harness.ann.submit({"channel": "email", "post_to": "C0GENERAL"})

        assert answer.errors.keys() == {"post_to"}
    assert [request.status for request in harness.weav.requests][-1] == 200
    assert harness.ann.view.errors == answer.errors
    assert harness.slack.calls_of("views.update") == []


async def test_a_late_redraw_does_not_remove_an_error_of_the_defaults(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        await open_defaults(harness)
        harness.slack.faults.add(SlackFault("views.update", late=0.5))
        await choose_type(harness, "agent")
        await harness.ann.act("assignee_type", "user")  # drawn when the first redraw is over

        answer = await harness.ann.submit({"company_id": "Tailspin"})

        assert answer.errors.keys() == {"company_id", "assignee_id"}
    assert harness.ann.view.errors == answer.errors
    assert len(harness.slack.calls_of("views.update")) == 1


async def test_a_choice_after_an_error_redraws_the_form(harness: Harness) -> None:
    await open_form(harness)
    await harness.ann.type_in({"customer_id": JANE})
    harness.ann.fill({"assignee_type": "agent"})
    answer = await harness.ann.submit({"channel": "email"})
    assert answer.errors

    await choose_type(harness, "user")

    assert "ID of a person" in str(harness.ann.view.block("assignee_id"))


async def pick_assignee(harness: Harness, query: str) -> None:
    answer = await harness.ann.suggest("assignee_id", query)
    await harness.ann.act("assignee_id", answer.options[0]["value"])


async def set_ann_as_default(harness: Harness) -> None:
    await harness.ann.command(f"me {ME}")
    await harness.ben.command(f"me {BENS}")
    await save_defaults(harness, assignee_type="user", assignee_id="me")
    harness.slack.calls.clear()


async def test_an_assignee_chosen_before_the_form_is_completed_stays(
    any_harness: Harness,
) -> None:
    await set_ann_as_default(any_harness)
    create_conversation(any_harness, "Hung before")
    any_harness.weav.fail(WeavFault(delay=0.5, **LIST))
    await open_form(any_harness, words=f"email {JANE}")
    assert selected_value(any_harness.ann.view, "assignee_id") == ME

    await pick_assignee(any_harness, "ben")

    await any_harness.slack.until(lambda _: "Hung before" in text_on(any_harness.ann.view))
    assert selected_value(any_harness.ann.view, "assignee_id") == BENS
    await any_harness.ann.submit()
    await any_harness.card()
    assert any_harness.weav.creations[0].json["assignee_id"] == BENS
    assert len(any_harness.slack.calls_of("views.update")) == 1


async def test_an_assignee_chosen_before_slack_confirms_the_open_form_stays(
    harness: Harness,
) -> None:
    await set_ann_as_default(harness)
    create_conversation(harness, "Hung before")
    harness.slack.faults.add(SlackFault("views.open", late=0.5))
    await open_form(harness, words=f"email {JANE}")

    await pick_assignee(harness, "ben")

    await harness.slack.until(lambda _: "Hung before" in text_on(harness.ann.view))
    assert selected_value(harness.ann.view, "assignee_id") == BENS


async def test_an_assignee_chosen_during_a_customer_look_up_stays(harness: Harness) -> None:
    await set_ann_as_default(harness)
    create_conversation(harness, "Hung before")
    harness.weav.fail(WeavFault(delay=0.5, **LIST))
    await open_form(harness, words="email")
    await choose_customer(harness)

    await pick_assignee(harness, "ben")

    await harness.slack.until(lambda _: "Hung before" in text_on(harness.ann.view))
    assert selected_value(harness.ann.view, "assignee_id") == BENS


async def test_an_assignee_chosen_during_a_redraw_stays(harness: Harness) -> None:
    await set_ann_as_default(harness)
    create_conversation(harness, "Hung before")
    harness.slack.faults.add(SlackFault("views.update", delay=0.5))
    await open_form(harness, words=f"email {JANE}")
    await until_fault_taken(harness)

    await pick_assignee(harness, "ben")

    await until_redraws(harness, 2)
    assert "Hung before" in text_on(harness.ann.view)
    assert selected_value(harness.ann.view, "assignee_id") == BENS
    assert len(harness.slack.calls_of("views.update")) == 2


async def test_a_customer_chosen_during_a_redraw_stays(harness: Harness) -> None:
    harness.slack.scopes += ("channels:read",)
    async with Ledger.open(harness.database) as ledger:
        await ledger.customers.learn(KnownCustomer(JANE, "Jane Doe", "jane@example.com"))
    harness.slack.faults.add(SlackFault("views.update", delay=0.5))
    await open_form_for(harness, channel="C0PARTNERS")
    await until_fault_taken(harness)

    await choose_customer(harness, ZOE)

    await until_redraws(harness, 2)
    assert "other organisations" in text_on(harness.ann.view)
    assert selected_value(harness.ann.view, "customer_id") == ZOE
