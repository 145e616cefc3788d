import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.form.parse import Problems, Submission, parse_submission
from bot.form.values import FormValues, Origin, values_of
from bot.slack import ids
from bot.slack.payloads import (
    Impersonal,
    MalformedPayload,
    Payload,
    ViewSubmission,
    read_payload,
)
from tests.slack.payloads import VALID, submission, submitted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
TEXT = st.text(max_size=20)


def read_personal(sent: object) -> Payload:
    payload = read_payload(sent)
    assert not isinstance(payload, Impersonal)
    return payload


def parsed_from(sent: object) -> Submission | Problems:
    payload = read_personal(sent)
    assert isinstance(payload, ViewSubmission)
    return parse_submission(payload)


def accepted(sent: object) -> Submission:
    parsed = parsed_from(sent)
    assert isinstance(parsed, Submission)
    return parsed


@pytest.mark.parametrize("metadata", [None, "", "{", "[]", '{"via": "fax"}', 7])
def test_an_unreadable_origin_becomes_an_empty_one(metadata: object) -> None:
    payload = submission(VALID)
    payload["view"]["private_metadata"] = metadata

    assert accepted(payload).form.origin == Origin()


@pytest.mark.parametrize("nothing", [None, [], 7, "x"])
@pytest.mark.parametrize(("part", "reason"), [("user", "nobody"), ("view", "malformed")])
def test_a_payload_without_its_parts_cannot_be_answered(
    part: str, reason: str, nothing: object
) -> None:
    with pytest.raises(MalformedPayload) as raised:
        read_personal(submission(VALID) | {part: nothing})

    assert raised.value.reason == reason


@pytest.mark.parametrize("state", [None, [], {}, {"values": None}, {"values": []}, 7])
def test_a_form_without_state_is_a_problem_under_one_of_its_fields(state: object) -> None:
    payload = submission(VALID)
    payload["view"]["state"] = state

    parsed = parsed_from(payload)

    assert isinstance(parsed, Problems)
    assert list(parsed.by_field) == ["customer_id"]


@pytest.mark.parametrize("odd", [None, 7, True, [], {}, {"id": 7}, "x" * 256, "\ud800"])
@pytest.mark.parametrize(
    "part", ["team", "enterprise", "trigger_id", "response_url", "response_urls", "api_app_id"]
)
def test_malformed_parts_that_are_not_needed_are_ignored(part: str, odd: object) -> None:
    payload = submission(VALID) | {part: odd}

    assert accepted(payload).new_entry.request == accepted(submission(VALID)).new_entry.request


def test_a_part_of_another_type_does_not_affect_its_neighbours() -> None:
    payload = submission(VALID)
    payload["view"]["state"]["values"] |= {"subject": 7, "status": {"status": "x"}}
    payload["response_urls"].append("x")

    submitted = accepted(payload)

    assert submitted.form.values == VALID
    assert submitted.form.response_url == "https://hooks.slack.com/app/T1/1/x"


@given(JSON)
def test_arbitrary_json_is_a_malformed_payload(sent: object) -> None:
    with pytest.raises(MalformedPayload):
        read_payload(sent)


@given(
    st.dictionaries(
        st.sampled_from(ids.FIELDS),
        JSON
        | st.dictionaries(
            st.sampled_from(ids.FIELDS),
            JSON
            | st.fixed_dictionaries(
                {}, optional={"value": JSON, "selected_option": JSON, "selected_conversation": JSON}
            ),
        ),
    )
)
def test_any_state_is_read_without_an_error(state: dict[str, object]) -> None:
    payload = submission(VALID)
    payload["view"]["state"]["values"] = state

    parsed = parsed_from(payload)

    assert isinstance(parsed, Submission) or parsed.by_field.keys() <= set(ids.FIELDS)


@given(st.builds(FormValues, *[], **dict.fromkeys(ids.FIELDS, TEXT)))
def test_the_values_in_a_form_are_read_back_unchanged(values: FormValues) -> None:
    assert values_of(submitted(values).view) == values
