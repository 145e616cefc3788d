"""What a card says of its conversation, to know when it has to be drawn again.

Signs that can be compared and not read: the ledger keeps them when all that names somebody is
removed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bot.card.controls import FIELDS, Field, sign_of
from bot.ledger import Entry
from bot.weav.models import Conversation


@dataclass(frozen=True, slots=True)
class Drawn:
    """`rest` is the sign of what no click changes; `updated_at` is Weav's, if it told."""

    signs: tuple[str, ...]
    rest: str
    updated_at: datetime | None

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        signs = tuple(sign_of(conversation, field) for field in FIELDS)
        return cls(signs, _rest(conversation), conversation.updated_at)

    @classmethod
    def load(cls, dumped: str) -> Self | None:
        """None for what another release wrote."""
        match dumped.split("|"):
            case [*signs, rest, updated_at] if len(signs) == len(FIELDS):
                pass
            case _:
                return None
        try:
            at = datetime.fromisoformat(updated_at) if updated_at else None
        except ValueError:
            return None
        return cls(tuple(signs), rest, at)

    def dump(self) -> str:
        updated_at = self.updated_at.isoformat() if self.updated_at else ""
        return "|".join([*self.signs, self.rest, updated_at])

    def says(self, conversation: Conversation) -> bool:
        now = Drawn.of(conversation)
        return (self.signs, self.rest) == (now.signs, now.rest)

    def changed(self, conversation: Conversation) -> tuple[Field, ...]:
        """Name the fields of a click that are no longer as the card says.

        A status or priority that Weav had left open is no change: it may tell less of what it has
        just created than of what it is asked for.
        """
        nothing = conversation.model_copy(update=dict.fromkeys(("status", "priority")))
        pairs = zip(FIELDS, self.signs, strict=True)
        return tuple(
            field
            for field, sign in pairs
            if sign != sign_of(conversation, field)
            and (field == "assignee" or sign != sign_of(nothing, field))
        )

    def is_newer_than(self, conversation: Conversation) -> bool:
        """Whether Weav itself dates what the card says later than this."""
        if self.updated_at is None or conversation.updated_at is None:
            return False
        return self.updated_at > conversation.updated_at


def what_is_drawn(shown: str | None, changes: Sequence[Any], entry: Entry) -> Drawn | None:
    """Read what is noted of a card; None: nobody knows what it says, so it is to be drawn.

    A card that nobody has changed says what Weav had said when it was posted.
    """
    if shown:
        return Drawn.load(shown)
    if shown is None and not changes and entry.conversation:
        return Drawn.of(Conversation.read(entry.conversation))
    return None


def _rest(conversation: Conversation) -> str:
    said = (
        conversation.subject,
        conversation.channel,
        conversation.customer_id,
        conversation.is_spam,
    )
    return hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()[:16]
