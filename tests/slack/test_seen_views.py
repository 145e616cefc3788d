from typing import Any

import pytest
from hypothesis import given

from bot.access.audience import Audience
from bot.form.context import Duplicate, FormContext
from bot.form.update import noted, with_assignee_of, with_conversations
from bot.form.values import FormValues, Origin, values_of
from bot.form.view import conversation_modal
from tests.slack.payloads import ASSIGNEE, CUSTOMER
from tests.slack.test_odd_payloads import JSON

OTHER = "3c90c3cc-0d44-4b50-8888-000000000002"
DRAWN = FormValues(
    channel="email",
    customer_id=CUSTOMER,
    subject="As it was",
    status="open",
    priority="low",
    assignee_type="user",
    assignee_id=ASSIGNEE,
    post_to="C001",
)
NOW = FormValues(
    channel="chat",
    customer_id=OTHER,
    subject="As it is",
    status="closed",
    priority="high",
    assignee_type="user",
    assignee_id=OTHER,
    post_to="C002",
)
KEYS = {
    "plain_text_input": ("value", "initial_value"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
}
OPTION = ("selected_option", "initial_option")


def seen(drawn: FormValues, now: FormValues) -> dict[str, Any]:
    """A view as a block_actions payload has it: `drawn` by the bot, and `now` standing in it."""
    already = FormContext(already=Duplicate("U1", 0.0, "opened"))
    view = conversation_modal(drawn, Origin(via="command"), around=already)
    values: dict[str, Any] = {}
    for field, value in now.model_dump().items():
        element = block(view, field)["element"]
        key, _ = KEYS.get(element["type"], OPTION)
        stands: Any = value or None
        if key == "selected_option" and value:
            stands = {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
        values[field] = {field: {"type": element["type"], key: stands}}
    return view | {"id": "V1", "hash": "1.x", "state": {"values": values}}


def block(view: dict[str, Any], field: str) -> dict[str, Any]:
    found: dict[str, Any] = next(b for b in view["blocks"] if b.get("block_id") == field)
    return found


def begins_with(view: dict[str, Any] | None) -> FormValues:
    """Whatever Slack may make of the update: what the inputs are drawn to begin with."""
    assert view is not None
    initial: dict[str, str] = {}
    for field in FormValues.model_fields:
        element = block(view, field)["element"]
        value = element.get(KEYS.get(element["type"], OPTION)[1], "")
        initial[field] = value["value"] if isinstance(value, dict) else value
    return FormValues(**initial)


@pytest.mark.parametrize("drawn", [DRAWN, FormValues(assignee_type="user")])
@pytest.mark.parametrize("now", [NOW, DRAWN, FormValues(assignee_type="user")])
def test_a_form_that_is_drawn_again_begins_with_what_stands_in_it(
    drawn: FormValues, now: FormValues
) -> None:
    view = seen(drawn, now)

    assert begins_with(noted(view, Audience.SHARED)) == now
    view["blocks"].insert(3, {"type": "context", "block_id": "customer_conversations"})
    assert begins_with(with_conversations(view, [])) == now


def test_another_kind_of_assignee_changes_nothing_else() -> None:
    now = NOW.model_copy(update={"assignee_type": "agent"})

    assert begins_with(with_assignee_of(seen(DRAWN, now), "agent", OTHER, "")) == now


def test_an_option_is_one_of_those_that_the_select_has() -> None:
    view = seen(DRAWN, NOW)

    redrawn = noted(view, Audience.SHARED)

    assert redrawn is not None
    for field in ("channel", "status", "priority"):
        element = block(redrawn, field)["element"]
        assert element["initial_option"] in element["options"]


def test_a_person_who_was_found_keeps_their_name() -> None:
    view = seen(DRAWN, NOW)
    found = {"text": {"type": "plain_text", "text": "Zoë", "emoji": True}, "value": OTHER}
    view["state"]["values"]["customer_id"]["customer_id"]["selected_option"] = found

    redrawn = noted(view, Audience.SHARED)

    assert redrawn is not None
    assert block(redrawn, "customer_id")["element"]["initial_option"] == found


def test_a_tick_stays() -> None:
    view = seen(DRAWN, NOW)
    [tick] = block(view, "another")["element"]["options"]
    ticked = {"type": "checkboxes", "selected_options": [tick]}
    view["state"]["values"]["another"] = {"another": ticked}

    redrawn = noted(view, Audience.SHARED)

    assert redrawn is not None
    assert block(redrawn, "another")["element"]["initial_options"] == [tick]


def test_typed_text_is_no_longer_than_slack_takes_it_back() -> None:
    view = seen(DRAWN, NOW.model_copy(update={"subject": "x" * 4000}))

    assert len(begins_with(noted(view, Audience.SHARED)).subject) == 3000


def test_what_slack_says_nothing_of_is_left_as_it_was_drawn() -> None:
    view = seen(DRAWN, NOW) | {"state": {"values": {}}}

    assert begins_with(noted(view, Audience.SHARED)) == DRAWN


def test_somebody_found_for_another_kind_is_shown_as_long_as_slack_keeps_them() -> None:
    view = seen(DRAWN, DRAWN.model_copy(update={"assignee_type": "agent"}))
    found = {"text": {"type": "plain_text", "text": "Ben", "emoji": True}, "value": ASSIGNEE}
    view["state"]["values"]["assignee_id"]["assignee_id"]["selected_option"] = found

    redrawn = with_assignee_of(view, "agent", ASSIGNEE, "")

    assert redrawn is not None
    element = block(redrawn, "assignee_id")["element"]
    assert (element["initial_option"], "AI agent" in str(element["placeholder"])) == (found, True)


@pytest.mark.parametrize(("kind", "left"), [("nobody", ""), ("", ASSIGNEE)])
def test_nobody_takes_whoever_was_chosen_along(kind: str, left: str) -> None:
    now = DRAWN.model_copy(update={"assignee_type": kind})

    redrawn = with_assignee_of(seen(DRAWN, now), kind, ASSIGNEE, "Ann")

    assert begins_with(redrawn).assignee_id == left


def test_what_stood_in_an_input_of_another_type_is_nothing_for_this_one() -> None:
    view = seen(FormValues(), FormValues(assignee_id=ASSIGNEE))

    redrawn = with_assignee_of(view, "agent", ASSIGNEE, "Mail assistant")

    assert redrawn is not None
    option = block(redrawn, "assignee_id")["element"]["initial_option"]
    assert (option["value"], option["text"]["text"]) == (ASSIGNEE, "Mail assistant")


def test_nothing_is_drawn_where_nothing_but_what_stands_there_differs() -> None:
    assert noted(seen(DRAWN, NOW), Audience.UNTOLD) is None


@given(JSON, JSON)
def test_any_view_is_read_without_an_error(state: object, blocks: object) -> None:
    view = seen(DRAWN, NOW)
    view["state"]["values"] = dict.fromkeys(FormValues.model_fields, state)
    assert begins_with(noted(view, Audience.SHARED)) == DRAWN

    assert values_of({"state": state}) == FormValues()
    noted({"blocks": blocks, "state": state}, Audience.SHARED)
