"""What a card says about its conversation, as hashes, to know when to redraw it.

The ledger keeps hashes, because they stay after personal data is removed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from bot.card.controls import FIELDS, Field, hashes_of
from bot.ledger import Entry
from bot.weav.models import Conversation


@dataclass(frozen=True, slots=True)
class CardDigest:
    """`rest` is the hash of the fields that no click changes; `updated_at` is Weav's, if given."""

    hashes: tuple[str, ...]
    rest: str
    updated_at: datetime | None

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        return cls(hashes_of(conversation), _rest_hash(conversation), conversation.updated_at)

    @classmethod
    def load(cls, dumped: str) -> Self | None:
        """None if another release wrote it in another shape."""
        try:
            status, priority, assignee, rest, updated_at = dumped.split("|")
            at = datetime.fromisoformat(updated_at) if updated_at else None
        except ValueError:
            return None
        return cls((status, priority, assignee), rest, at)

    def dump(self) -> str:
        updated_at = self.updated_at.isoformat() if self.updated_at else ""
        return "|".join([*self.hashes, self.rest, updated_at])

    def matches(self, conversation: Conversation) -> bool:
        return replace(CardDigest.of(conversation), updated_at=self.updated_at) == self

    def changed_fields(self, conversation: Conversation) -> tuple[Field, ...]:
        """Return the clickable fields that differ from the card.

        A status or priority that was unset does not count as changed: Weav may leave it out when
        it creates the conversation, and give it when the conversation is read.
        """
        unset = conversation.model_copy(update={"status": None, "priority": None})
        now, before = hashes_of(conversation), hashes_of(unset)
        rows = zip(FIELDS, self.hashes, now, before, strict=True)
        return tuple(field for field, shown, *same in rows if shown not in same)

    def is_newer_than(self, conversation: Conversation) -> bool:
        """Whether the card shows a later `updated_at` than this conversation has."""
        if self.updated_at is None or conversation.updated_at is None:
            return False
        return self.updated_at > conversation.updated_at


def shown_digest(shown: str | None, changes: Sequence[Any], entry: Entry) -> CardDigest | None:
    """Return what a card says, from `cards.shown`; None if that is not known, so redraw the card.

    A card that was never changed says what Weav returned when the conversation was opened.
    """
    if shown:
        return CardDigest.load(shown)
    if shown is None and not changes and entry.conversation:
        return CardDigest.of(Conversation.read(entry.conversation))
    return None


def _rest_hash(conversation: Conversation) -> str:
    said = (
        conversation.subject,
        conversation.channel,
        conversation.customer_id,
        conversation.is_spam,
    )
    return hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()[:16]
