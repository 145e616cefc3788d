"""A form is redrawn while its user goes on: their choices and their error messages stay."""

from pathlib import Path

import pytest

from bot.ledger import KnownCustomer, Ledger
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from tests.house import CREATE, JANE, LIST, House, house, selected_value, text_on
from tests.scenarios.filling import ZOE, open_form
from tests.scenarios.test_assignees import BENS, ME, choose_type, until_fault_taken
from tests.scenarios.test_defaults import open_defaults, save_defaults
from tests.scenarios.test_open_conversations import (
    choose_customer,
    create_conversation,
    open_form_for,
)


async def until_redraws(at_home: House, count: int) -> None:
    """Wait until Slack has answered this many redraws, accepted or not."""
    await at_home.slack.until(lambda slack: len(slack.calls_of("views.update")) >= count)


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
    at_home: House, fault: WeavFault, said: str
) -> None:
    at_home.weav.fail(fault)
    await open_form(at_home)
    await at_home.ann.type_in({"channel": "email", "customer_id": JANE})
    at_home.ann.fill({"assignee_id": EMAIL_AGENT})
    at_home.slack.faults.add(SlackFault("views.update", delay=2))
    await at_home.ann.act("assignee_type", "agent")
    await until_fault_taken(at_home)

    await at_home.ann.submit()

    assert said in text_on(at_home.ann.view)
    await until_redraws(at_home, 1)
    assert said in text_on(at_home.ann.view)
    [late] = at_home.slack.calls_of("views.update")
    assert late.answer["error"] == "hash_conflict"
    at_home.weav.faults.clear()


async def test_a_late_redraw_does_not_remove_an_error_under_a_field(tmp_path: Path) -> None:
    async with house(tmp_path) as at_home:
        create_conversation(at_home, "Hung before")
        at_home.weav.fail(WeavFault(delay=0.7, **LIST))
        await open_form(at_home)
        await choose_customer(at_home)
        at_home.ann.fill({"assignee_type": "agent"})

        answer = await at_home.ann.submit({"channel": "email"})

        assert answer.errors.keys() == {"assignee_id"}
    # When this ends, the bot has finished everything that it had started.
    assert [request.status for request in at_home.weav.requests][-1] == 200
    assert at_home.ann.view.errors == answer.errors
    assert at_home.slack.calls_of("views.update") == []


async def test_a_late_redraw_does_not_remove_the_reason_of_a_denied_form(tmp_path: Path) -> None:
    async with house(tmp_path, slack_allowed_channels="C0SUPPORT") as at_home:
        create_conversation(at_home, "Hung before")
        at_home.weav.fail(WeavFault(delay=0.7, **LIST))
        await open_form(at_home)
        await choose_customer(at_home)

        answer = await at_home.ann.submit({"channel": "email", "post_to": "C0GENERAL"})

        assert answer.errors.keys() == {"post_to"}
    assert [request.status for request in at_home.weav.requests][-1] == 200
    assert at_home.ann.view.errors == answer.errors
    assert at_home.slack.calls_of("views.update") == []


async def test_a_late_redraw_does_not_remove_an_error_of_the_defaults(tmp_path: Path) -> None:
    async with house(tmp_path) as at_home:
        await open_defaults(at_home)
        at_home.slack.faults.add(SlackFault("views.update", late=0.5))
        await choose_type(at_home, "agent")
        await at_home.ann.act("assignee_type", "user")  # drawn when the first redraw is over

        answer = await at_home.ann.submit({"company_id": "Tailspin"})

        assert answer.errors.keys() == {"company_id", "assignee_id"}
    assert at_home.ann.view.errors == answer.errors
    assert len(at_home.slack.calls_of("views.update")) == 1


async def test_a_choice_after_an_error_redraws_the_form(at_home: House) -> None:
    await open_form(at_home)
    await at_home.ann.type_in({"customer_id": JANE})
    at_home.ann.fill({"assignee_type": "agent"})
    answer = await at_home.ann.submit({"channel": "email"})
    assert answer.errors

    await choose_type(at_home, "user")

    assert "ID of a person" in str(at_home.ann.view.block("assignee_id"))


async def pick_assignee(at_home: House, query: str) -> None:
    answer = await at_home.ann.suggest("assignee_id", query)
    await at_home.ann.act("assignee_id", answer.options[0]["value"])


async def set_ann_as_default(at_home: House) -> None:
    await at_home.ann.command(f"me {ME}")
    await at_home.ben.command(f"me {BENS}")
    await save_defaults(at_home, assignee_type="user", assignee_id="me")
    at_home.slack.calls.clear()


async def test_an_assignee_chosen_before_the_form_is_completed_stays(
    any_way: House,
) -> None:
    await set_ann_as_default(any_way)
    create_conversation(any_way, "Hung before")
    any_way.weav.fail(WeavFault(delay=0.5, **LIST))
    await open_form(any_way, words=f"email {JANE}")
    assert selected_value(any_way.ann.view, "assignee_id") == ME

    await pick_assignee(any_way, "ben")

    await any_way.slack.until(lambda _: "Hung before" in text_on(any_way.ann.view))
    assert selected_value(any_way.ann.view, "assignee_id") == BENS
    await any_way.ann.submit()
    await any_way.card()
    assert any_way.weav.creations[0].json["assignee_id"] == BENS
    assert len(any_way.slack.calls_of("views.update")) == 1


async def test_an_assignee_chosen_before_slack_confirms_the_open_form_stays(
    at_home: House,
) -> None:
    await set_ann_as_default(at_home)
    create_conversation(at_home, "Hung before")
    at_home.slack.faults.add(SlackFault("views.open", late=0.5))
    await open_form(at_home, words=f"email {JANE}")

    await pick_assignee(at_home, "ben")

    await at_home.slack.until(lambda _: "Hung before" in text_on(at_home.ann.view))
    assert selected_value(at_home.ann.view, "assignee_id") == BENS


async def test_an_assignee_chosen_during_a_customer_look_up_stays(at_home: House) -> None:
    await set_ann_as_default(at_home)
    create_conversation(at_home, "Hung before")
    at_home.weav.fail(WeavFault(delay=0.5, **LIST))
    await open_form(at_home, words="email")
    await choose_customer(at_home)

    await pick_assignee(at_home, "ben")

    await at_home.slack.until(lambda _: "Hung before" in text_on(at_home.ann.view))
    assert selected_value(at_home.ann.view, "assignee_id") == BENS


async def test_an_assignee_chosen_during_a_redraw_stays(at_home: House) -> None:
    await set_ann_as_default(at_home)
    create_conversation(at_home, "Hung before")
    at_home.slack.faults.add(SlackFault("views.update", delay=0.5))
    await open_form(at_home, words=f"email {JANE}")
    await until_fault_taken(at_home)

    await pick_assignee(at_home, "ben")

    await until_redraws(at_home, 2)
    assert "Hung before" in text_on(at_home.ann.view)
    assert selected_value(at_home.ann.view, "assignee_id") == BENS
    assert len(at_home.slack.calls_of("views.update")) == 2


async def test_a_customer_chosen_during_a_redraw_stays(at_home: House) -> None:
    at_home.slack.scopes += ("channels:read",)
    async with Ledger.open(at_home.database) as ledger:
        await ledger.customers.learn(KnownCustomer(JANE, "Jane Doe", "jane@example.com"))
    at_home.slack.faults.add(SlackFault("views.update", delay=0.5))
    await open_form_for(at_home, channel="C0PARTNERS")
    await until_fault_taken(at_home)

    await choose_customer(at_home, ZOE)

    await until_redraws(at_home, 2)
    assert "other organisations" in text_on(at_home.ann.view)
    assert selected_value(at_home.ann.view, "customer_id") == ZOE
