from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from bot.access.audience import Audience
from bot.form.duplicates import duplicate_blocks
from bot.form.form import Form, form_of
from bot.form.values import FilledForm, FormValues, Origin, Source, values_of
from bot.form.view import render
from bot.slack import ids
from bot.slack.payloads import read_view
from tests.form.test_odd_submissions import JSON
from tests.slack.payloads import ASSIGNEE, CUSTOMER

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


def view_of(drawn: FormValues, now: FormValues) -> dict[str, Any]:
    """A view in a block_actions payload: the bot drew `drawn`, and its state has `now`."""
    form = Form.of(FilledForm(drawn, Origin(via="command")))
    view = render(form.with_blocks(duplicate_blocks("U1", 0.0, "opened")))
    values: dict[str, Any] = {}
    for field, value in now.model_dump(include=set(ids.FIELDS)).items():
        element = block(view, field)["element"]
        key, _ = KEYS.get(element["type"], OPTION)
        current: Any = value or None
        if key == "selected_option" and value:
            current = {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
        values[field] = {field: {"type": element["type"], key: current}}
    return view | {"id": "V1", "hash": "1.x", "state": {"values": values}}


def block(view: dict[str, Any], field: str) -> dict[str, Any]:
    found: dict[str, Any] = next(b for b in view["blocks"] if b.get("block_id") == field)
    return found


def with_shared_audience(form: Form) -> Form:
    return form.with_audience(Audience.SHARED)


def redrawn(
    view: dict[str, Any], change: Callable[[Form], Form] = with_shared_audience
) -> dict[str, Any]:
    """Redraw the view as a replica does that never saw the form."""
    drawn: dict[str, Any] = render(change(form_of(read_view(view)).with_state(view["state"])))
    return drawn


def initial_values(view: dict[str, Any]) -> FormValues:
    """Return the initial values of a view's inputs."""
    initial: dict[str, str] = {}
    for field in ids.FIELDS:
        element = block(view, field)["element"]
        value = element.get(KEYS.get(element["type"], OPTION)[1], "")
        initial[field] = value["value"] if isinstance(value, dict) else value
    return FormValues(**initial)


@pytest.mark.parametrize("drawn", [DRAWN, FormValues(assignee_type="user")])
@pytest.mark.parametrize("now", [NOW, DRAWN, FormValues(assignee_type="user")])
def test_a_redraw_begins_with_the_current_values(drawn: FormValues, now: FormValues) -> None:
    view = view_of(drawn, now)

    assert initial_values(redrawn(view)) == now
    view["blocks"].insert(3, {"type": "context", "block_id": "customer_conversations"})
    assert (
        initial_values(redrawn(view, lambda form: form.without_block("customer_conversations")))
        == now
    )


def test_another_assignee_type_changes_nothing_else() -> None:
    now = NOW.model_copy(update={"assignee_type": "agent"})

    view = redrawn(view_of(DRAWN, now))

    assert initial_values(view) == now
    assert "AI agent" in str(block(view, "assignee_id")["element"]["placeholder"])


def test_the_initial_option_is_one_of_the_options() -> None:
    view = view_of(DRAWN, NOW)

    drawn = redrawn(view)

    for field in ("channel", "status", "priority"):
        element = block(drawn, field)["element"]
        assert element["initial_option"] in element["options"]


def test_a_found_customer_keeps_their_name() -> None:
    view = view_of(DRAWN, NOW)
    found = {"text": {"type": "plain_text", "text": "Zoë", "emoji": True}, "value": OTHER}
    view["state"]["values"]["customer_id"]["customer_id"]["selected_option"] = found

    assert block(redrawn(view), "customer_id")["element"]["initial_option"] == found


def test_a_ticked_box_stays_ticked() -> None:
    view = view_of(DRAWN, NOW)
    [tick] = block(view, "another")["element"]["options"]
    ticked = {"type": "checkboxes", "selected_options": [tick]}
    view["state"]["values"]["another"] = {"another": ticked}

    drawn = redrawn(view)

    assert block(drawn, "another")["element"]["initial_options"] == [tick]
    assert form_of(read_view(drawn)).origin.another


def test_an_unticked_box_stays_unticked() -> None:
    view = view_of(DRAWN, NOW)
    [tick] = block(view, "another")["element"]["options"]
    block(view, "another")["element"]["initial_options"] = [tick]
    view["state"]["values"]["another"] = {"another": {"type": "checkboxes", "selected_options": []}}

    assert "initial_options" not in block(redrawn(view), "another")["element"]


def test_typed_text_is_cut_to_slacks_limit() -> None:
    view = view_of(DRAWN, NOW.model_copy(update={"subject": "x" * 4000}))

    assert len(initial_values(redrawn(view)).subject) == 3000


def test_fields_missing_in_the_state_stay_as_drawn() -> None:
    view = view_of(DRAWN, NOW) | {"state": {"values": {}}}

    assert initial_values(redrawn(view)) == DRAWN


def test_an_assignee_of_the_other_type_is_shown_as_long_as_slack_keeps_them() -> None:
    view = view_of(DRAWN, DRAWN.model_copy(update={"assignee_type": "agent"}))
    found = {"text": {"type": "plain_text", "text": "Ben", "emoji": True}, "value": ASSIGNEE}
    view["state"]["values"]["assignee_id"]["assignee_id"]["selected_option"] = found

    element = block(redrawn(view), "assignee_id")["element"]

    assert (element["initial_option"], "AI agent" in str(element["placeholder"])) == (found, True)


@pytest.mark.parametrize(("kind", "left"), [("nobody", ""), ("", ASSIGNEE)])
def test_choosing_nobody_empties_the_assignee(kind: str, left: str) -> None:
    now = DRAWN.model_copy(update={"assignee_type": kind})

    assert initial_values(redrawn(view_of(DRAWN, now))).assignee_id == left


def test_an_assignee_emptied_by_nobody_does_not_return_with_a_type() -> None:
    chosen = form_of(read_view(view_of(DRAWN, DRAWN))).with_state(
        {"values": {"assignee_type": {"assignee_type": _selected_type("nobody")}}}
    )
    emptied = {"assignee_id": {"assignee_id": {"type": "plain_text_input", "value": None}}}

    again = chosen.with_state(
        {"values": emptied | {"assignee_type": {"assignee_type": _selected_type("user")}}}
    )

    assert "initial_option" not in block(render(again), "assignee_id")["element"]


def _selected_type(kind: str) -> dict[str, Any]:
    return {"type": "static_select", "selected_option": {"value": kind}}


def test_the_state_of_an_input_of_another_type_is_ignored() -> None:
    view = view_of(FormValues(), FormValues(assignee_type="agent", assignee_id=ASSIGNEE))

    drawn = redrawn(view, lambda form: form.with_labels({"assignee_id": "Mail assistant"}))

    option = block(drawn, "assignee_id")["element"]["initial_option"]
    assert (option["value"], option["text"]["text"]) == (ASSIGNEE, "Mail assistant")


def test_changes_without_effect_leave_the_form_equal() -> None:
    view = view_of(DRAWN, NOW)
    form = form_of(read_view(view)).with_state(view["state"])

    assert form.with_audience(Audience.UNKNOWN) == form
    assert form.without_block("customer_conversations") == form


def test_extra_blocks_go_back_as_slack_sent_them() -> None:
    view = view_of(DRAWN, NOW)
    by_another_version = {"type": "section", "block_id": "x7Jq", "text": {"type": "mrkdwn"}}
    view["blocks"].insert(0, by_another_version)
    known = [block for block in view["blocks"] if block["block_id"] not in ids.FIELDS]

    drawn = redrawn(view)

    assert [block for block in drawn["blocks"] if block["block_id"] not in ids.FIELDS] == known
    assert redrawn(drawn | {"state": {}}) == drawn


def test_a_hint_names_a_values_source_until_the_value_changes() -> None:
    view = view_of(DRAWN, DRAWN.model_copy(update={"channel": "chat"}))
    sources = {"channel": Source.DEFAULTS, "priority": Source.WORDS}
    view["private_metadata"] = Origin(via="command").dump(sources)

    drawn = redrawn(view)

    assert block(drawn, "priority")["hint"]["text"] == "From your words after the command."
    assert "From" not in block(drawn, "channel")["hint"]["text"]
    assert form_of(read_view(drawn)).sources == {"priority": Source.WORDS}


@given(JSON, JSON)
def test_any_view_is_read_without_an_error(state: object, blocks: object) -> None:
    view = view_of(DRAWN, NOW)
    view["state"]["values"] = dict.fromkeys(FormValues.model_fields, state)
    assert initial_values(redrawn(view)) == DRAWN

    assert values_of(read_view({"state": state})) == FormValues()
    redrawn({"blocks": blocks, "state": state, "private_metadata": state})
