from typing import Any

import pytest
from hypothesis import given

from bot.form.form import Form, assignee_kind, slack_channel_of
from bot.form.values import FormValues, Origin
from bot.form.view import render
from bot.slack.payloads import read_view
from tests.form.test_odd_submissions import JSON
from tests.slack.payloads import ASSIGNEE, submission, submitted

NO_STATE: Any = {"state": {"values": {}}}
NOWHERE = Origin(via="shortcut")


@pytest.mark.parametrize("kind", ["user", "agent"])
def test_the_assignee_type_is_read_from_the_drawn_select(kind: str) -> None:
    values = FormValues(assignee_type=kind, assignee_id=ASSIGNEE)

    assert assignee_kind(read_view(render(Form(values, NOWHERE)) | NO_STATE)) == kind
    defaults = render(Form(values, NOWHERE, for_defaults=True))
    assert assignee_kind(read_view(defaults | NO_STATE)) == kind


def test_the_blocks_win_over_an_older_state() -> None:
    view = submission(FormValues(assignee_type="user", post_to="C001"), NOWHERE)["view"]
    drawn = render(Form(FormValues(assignee_type="agent", post_to="C002"), NOWHERE))

    assert assignee_kind(read_view(view | {"blocks": drawn["blocks"]})) == "agent"
    assert slack_channel_of(read_view(view | {"blocks": drawn["blocks"]})) == "C002"


def test_without_blocks_the_state_is_read() -> None:
    view = submitted(FormValues(assignee_type="agent", post_to="C001"), NOWHERE).view

    assert assignee_kind(view) == "agent"
    assert slack_channel_of(view) == "C001"


def test_the_origins_channel_wins_over_post_to() -> None:
    values, origin = FormValues(post_to="C001"), Origin(via="command", slack_channel_id="C7")

    assert slack_channel_of(read_view(render(Form(values, origin)) | NO_STATE)) == "C7"
    assert slack_channel_of(read_view(render(Form(values, NOWHERE)) | NO_STATE)) == "C001"
    assert slack_channel_of(read_view(render(Form(FormValues(), NOWHERE)) | NO_STATE)) == ""


@given(JSON)
def test_any_view_is_read_without_an_error(view: object) -> None:
    odd = read_view({"blocks": view, "state": view, "private_metadata": view})

    assert assignee_kind(read_view(view)) == ""
    assert slack_channel_of(odd) == ""
