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
def test_the_drawn_picker_says_for_whom_it_is(kind: str) -> None:
    values = FormValues(assignee_type=kind, assignee_id=ASSIGNEE)

    assert assignee_kind(read_view(render(Form(values, NOWHERE)) | NO_STATE)) == kind
    defaults = render(Form(values, NOWHERE, for_defaults=True))
    assert assignee_kind(read_view(defaults | NO_STATE)) == kind


def test_what_is_drawn_wins_over_an_older_state() -> None:
    view = submission(FormValues(assignee_type="user", post_to="C001"), NOWHERE)["view"]
    drawn = render(Form(FormValues(assignee_type="agent", post_to="C002"), NOWHERE))

    assert assignee_kind(read_view(view | {"blocks": drawn["blocks"]})) == "agent"
    assert slack_channel_of(read_view(view | {"blocks": drawn["blocks"]})) == "C002"


def test_the_state_will_do_where_nothing_is_drawn() -> None:
    view = submitted(FormValues(assignee_type="agent", post_to="C001"), NOWHERE).view

    assert assignee_kind(view) == "agent"
    assert slack_channel_of(view) == "C001"


def test_the_channel_that_the_form_came_from_wins() -> None:
    values, origin = FormValues(post_to="C001"), Origin(via="command", slack_channel_id="C7")

    assert slack_channel_of(read_view(render(Form(values, origin)) | NO_STATE)) == "C7"
    assert slack_channel_of(read_view(render(Form(values, NOWHERE)) | NO_STATE)) == "C001"
    assert slack_channel_of(read_view(render(Form(FormValues(), NOWHERE)) | NO_STATE)) == ""


@given(JSON)
def test_any_view_is_read_without_an_error(view: object) -> None:
    odd = read_view({"blocks": view, "state": view, "private_metadata": view})

    assert assignee_kind(read_view(view)) == ""
    assert slack_channel_of(odd) == ""
