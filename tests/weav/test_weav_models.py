from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.weav.models import AssigneeType, Channel, Conversation, NewConversation, Priority, Status

CUSTOMER = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
ASSIGNEE = "5e1a0000-0000-4000-8000-000000000001"


def new(**chosen: object) -> NewConversation:
    return NewConversation.model_validate({"channel": "chat", "customer_id": CUSTOMER, **chosen})


def problems(**chosen: object) -> dict[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as caught:
        new(**chosen)
    return {error["loc"]: error["type"] for error in caught.value.errors()}


def test_body_has_only_what_was_chosen() -> None:
    assert new().body() == {"channel": "chat", "customer_id": CUSTOMER}


def test_body_has_every_chosen_field_in_weavs_words() -> None:
    chosen = {
        "subject": "Page is down",
        "status": "open",
        "priority": "urgent",
        "assignee_type": "user",
        "assignee_id": ASSIGNEE,
    }
    assert new(**chosen).body() == {"channel": "chat", "customer_id": CUSTOMER, **chosen}


@pytest.mark.parametrize("blank", ["", " ", "\n\t", None])
def test_blank_fields_count_as_not_given(blank: str | None) -> None:
    fields = ("subject", "status", "priority", "assignee_type", "assignee_id")
    assert new(**dict.fromkeys(fields, blank)) == new()


def test_blank_required_fields_are_missing() -> None:
    assert problems(channel="", customer_id=" ") == {
        ("channel",): "missing",
        ("customer_id",): "missing",
    }


@pytest.mark.parametrize(
    "spelling",
    [
        CUSTOMER.upper(),
        CUSTOMER.replace("-", ""),
        f"{{{CUSTOMER}}}",
        f"urn:uuid:{CUSTOMER}",
        f"URN:UUID:{CUSTOMER.upper()}",
        f"  {CUSTOMER}\n",
        f"\u200b{CUSTOMER}\u00a0",
    ],
)
def test_customer_id_in_any_usual_spelling_is_sent_canonical(spelling: str) -> None:
    assert new(customer_id=spelling).body()["customer_id"] == CUSTOMER


@pytest.mark.parametrize("text", ["Jane Doe", CUSTOMER[:-1], CUSTOMER + "0", "jane@example.com"])
def test_customer_id_that_is_no_uuid_is_a_problem_of_its_field(text: str) -> None:
    assert problems(customer_id=text) == {("customer_id",): "uuid_parsing"}


def test_subject_is_trimmed_and_folded_to_one_line() -> None:
    assert new(subject="  Page\r\nis \t\x00 down\u2028now ").subject == "Page is down now"


def test_subject_of_500_characters_after_folding_is_taken() -> None:
    assert new(subject=f" {'ü' * 250}\n\n{'🙂' * 249} ").subject == "ü" * 250 + " " + "🙂" * 249


def test_subject_of_501_characters_is_too_long() -> None:
    assert problems(subject="x" * 501) == {("subject",): "string_too_long"}


def test_assignee_without_type_lacks_the_type() -> None:
    assert problems(assignee_id=ASSIGNEE) == {("assignee_type",): "missing"}


def test_assignee_type_without_id_lacks_the_id() -> None:
    assert problems(assignee_type="agent") == {("assignee_id",): "missing"}


def test_all_problems_come_at_once() -> None:
    assert problems(
        channel="fax", customer_id="x", subject="x" * 501, status="x", priority="x", assignee_id="x"
    ) == {
        ("channel",): "enum",
        ("customer_id",): "uuid_parsing",
        ("subject",): "string_too_long",
        ("status",): "enum",
        ("priority",): "enum",
        ("assignee_type",): "missing",
        ("assignee_id",): "uuid_parsing",
    }


def test_unknown_fields_are_forbidden() -> None:
    assert problems(content="Hello") == {("content",): "extra_forbidden"}


@pytest.mark.parametrize("value", [[], {}, 7, True, b"x"])
def test_values_of_a_wrong_type_are_problems_and_no_crash(value: object) -> None:
    fields = ("channel", "customer_id", "status", "priority", "assignee_type", "assignee_id")
    found = problems(**dict.fromkeys(fields, value))
    assert {loc[0] for loc in found} == set(fields)


@pytest.mark.parametrize("data", [None, [], "chat", 7])
def test_a_request_has_to_be_a_mapping(data: object) -> None:
    with pytest.raises(ValidationError):
        NewConversation.model_validate(data)


def test_a_request_survives_its_own_json() -> None:
    whole = new(subject="Käse", assignee_type="user", assignee_id=ASSIGNEE)
    assert NewConversation.model_validate_json(whole.model_dump_json()) == whole


@given(
    st.builds(
        dict,
        channel=st.sampled_from(Channel),
        customer_id=st.uuids().map(str),
        subject=st.none() | st.text(max_size=500),
        status=st.none() | st.sampled_from(Status),
        priority=st.none() | st.sampled_from(Priority),
    ),
    st.just({})
    | st.builds(dict, assignee_type=st.sampled_from(AssigneeType), assignee_id=st.uuids().map(str)),
)
def test_a_valid_request_stays_the_same_when_validated_again(
    fields: dict[str, Any], who: dict[str, Any]
) -> None:
    once = NewConversation.model_validate(fields | who)
    body = once.body()

    assert NewConversation.model_validate(body) == once
    assert all(body.values())
    assert body.keys() <= (fields | who).keys()
    assert body.get("subject", "") == " ".join(body.get("subject", "").split())


@given(st.dictionaries(st.sampled_from(list(NewConversation.model_fields)), st.text() | st.none()))
def test_every_error_belongs_to_a_field(typed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        NewConversation.model_validate(typed | {"channel": "?"})

    assert all(e["loc"][0] in NewConversation.model_fields for e in caught.value.errors())


def test_conversation_reads_bare_and_in_an_envelope() -> None:
    bare = {"id": "c1", "subject": "Hi"}
    assert Conversation.read(bare) == Conversation.read({"data": bare})


def test_conversation_keeps_unknown_fields_and_words() -> None:
    conversation = Conversation.read({"id": "c1", "channel": "sms", "mood": "good"})
    assert (conversation.channel, conversation.model_extra) == ("sms", {"mood": "good"})


@pytest.mark.parametrize(
    "answer", [None, [], "c1", {}, {"id": None}, {"id": " "}, {"id": "\0"}, {"data": []}]
)
def test_conversation_without_an_id_is_unreadable(answer: object) -> None:
    with pytest.raises(ValidationError):
        Conversation.read(answer)


def test_control_characters_are_no_part_of_an_id() -> None:
    assert Conversation.read({"id": "\0c1\x1f\n"}).id == "c1"


def test_conversation_with_a_number_for_an_id_is_read() -> None:
    assert Conversation.read({"id": 7}).id == "7"


def test_fields_of_an_unexpected_type_read_as_none() -> None:
    odd: dict[str, object] = {field: ["?"] for field in Conversation.model_fields} | {"id": "c1"}
    read = Conversation.read(odd).model_dump()
    assert {read[field] for field in Conversation.model_fields if field != "id"} == {None}


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-01-05T09:00:00Z", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05T10:00:00+01:00", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05 09:00:00", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("yesterday", None),
        ("0000-00-00 00:00:00", None),
    ],
)
def test_dates_are_read_in_utc_and_unreadable_ones_dropped(text: str, date: object) -> None:
    assert Conversation.read({"id": "c1", "created_at": text}).created_at == date


def test_ids_are_read_as_uuids() -> None:
    assert new().customer_id == UUID(CUSTOMER)
