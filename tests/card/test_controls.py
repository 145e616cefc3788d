import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.card.controls import (
    CardSnapshot,
    RequestedChange,
    assigned_to,
    controls,
    parse_click,
    value_of,
)
from bot.slack import ids
from bot.slack.payloads import BlockActions, at
from bot.weav.models import Conversation
from tests.slack.limits import NASTY, faults
from tests.slack.payloads import ASSIGNEE

ID = "11111111-2222-3333-4444-555555555555"
OPEN = Conversation(id=ID, status="open", priority="normal", subject="Export hangs")


def drawn_controls(conversation: Conversation) -> dict[str, Any]:
    block = controls(conversation)
    assert block is not None
    return block


def elements(conversation: Conversation) -> dict[str, dict[str, Any]]:
    return {each["action_id"]: each for each in drawn_controls(conversation)["elements"]}


def payload(clicked: dict[str, Any], **more: Any) -> BlockActions:  # noqa: ANN401 - JSON
    sent = {
        "type": "block_actions",
        "actions": [clicked],
        "team": {"id": "T1"},
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"},
        "container": {"type": "message", "message_ts": "1.2", "channel_id": "C1"},
        "message": {"ts": "1.2", "blocks": []},
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        **more,
    }
    return BlockActions.model_validate(sent)


def action(action_id: str, block_id: str = "", **more: object) -> dict[str, Any]:
    block_id = block_id or drawn_controls(OPEN)["block_id"]
    return {"action_id": action_id, "block_id": block_id, **more}


def chosen(priority: object) -> dict[str, Any]:
    return action(ids.SET_PRIORITY, selected_option={"value": priority})


def test_an_open_conversation_can_be_taken_closed_and_ranked() -> None:
    shown = elements(OPEN)

    assert [each.get("text", {}).get("text") for each in shown.values()] == [
        "Assign to me",
        "Close",
        None,
    ]
    assert [option["text"]["text"] for option in shown[ids.SET_PRIORITY]["options"]] == [
        ":red_circle: Priority: Urgent",
        ":large_orange_circle: Priority: High",
        ":white_circle: Priority: Low",
    ]


def test_a_closed_conversation_can_be_reopened() -> None:
    shown = elements(OPEN.model_copy(update={"status": "closed"}))

    assert ids.CLOSE not in shown
    assert shown[ids.OPEN_AGAIN]["text"]["text"] == "Reopen"


def test_a_screen_reader_says_which_conversation_a_button_is_for() -> None:
    assert elements(OPEN)[ids.CLOSE]["accessibility_label"] == "Close: Export hangs"
    without = OPEN.model_copy(update={"subject": None})
    assert elements(without)[ids.CLOSE]["accessibility_label"] == "Close"


@pytest.mark.parametrize("word", [None, "on_hold", *NASTY])
def test_unknown_values_do_not_change_the_buttons(word: str | None) -> None:
    unknown = Conversation(
        id=ID, status=word, priority=word, assignee_type=word, assignee_id=word, subject=word
    )

    shown = elements(unknown)

    assert list(shown) == [ids.ASSIGN_TO_ME, ids.CLOSE, ids.SET_PRIORITY]
    assert len(shown[ids.SET_PRIORITY]["options"]) == 4
    assert faults([drawn_controls(unknown)]) == []


def test_in_a_shared_channel_the_buttons_reveal_nothing() -> None:
    block = controls(OPEN, discreet=True)
    assert block

    assert "Export hangs" not in json.dumps(block)
    assert block["block_id"] == CardSnapshot.of(OPEN).dump()  # type: ignore[union-attr]
    assert len(block["elements"][2]["options"]) == 4
    assert "open" not in block["block_id"]


def test_an_id_that_is_no_uuid_has_no_buttons() -> None:
    assert controls(Conversation(id="../customers/1")) is None


@given(st.text(), st.text(), st.text(), st.text())
def test_a_click_brings_back_what_the_card_showed(
    status: str, priority: str, kind: str, assignee: str
) -> None:
    conversation = Conversation(
        id=ID, status=status, priority=priority, assignee_type=kind, assignee_id=assignee
    )
    block_id = drawn_controls(conversation)["block_id"]

    shown = CardSnapshot.load(block_id)

    assert len(block_id) <= 255
    assert shown == CardSnapshot.of(conversation)
    assert shown
    assert shown.shows(conversation, "status")
    assert shown.shows(conversation, "priority")
    assert shown.shows(conversation, "assignee")


def test_only_the_given_field_is_compared() -> None:
    shown = CardSnapshot.of(OPEN)
    assert shown
    closed = OPEN.model_copy(update={"status": "closed"})

    assert not shown.shows(closed, "status")
    assert shown.shows(closed, "priority")


def test_an_assignee_is_compared_in_any_case() -> None:
    assigned = OPEN.model_copy(update={"assignee_type": "user", "assignee_id": ASSIGNEE.upper()})

    assert value_of(assigned, "assignee") == assigned_to(ASSIGNEE).value == f"user:{ASSIGNEE}"


@pytest.mark.parametrize(
    ("clicked", "requested"),
    [
        (action(ids.ASSIGN_TO_ME), RequestedChange("assignee", "")),
        (action(ids.CLOSE), RequestedChange("status", "closed")),
        (action(ids.OPEN_AGAIN), RequestedChange("status", "open")),
        (chosen("urgent"), RequestedChange("priority", "urgent")),
    ],
)
def test_a_click_is_parsed_into_the_requested_change(
    clicked: dict[str, Any], requested: RequestedChange
) -> None:
    click = parse_click(payload(clicked))

    assert click
    assert click.requested == requested
    assert click.shown.conversation_id == ID
    assert (click.slack_channel_id, click.message_ts) == ("C1", "1.2")
    assert click.response_url.startswith("https://hooks.slack.com/")


@pytest.mark.parametrize(
    "clicked",
    [
        action(ids.LEAVE),
        action(ids.CLOSE, block_id="b1"),
        action(ids.CLOSE, block_id=f"{ids.CARD}|../x|open|normal|"),
        action(ids.CLOSE, block_id=f"{ids.CARD}|{ID}|open"),
        chosen("whenever"),
        chosen(None),
        chosen(["urgent"]),
        action(ids.SET_PRIORITY),
        {"action_id": ids.CLOSE, "block_id": 3},
    ],
)
def test_an_action_that_is_not_on_a_card_is_no_click(clicked: dict[str, Any]) -> None:
    assert parse_click(payload(clicked)) is None


@pytest.mark.parametrize("message", [None, {}, {"blocks": None}, {"blocks": "x"}, "x"])
def test_a_click_without_its_message_is_parsed(message: object) -> None:
    click = parse_click(payload(action(ids.CLOSE), message=message))

    assert click
    assert click.card_blocks == ()
    assert click.message_ts == "1.2"


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_any_container_is_parsed(anything: object) -> None:
    click = parse_click(payload(action(ids.CLOSE), container=anything, channel=anything))

    assert click
    assert at(anything, "x") is None
