"""What a card says about its conversation, as the ledger stores it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.card.digest import CardDigest, shown_digest
from bot.card.history import Change, read_changes
from bot.ledger import State
from bot.weav.models import Conversation
from tests.card.test_render import FULL
from tests.ledger.places import new_entry

if TYPE_CHECKING:
    from bot.ledger import Entry, Ledger

LATER = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, ()),
        ({"status": "closed"}, ("status",)),
        ({"status": None, "priority": "low"}, ("status", "priority")),
        ({"assignee_id": None, "assignee_type": None}, ("assignee",)),
        ({"first_response_at": LATER, "spam_score": 1.0}, ()),
    ],
)
def test_the_changed_fields_are_named(change: dict[str, object], fields: tuple[str, ...]) -> None:
    other = FULL.model_copy(update=change)

    assert CardDigest.of(FULL).changed_fields(other) == fields
    assert CardDigest.of(FULL).matches(other) is (not fields)


@pytest.mark.parametrize("field", ["status", "priority"])
def test_a_field_that_was_unset_is_redrawn_but_not_a_change(field: str) -> None:
    before = FULL.model_copy(update={field: None})

    assert not CardDigest.of(before).matches(FULL)
    assert CardDigest.of(before).changed_fields(FULL) == ()


@pytest.mark.parametrize(
    "change", [{"subject": "Another"}, {"channel": "chat"}, {"customer_id": "1"}, {"is_spam": True}]
)
def test_fields_that_no_click_changes_are_compared_too(change: dict[str, object]) -> None:
    other = FULL.model_copy(update=change)

    assert CardDigest.of(FULL).changed_fields(other) == ()
    assert not CardDigest.of(FULL).matches(other)


@given(st.builds(Conversation, id=st.just(FULL.id), status=st.text(), subject=st.text()))
def test_a_digest_can_be_stored_and_reveals_nothing(
    conversation: Conversation,
) -> None:
    kept = CardDigest.of(conversation).dump()

    assert CardDigest.load(kept) == CardDigest.of(conversation)
    assert len(conversation.subject or "") < 8 or (conversation.subject or "") not in kept


@pytest.mark.parametrize("kept", ["x", "a|b|c", "a|b|c|d|e|f", "a|b|c|d|yesterday", "||||1"])
def test_a_digest_in_another_shape_is_ignored(kept: str) -> None:
    assert CardDigest.load(kept) is None


def test_a_card_can_be_newer_than_what_was_read() -> None:
    now = FULL.model_copy(update={"updated_at": LATER})
    before = FULL.model_copy(update={"updated_at": LATER - timedelta(seconds=1)})

    assert CardDigest.of(now).is_newer_than(before)
    assert not CardDigest.of(before).is_newer_than(now)
    assert not CardDigest.of(now).is_newer_than(now)
    assert not CardDigest.of(now).is_newer_than(FULL)
    assert not CardDigest.of(FULL).is_newer_than(before)


async def entry_of(ledger: Ledger) -> Entry:
    received = await ledger.receive(new_entry(), sending=True)
    entry = await ledger.opened(received.entry, FULL.id, FULL.model_dump(mode="json"))
    assert entry
    assert entry.state is State.OPENED
    return entry


async def test_an_unchanged_card_shows_what_weav_said_at_first(ledger: Ledger) -> None:
    entry = await entry_of(ledger)

    assert shown_digest(None, [], entry) == CardDigest.of(FULL)
    assert shown_digest(CardDigest.of(FULL).dump(), ["a click"], entry) == CardDigest.of(FULL)


async def test_otherwise_it_is_not_known_what_a_card_shows(ledger: Ledger) -> None:
    entry = await entry_of(ledger)

    assert shown_digest("", [], entry) is None
    assert shown_digest(None, ["a click of a former release"], entry) is None


def test_an_older_release_skips_changes_made_in_weav() -> None:
    """It cannot read a line without a person."""
    noted = Change(field="status", value="closed", at=1.0).model_dump(exclude_defaults=True)

    assert noted == {"field": "status", "value": "closed", "at": 1.0}
    [read] = read_changes([noted])
    assert read.line.startswith("Closed in Weav · <!date^1^")
