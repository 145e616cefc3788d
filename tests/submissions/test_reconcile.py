from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.submissions.reconcile import (
    CONTESTED,
    SEVERAL,
    NotFound,
    candidates,
    only_match,
    until_next_look,
)
from bot.weav.models import Conversation, NewConversation

SENT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANSWERED = SENT + timedelta(seconds=20)
JANE = "3c90c3cc-0d44-4b50-8888-000000000001"
REQUEST = NewConversation.model_validate(
    {"channel": "email", "customer_id": JANE, "subject": "Export hangs"}
)


def conversation(**changes: Any) -> Conversation:  # noqa: ANN401 - JSON
    facts = {"id": "c1", "channel": "email", "subject": "Export hangs", "created_at": SENT}
    return Conversation.read(facts | changes)


def found(*conversations: Conversation) -> list[Conversation]:
    return candidates(conversations, REQUEST, SENT.timestamp(), ANSWERED.timestamp())


def test_a_conversation_with_the_same_channel_and_subject_matches() -> None:
    assert found(conversation()) == [conversation()]


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "chat"},
        {"subject": "Export"},
        {"subject": None},
        {"created_at": None},
        {"created_at": "yesterday"},
        {"created_at": SENT - timedelta(seconds=121)},
        {"created_at": ANSWERED + timedelta(seconds=121)},
    ],
)
def test_a_different_conversation_does_not_match(changes: dict[str, Any]) -> None:
    assert found(conversation(**changes)) == []


@pytest.mark.parametrize("seconds", [-120, 0, 140])
def test_two_minutes_of_clock_difference_are_allowed(seconds: int) -> None:
    assert found(conversation(created_at=SENT + timedelta(seconds=seconds)))


@pytest.mark.parametrize("subject", [None, ""])
def test_a_missing_subject_matches_an_empty_one(subject: str | None) -> None:
    request = NewConversation.model_validate({"channel": "email", "customer_id": JANE})

    assert candidates(
        [conversation(subject=subject)], request, SENT.timestamp(), ANSWERED.timestamp()
    )


def test_a_single_match_without_rivals_is_ours() -> None:
    assert only_match([conversation()], rivals=0) == conversation()


def test_no_match_is_not_found() -> None:
    assert only_match([], rivals=0) == NotFound()
    assert only_match([], rivals=1) == NotFound()


@pytest.mark.parametrize(
    ("count", "rivals", "why"), [(2, 0, SEVERAL), (1, 1, CONTESTED), (3, 2, SEVERAL)]
)
def test_an_ambiguous_match_is_not_found(count: int, rivals: int, why: str) -> None:
    several = [conversation(id=str(number)) for number in range(count)]

    assert only_match(several, rivals) == NotFound(why)


@pytest.mark.parametrize(
    ("since", "pause"), [(0, 1), (1, 5), (2.5, 3.5), (6, 13), (18, 1), (19, None), (1000, None)]
)
def test_one_look_makes_up_for_all_that_were_missed(since: float, pause: float | None) -> None:
    assert until_next_look((1, 5, 13), since) == pause


def test_rounding_of_sums_makes_no_extra_look() -> None:
    assert until_next_look((0.1, 0.2), 0.3 - 1e-9) is None
