"""The ledger's surroundings in the property test: a Weav, and an author."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.ledger import Entry, State

# Seconds by which Weav's clock and the database's may differ.
TOLERANCE = 120.0


class Answer(StrEnum):
    OPENED = "opened"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    CREATED_AND_LOST = "created, and the answer lost"
    LOST = "lost on the way there"


UNKNOWN = {Answer.OPENED, Answer.CREATED_AND_LOST, Answer.LOST}


@dataclass(frozen=True)
class Created:
    conversation_id: str
    row: int
    fingerprint: str
    created_at: float


@dataclass
class Weav:
    created: list[Created] = field(default_factory=list)
    posts: set[tuple[int, int]] = field(default_factory=set)
    unsettled: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def post(self, entry: Entry, answer: Answer, now: float) -> str:
        """Answer a POST: one for each attempt, and none after one that may have arrived."""
        attempt = (entry.id, entry.attempts)
        assert attempt not in self.posts, "an attempt was sent twice"
        assert not self.unsettled[entry.id], "a POST that may have arrived was repeated unasked"
        self.posts.add(attempt)
        self.unsettled[entry.id] += answer in UNKNOWN
        conversation_id = f"conv-{len(self.created)}"
        if answer in {Answer.OPENED, Answer.CREATED_AND_LOST}:
            assert entry.fingerprint
            self.created.append(Created(conversation_id, entry.id, entry.fingerprint, now))
        return conversation_id

    def author_asks_again(self, row: int) -> None:
        self.unsettled[row] = 0

    def look(self, entry: Entry) -> list[Created]:
        begun = entry.created_at if entry.doubtful or not entry.sent_at else entry.sent_at
        return [
            each
            for each in self.created
            if each.fingerprint == entry.fingerprint and each.created_at >= begun - TOLERANCE
        ]


@dataclass
class Author:
    told: set[tuple[int, float, State]] = field(default_factory=set)
    cards: set[tuple[int, str | None]] = field(default_factory=set)

    def hear(self, entry: Entry) -> None:
        self.told.add((entry.id, entry.received_at, entry.state))

    def knows(self, entry: Entry) -> bool:
        return (entry.id, entry.received_at, entry.state) in self.told
