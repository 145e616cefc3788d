"""What a card says about its conversation, as the ledger stores it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.card.drawn import Drawn, what_is_drawn
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
def test_what_differs_is_told_by_field(change: dict[str, object], fields: tuple[str, ...]) -> None:
    other = FULL.model_copy(update=change)

    assert Drawn.of(FULL).changed(other) == fields
    assert Drawn.of(FULL).says(other) is (not fields)


@pytest.mark.parametrize("field", ["status", "priority"])
def test_what_weav_had_left_open_is_drawn_and_no_change(field: str) -> None:
    before = FULL.model_copy(update={field: None})

    assert not Drawn.of(before).says(FULL)
    assert Drawn.of(before).changed(FULL) == ()


@pytest.mark.parametrize(
    "change", [{"subject": "Another"}, {"channel": "chat"}, {"customer_id": "1"}, {"is_spam": True}]
)
def test_what_no_click_changes_counts_as_well(change: dict[str, object]) -> None:
    other = FULL.model_copy(update=change)

    assert Drawn.of(FULL).changed(other) == ()
    assert not Drawn.of(FULL).says(other)


@given(st.builds(Conversation, id=st.just(FULL.id), status=st.text(), subject=st.text()))
def test_it_comes_back_from_the_ledger_and_nothing_can_be_read_in_it(
    conversation: Conversation,
) -> None:
    kept = Drawn.of(conversation).dump()

    assert Drawn.load(kept) == Drawn.of(conversation)
    assert len(conversation.subject or "") < 8 or (conversation.subject or "") not in kept


@pytest.mark.parametrize("kept", ["x", "a|b|c", "a|b|c|d|e|f", "a|b|c|d|yesterday", "||||1"])
def test_what_another_release_wrote_is_not_known(kept: str) -> None:
    assert Drawn.load(kept) is None


def test_what_weav_itself_dates_before_is_older() -> None:
    now = FULL.model_copy(update={"updated_at": LATER})
    before = FULL.model_copy(update={"updated_at": LATER - timedelta(seconds=1)})

    assert Drawn.of(now).is_newer_than(before)
    assert not Drawn.of(before).is_newer_than(now)
    assert not Drawn.of(now).is_newer_than(now)
    assert not Drawn.of(now).is_newer_than(FULL)
    assert not Drawn.of(FULL).is_newer_than(before)


async def entry_of(ledger: Ledger) -> Entry:
    received = await ledger.receive(new_entry(), sending=True)
    entry = await ledger.opened(received.entry, FULL.id, FULL.model_dump(mode="json"))
    assert entry
    assert entry.state is State.OPENED
    return entry


async def test_a_card_that_nobody_has_changed_says_what_weav_had_said(ledger: Ledger) -> None:
    entry = await entry_of(ledger)

    assert what_is_drawn(None, [], entry) == Drawn.of(FULL)
    assert what_is_drawn(Drawn.of(FULL).dump(), ["a click"], entry) == Drawn.of(FULL)


async def test_otherwise_nobody_knows_what_it_says(ledger: Ledger) -> None:
    entry = await entry_of(ledger)

    assert what_is_drawn("", [], entry) is None
    assert what_is_drawn(None, ["a click of a former release"], entry) is None


def test_a_former_release_passes_over_what_was_done_in_weav() -> None:
    """It cannot read a line without a person."""
    noted = Change(field="status", value="closed", at=1.0).model_dump(exclude_defaults=True)

    assert noted == {"field": "status", "value": "closed", "at": 1.0}
    [read] = read_changes([noted])
    assert read.line.startswith("Closed in Weav · <!date^1^")
