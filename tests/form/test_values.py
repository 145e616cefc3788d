import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.form.values import FilledForm, FormValues, Origin
from bot.slack import ids
from tests.slack.payloads import ASSIGNEE, VALID

TEXT = st.text(max_size=20)


@given(
    st.builds(FormValues, **dict.fromkeys(ids.FIELDS, st.text(max_size=40))),
    st.builds(Origin, via=st.sampled_from(["command", "message"]), message_link=TEXT),
)
def test_a_form_survives_in_a_buttons_value(values: FormValues, origin: Origin) -> None:
    form = FilledForm(values, origin)

    assert FilledForm.from_button(form.to_button()) == form


@pytest.mark.parametrize("character", ["x", "🎉", '"', "\\", "\n", "\x01"])
def test_a_buttons_value_has_at_most_2000_characters(character: str) -> None:
    values = FormValues(**dict.fromkeys(ids.FIELDS, character * 3000))
    origin = Origin(via="message", message_link=character * 4000)

    value = FilledForm(values, origin).to_button()

    assert len(value) <= 2000
    assert FilledForm.from_button(value).origin.via == "message"


def test_a_valid_form_is_whole_in_a_buttons_value() -> None:
    values = FormValues(**(VALID.model_dump() | {"subject": "🎉" * 500, "assignee_id": ASSIGNEE}))
    link = "https://acme.slack.com/archives/C024BE7LR/p1355517523000008?thread_ts=1355517523.000008"
    form = FilledForm(values, Origin(via="message", message_link=link, thread_ts="1355517523.0"))

    assert FilledForm.from_button(form.to_button()) == form


@pytest.mark.parametrize("value", ["", "{", "[]", "7", '{"values": 7}'])
def test_an_unreadable_value_is_an_empty_form(value: str) -> None:
    assert FilledForm.from_button(value) == FilledForm(FormValues(), Origin())


def test_a_link_too_long_for_private_metadata_is_left_out() -> None:
    origin = Origin(via="message", slack_channel_id="C1", message_link="https://" + "x" * 4000)

    assert Origin.load(origin.dump()) == Origin(via="message", slack_channel_id="C1")


def test_an_origin_too_long_for_a_button_gives_an_empty_form() -> None:
    form = FilledForm(FormValues(), Origin(via="message", slack_channel_id="C" * 3000))

    assert form.to_button() == "{}"
