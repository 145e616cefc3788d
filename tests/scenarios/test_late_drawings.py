"""A form is drawn anew while its user goes on: what they chose stands, and what they were told."""

import asyncio

import pytest

from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.weav import Fault
from bot.sandbox.weav.seeds import EMAIL_AGENT
from tests.house import CREATE, JANE, LIST, House, text_on
from tests.scenarios.filling import opened
from tests.scenarios.test_assignees import choose, taken
from tests.scenarios.test_open_conversations import chose, conversation


async def drawn(*names: str) -> None:
    """Wait until the bot has nothing more to draw after these choices."""
    drawing = [task for task in asyncio.all_tasks() if task.get_name() in names]
    await asyncio.gather(*drawing)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=503, **CREATE), "queued and will be created"),
        (Fault.lost_request(**CREATE), "Create it again?"),
        (Fault(status=403, **CREATE), "external-api:write"),
    ],
    ids=["queued", "not confirmed", "refused"],
)
async def test_no_late_drawing_covers_what_became_of_the_form(
    at_home: House, fault: Fault, said: str
) -> None:
    at_home.weav.fail(fault)
    await opened(at_home)
    await at_home.ann.type_in({"channel": "email", "customer_id": JANE})
    at_home.ann.fill({"assignee_id": EMAIL_AGENT})
    at_home.slack.faults.add(SlackFault("views.update", delay=2))
    await at_home.ann.act("assignee_type", "agent")
    await taken(at_home)

    await at_home.ann.submit()

    assert said in text_on(at_home.ann.view)
    await drawn("take_assignee_type")
    assert said in text_on(at_home.ann.view)
    [late] = at_home.slack.calls_of("views.update")
    assert late.answer["error"] == "hash_conflict"
    at_home.weav.faults.clear()


async def test_no_late_drawing_takes_away_what_stands_under_a_field(at_home: House) -> None:
    conversation(at_home, "Hung before")
    at_home.weav.fail(Fault(delay=0.7, **LIST))
    await opened(at_home)
    await chose(at_home)
    at_home.ann.fill({"assignee_type": "agent"})

    answer = await at_home.ann.submit({"channel": "email"})

    assert answer.errors.keys() == {"assignee_id"}
    await drawn("take_customer")
    assert at_home.ann.view.errors == answer.errors
    assert at_home.slack.calls_of("views.update") == []


async def test_a_choice_after_an_error_is_drawn_as_before(at_home: House) -> None:
    await opened(at_home)
    await at_home.ann.type_in({"customer_id": JANE})
    at_home.ann.fill({"assignee_type": "agent"})
    answer = await at_home.ann.submit({"channel": "email"})
    assert answer.errors

    await choose(at_home, "user")

    assert "ID of a person" in str(at_home.ann.view.block("assignee_id"))
