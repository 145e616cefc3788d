import itertools
from typing import Any

import pytest

from bot.form.parse import Problems, Submission, parse_submission
from bot.form.values import FormValues, Origin
from bot.slack.payloads import ViewSubmission
from tests.slack.payloads import ASSIGNEE, CUSTOMER, VALID, submitted


def problems(**changes: str) -> dict[str, str]:
    parsed = parse_submission(submitted(VALID.model_copy(update=changes)))
    assert isinstance(parsed, Problems)
    return dict(parsed.by_field)


def accepted(payload: ViewSubmission) -> Submission:
    parsed = parse_submission(payload)
    assert isinstance(parsed, Submission)
    return parsed


def test_a_filled_form_becomes_a_request_with_its_author_and_origin() -> None:
    origin = Origin(via="message", slack_channel_id="C9", message_ts="1.2", thread_ts="1.1")
    values = VALID.model_copy(update={"subject": " Export\n hangs ", "priority": "high"})

    parsed = accepted(submitted(values, origin))

    assert parsed.new_entry.request == {
        "channel": "email",
        "customer_id": CUSTOMER,
        "subject": "Export hangs",
        "priority": "high",
    }
    assert (parsed.form.values, parsed.form.origin) == (values, origin)
    assert (parsed.new_entry.team_id, parsed.new_entry.slack_user_id, parsed.new_entry.view_id) == (
        "T1",
        "U1",
        "V1",
    )
    assert parsed.form.response_url == "https://hooks.slack.com/app/T1/1/x"


OPTIONAL = {
    "subject": ["", "Export hangs"],
    "status": ["", "open", "closed"],
    "priority": ["", "low", "normal", "high", "urgent"],
}
ASSIGNEES = [("", ""), ("user", ASSIGNEE), ("agent", ASSIGNEE)]


@pytest.mark.parametrize("channel", ["email", "chat"])
def test_the_request_body_has_exactly_the_fields_that_are_set(channel: str) -> None:
    for subject, status, priority, (kind, assignee) in itertools.product(
        *OPTIONAL.values(), ASSIGNEES
    ):
        chosen = {
            "channel": channel,
            "customer_id": CUSTOMER,
            "subject": subject,
            "status": status,
            "priority": priority,
            "assignee_type": kind,
            "assignee_id": assignee,
        }

        parsed = accepted(submitted(FormValues(**chosen, post_to="C1")))

        assert parsed.new_entry.request == {
            field: value for field, value in chosen.items() if value
        }


@pytest.mark.parametrize("field", ["channel", "customer_id", "post_to"])
def test_a_required_field_left_empty_has_a_sentence(field: str) -> None:
    found = problems(**{field: ""})

    assert list(found) == [field]
    assert found[field].endswith((".", "…"))


def test_all_problems_come_back_at_once() -> None:
    found = problems(
        channel="fax",
        customer_id="Jane",
        subject="x" * 501,
        status="lost",
        priority="highest",
        assignee_type="team",
        assignee_id="Ann",
        post_to="",
    )

    assert found == {
        "channel": "Choose email or chat.",
        "customer_id": "Choose the customer, or paste their ID from Weav. An ID looks like"
        " 3c90c3cc-…",
        "subject": "Cut 1 character: the subject has 501, and Weav takes 500.",
        "status": "Choose open or closed, or clear it.",
        "priority": "Choose low, normal, high or urgent, or clear it.",
        "assignee_type": "Choose a person or an AI agent, or clear it.",
        "assignee_id": "Choose the assignee again, or paste their ID from Weav. An ID looks like"
        " 3c90c3cc-…",
        "post_to": "Choose where to post the summary.",
    }


@pytest.mark.parametrize(
    ("given_field", "value", "missing"),
    [("assignee_id", ASSIGNEE, "assignee_type"), ("assignee_type", "user", "assignee_id")],
)
def test_a_missing_half_of_the_assignee_is_reported_with_all_other_problems(
    given_field: str, value: str, missing: str
) -> None:
    found = problems(**{given_field: value, "customer_id": "Jane"})

    assert found.keys() == {missing, "customer_id"}
    assert "or clear" in found[missing]


@pytest.mark.parametrize(
    "typed",
    [
        f" {CUSTOMER.upper()} ",
        CUSTOMER.replace("-", ""),
        f"https://app.example/customers/{CUSTOMER}",
        f"https://app.example/customers/{CUSTOMER}/conversations/{ASSIGNEE}",
    ],
)
def test_any_usual_spelling_of_a_customer_id_is_sent_in_canonical_form(typed: str) -> None:
    parsed = accepted(submitted(VALID.model_copy(update={"customer_id": typed})))

    assert parsed.new_entry.request["customer_id"] == CUSTOMER
    assert parsed.form.values.customer_id == typed


def test_text_typed_before_the_assignee_select_appeared_is_a_problem_under_it() -> None:
    values = VALID.model_copy(update={"assignee_type": "agent", "assignee_id": "mail"})

    parsed = parse_submission(submitted(values))

    assert isinstance(parsed, Problems)
    assert parsed.by_field.keys() == {"assignee_id"}
    assert "Choose the assignee again" in parsed.by_field["assignee_id"]


def test_the_link_to_an_agent_is_an_assignee() -> None:
    values = VALID.model_copy(
        update={"assignee_type": "agent", "assignee_id": f"https://app.example/agents/{ASSIGNEE}"}
    )

    assert accepted(submitted(values)).new_entry.request["assignee_id"] == ASSIGNEE


def test_the_subject_limit_counts_after_folding() -> None:
    values = VALID.model_copy(update={"subject": "x" * 499 + "   \n  y"})

    assert list(problems(subject=values.subject)) == ["subject"]
    assert accepted(submitted(VALID.model_copy(update={"subject": " " + "🎉" * 500 + " "})))


def test_the_response_url_is_the_one_of_the_chosen_conversation() -> None:
    urls = [
        {"block_id": "other", "channel_id": "C1", "response_url": "https://a"},
        {"block_id": "post_to", "channel_id": "C2", "response_url": "https://b"},
        "nonsense",
    ]

    assert accepted(submitted(VALID, response_urls=urls)).form.response_url == ""
    assert accepted(submitted(VALID, response_urls=None)).form.response_url == ""


@pytest.mark.parametrize(
    ("extra", "team_id"),
    [
        ({"team": None}, "T1"),
        ({"team": None, "user": {"id": "U1"}, "enterprise": {"id": "E1"}}, "E1"),
        ({"team": None, "user": {"id": "U1"}}, ""),
    ],
)
def test_the_team_of_an_organisation_wide_installation_comes_from_elsewhere(
    extra: dict[str, Any], team_id: str
) -> None:
    assert accepted(submitted(VALID, **extra)).new_entry.team_id == team_id
