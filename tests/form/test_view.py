from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.form.form import Form
from bot.form.reply import Created, Creating, FormAgain, Left, NotConfirmed, Queued, Reply, view_of
from bot.form.values import FilledForm, FormValues, Origin, Source, load_sources
from bot.form.view import render
from bot.slack import ids
from bot.weav.models import Conversation
from tests.slack.limits import NASTY, faults
from tests.slack.payloads import ASSIGNEE, CUSTOMER

COMMAND = Origin(via="command")
FULL = FormValues(
    channel="chat",
    customer_id=CUSTOMER,
    subject="Export hangs",
    status="closed",
    priority="urgent",
    assignee_type="agent",
    assignee_id=ASSIGNEE,
    post_to="C024BE7LR",
)
EXTREMES = ["", "\0", "x" * 5000, *NASTY]


def form(values: FormValues, origin: Origin = COMMAND, notice: str = "") -> dict[str, Any]:
    drawn: dict[str, Any] = render(Form.of(FilledForm(values, origin), notice), opening=True)
    return drawn


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def initial(block: dict[str, Any]) -> str:
    element = block["element"]
    option = element.get("initial_option", {"value": ""})
    value: str = element.get("initial_value", element.get("initial_conversation", option["value"]))
    return value


def test_the_inputs_are_the_request_fields_and_post_to() -> None:
    drawn = inputs(form(FormValues()))

    assert drawn.keys() == set(ids.FIELDS)
    assert all(block["element"]["action_id"] == field for field, block in drawn.items())
    assert {field for field, block in drawn.items() if not block["optional"]} == {
        "channel",
        "customer_id",
        "post_to",
    }


def test_option_values_are_weavs_values() -> None:
    drawn = inputs(form(FormValues()))

    options = {
        field: {option["value"] for option in block["element"]["options"]}
        for field, block in drawn.items()
        if "options" in block["element"]
    }
    assert options == {
        "channel": {"email", "chat"},
        "status": {"open", "closed"},
        "priority": {"low", "normal", "high", "urgent"},
        "assignee_type": {"user", "agent"},
    }


def test_a_filled_form_shows_all_its_values() -> None:
    drawn = inputs(form(FULL))

    assert {field: initial(block) for field, block in drawn.items()} == FULL.model_dump(
        include=set(ids.FIELDS)
    )


def test_an_empty_form_preselects_only_the_current_slack_conversation() -> None:
    drawn = inputs(form(FormValues()))

    assert {initial(block) for block in drawn.values()} == {""}
    assert drawn["post_to"]["element"]["default_to_current_conversation"]
    assert drawn["post_to"]["element"]["response_url_enabled"]


def test_the_assignee_hint_says_to_choose_the_type_first() -> None:
    hint = inputs(form(FormValues()))["assignee_id"]["hint"]["text"]

    assert hint.startswith("Choose a person or an AI agent above, then find them here")


def test_an_unknown_choice_is_left_out_and_typed_text_is_kept() -> None:
    odd = FormValues(**dict.fromkeys(ids.FIELDS, "odd"))

    shown = {field for field, block in inputs(form(odd)).items() if initial(block)}

    assert shown == {"subject", "assignee_id"}


@pytest.mark.parametrize(
    ("values", "focused"),
    [
        (FormValues(), ["customer_id"]),
        (FormValues(subject="x"), ["customer_id"]),
        (FormValues(customer_id=CUSTOMER), ["subject"]),
        (FULL, []),
    ],
)
def test_the_cursor_starts_in_the_first_empty_field_and_only_at_opening(
    values: FormValues, focused: list[str]
) -> None:
    drawn = inputs(form(values))

    assert [f for f, block in drawn.items() if block["element"].get("focus_on_load")] == focused
    assert "focus_on_load" not in str(render(Form.of(FilledForm(values, COMMAND))))


def test_the_reason_stands_on_top_as_plain_text() -> None:
    first = form(FULL, notice="Weav says *no* to <b>.")["blocks"][0]

    assert (first["type"], first["level"]) == ("alert", "warning")
    assert first["text"]["type"] == "plain_text"
    assert first["text"]["text"] == "Weav says *no* to <b>."


def test_a_form_from_a_message_links_to_it_and_says_that_it_was_shortened() -> None:
    origin = Origin(
        via="message",
        slack_channel_id="C1",
        message_link="https://acme.slack.com/archives/C1/p1",
        shortened=True,
    )

    view = form(FormValues(), origin)

    about = view["blocks"][0]["elements"][0]["text"]
    assert "<https://acme.slack.com/archives/C1/p1|a message> in <#C1>" in about
    assert "first 500 characters" in about
    assert Origin.load(view["private_metadata"]) == origin


def test_a_message_without_a_link_is_still_named() -> None:
    about = form(FormValues(), Origin(via="message", slack_channel_id="D1"))["blocks"][0]

    assert about["elements"][0]["text"] == ":speech_balloon: About a message."


def test_a_subject_that_is_too_long_says_by_how_much() -> None:
    hint = inputs(form(FormValues(subject="x" * 612)))["subject"]["hint"]["text"]

    assert hint == "Cut 112 characters: the subject has 612, and Weav takes 500."


@pytest.mark.parametrize("text", EXTREMES)
def test_slack_takes_the_form_with_extreme_values(text: str) -> None:
    values = FormValues(**dict.fromkeys(ids.FIELDS, text))
    origin = Origin(via="message", slack_channel_id=text[:9], message_link=f"https://{text}")

    assert faults(form(values, origin, notice=text)) == []


def test_private_metadata_fits_however_long_the_message_link_is() -> None:
    sources = dict.fromkeys(ids.FIELDS, Source.DEFAULTS)

    for length in range(2500, 3000, 7):
        origin = Origin(via="message", message_ts="1.2", message_link="x" * length)
        dumped = origin.dump(sources)
        assert len(dumped) <= 3000
        assert Origin.load(dumped).message_ts == "1.2"
        assert load_sources(dumped) == sources


@given(st.builds(FormValues, **dict.fromkeys(ids.FIELDS, st.text())), st.text())
def test_slack_takes_the_form_with_any_values(values: FormValues, notice: str) -> None:
    assert faults(form(values, notice=notice)) == []


@pytest.mark.parametrize("text", EXTREMES)
def test_slack_takes_all_other_modals(text: str) -> None:
    form = FilledForm(FormValues(**dict.fromkeys(ids.FIELDS, text)), COMMAND)
    replies: list[Reply] = [
        Created(Conversation(id=f"1{text}")),
        FormAgain(text, {"subject": text}),
        Creating(),
        Queued(None),
        NotConfirmed(text, 0),
        NotConfirmed(text, 1),
        Left(),
    ]

    assert [faults(view_of(reply, form)) for reply in replies] == [[]] * len(replies)


def test_a_not_confirmed_modal_offers_three_choices() -> None:
    view = view_of(NotConfirmed("Weav did not answer.", 7), FilledForm(FormValues(), COMMAND))

    assert [(each["action_id"], each["value"]) for each in view["blocks"][1]["elements"]] == [
        ("weav_conversation_look_again", "7"),
        ("weav_conversation_create_again", "7"),
        ("weav_conversation_leave", "7"),
    ]


def test_without_a_row_a_not_confirmed_modal_has_no_buttons() -> None:
    view = view_of(NotConfirmed("Weav did not answer.", 0), FilledForm(FormValues(), COMMAND))

    assert len(view["blocks"]) == 1
