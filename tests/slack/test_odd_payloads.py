import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.form.parse import Problems, Submission, parse_submission
from bot.form.values import FormValues, Origin, values_of
from bot.slack import ids
from tests.slack.payloads import VALID, submission

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
TEXT = st.text(max_size=20)


def accepted(payload: object) -> Submission:
    parsed = parse_submission(payload)
    assert isinstance(parsed, Submission)
    return parsed


@pytest.mark.parametrize("metadata", [None, "", "{", "[]", '{"via": "fax"}', 7])
def test_an_unreadable_origin_is_none_in_particular(metadata: object) -> None:
    payload = submission(VALID)
    payload["view"]["private_metadata"] = metadata

    assert accepted(payload).origin == Origin()


@pytest.mark.parametrize("part", ["user", "view"])
def test_a_payload_without_its_parts_is_a_problem_on_a_block_of_the_form(part: str) -> None:
    parsed = parse_submission(submission(VALID, **{part: None}))

    assert isinstance(parsed, Problems)
    assert list(parsed.by_field) == ["customer_id"]


def test_half_a_surrogate_pair_is_no_obstacle() -> None:
    values = VALID.model_dump() | {"subject": "a\ud800b"}
    payload = submission(FormValues.model_construct(**values))

    assert accepted(payload).request.subject == "a?b"


@given(JSON)
def test_any_json_is_read_without_an_error(payload: object) -> None:
    assert isinstance(parse_submission(payload), Problems)


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

    parsed = parse_submission(payload)

    assert isinstance(parsed, Submission) or parsed.by_field.keys() <= set(ids.FIELDS)


@given(st.builds(FormValues, *[], **dict.fromkeys(ids.FIELDS, TEXT)))
def test_what_stands_in_a_form_is_given_back_as_it_is(values: FormValues) -> None:
    assert values_of(submission(values)["view"]) == values
