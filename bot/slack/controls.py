"""The buttons and the menu on a card."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal, Self

from bot.slack import blocks, ids, labels
from bot.slack.blocks import Json
from bot.slack.text import fold, shorten
from bot.slack.uuids import DASHED
from bot.weav.models import Conversation, Status

Field = Literal["assignee", "status", "priority"]

# https://docs.slack.dev/reference/block-kit/block-elements/button-element
_LABEL_LIMIT: Final = 75
_UUID: Final = re.compile(DASHED, re.IGNORECASE)
_FIELDS: Final[tuple[Field, ...]] = ("status", "priority", "assignee")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card said when it was clicked: it travels in the block_id of the buttons.

    The values are signs that can only be compared: in a shared channel the block_id is read by
    apps of other organisations, too, and a value that Weav invents may be anything.
    """

    conversation_id: str
    signs: tuple[str, ...]

    @classmethod
    def of(cls, conversation: Conversation) -> Self | None:
        """None for an id that is no UUID: nothing can be asked about it safely."""
        if not _UUID.fullmatch(conversation.id):
            return None
        return cls(conversation.id, tuple(_sign(conversation, field) for field in _FIELDS))

    @classmethod
    def load(cls, block_id: str) -> Self | None:
        match block_id.split("|"):
            case [ids.CARD, conversation_id, *signs] if len(signs) == len(
                _FIELDS
            ) and _UUID.fullmatch(conversation_id):
                return cls(conversation_id, tuple(signs))
        return None

    def dump(self) -> str:
        return "|".join([ids.CARD, self.conversation_id, *self.signs])

    def shows(self, conversation: Conversation, field: Field) -> bool:
        """Whether this field is still as the card said; the other fields do not count."""
        return self.signs[_FIELDS.index(field)] == _sign(conversation, field)


def value_of(conversation: Conversation, field: Field) -> str:
    """In Weav's words, for comparing; empty: nothing."""
    match field:
        case "status":
            return conversation.status or ""
        case "priority":
            return conversation.priority or ""
        case "assignee":
            named = (conversation.assignee_type, conversation.assignee_id)
            return ":".join(part.lower() for part in named if part)


def controls(conversation: Conversation, *, discreet: bool = False) -> Json | None:
    """Draw what can be done with it, for everybody who sees the card.

    `discreet`: without saying what it is about, or which priority it has.
    """
    shown = Shown.of(conversation)
    if shown is None:
        return None
    subject = "" if discreet else fold(conversation.subject or "")
    closed = conversation.status == Status.CLOSED
    toggle = ("Reopen", ids.OPEN_AGAIN) if closed else ("Close", ids.CLOSE)
    return blocks.actions(
        shown.dump(),
        _button("Assign to me", ids.ASSIGN_TO_ME, subject),
        _button(*toggle, subject),
        _priorities("" if discreet else conversation.priority),
    )


def _button(label: str, action_id: str, subject: str) -> Json:
    # Many cards in a channel have the same buttons: a screen reader says whose this one is.
    said = shorten(f"{label}: {subject}" if subject else label, _LABEL_LIMIT)
    return blocks.button(label, action_id, said)


def _priorities(current: str | None) -> Json:
    # No select: that keeps showing what was clicked, whether Weav took it or not, and also over an
    # update of the message: https://github.com/slackapi/bolt-js/issues/2766.
    others = {
        value: f"{labels.SIGNS[value]} Priority: {label}"
        for value, label in labels.PRIORITIES.items()
        if value != current
    }
    return blocks.overflow(ids.SET_PRIORITY, others)


def _sign(conversation: Conversation, field: Field) -> str:
    said = f"{conversation.id}|{value_of(conversation, field)}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
