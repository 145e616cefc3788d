"""The buttons and the menu on a card, and the change that a click on them asks for.

handlers/__init__.py registers the listeners.
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from bot import labels
from bot.slack import blocks, ids
from bot.slack.blocks import Json
from bot.slack.payloads import Action, BlockActions, list_at, text_at
from bot.slack.text import DASHED, one_line, shorten
from bot.weav.models import DELETED, AssigneeType, Conversation, Status

Field = Literal["assignee", "status", "priority"]
# https://docs.slack.dev/reference/block-kit/block-elements/button-element
_LABEL_LIMIT: Final = 75
_UUID: Final = re.compile(DASHED, re.IGNORECASE)
# With one more field, `CardSnapshot.load` could not read the cards that are already posted.
FIELDS: Final[tuple[Field, ...]] = ("status", "priority", "assignee")


@dataclass(frozen=True, slots=True)
class CardSnapshot:
    """What a card says, as hashes in the block_id of its buttons; each click sends them back.

    Hashes, because apps of other organisations can read the block_id in a shared channel, and
    because Weav's values may contain any character.
    """

    conversation_id: str
    hashes: tuple[str, ...]

    @classmethod
    def of(cls, conversation: Conversation) -> Self | None:
        """None if the id is no UUID, and so not safe in a request's path."""
        if not is_uuid(conversation.id):
            return None
        return cls(conversation.id, hashes_of(conversation))

    @classmethod
    def load(cls, block_id: str) -> Self | None:
        match block_id.split("|"):
            case [ids.CARD, conversation_id, *hashes] if len(hashes) == len(FIELDS) and is_uuid(
                conversation_id
            ):
                return cls(conversation_id, tuple(hashes))
        return None

    def dump(self) -> str:
        return "|".join([ids.CARD, self.conversation_id, *self.hashes])

    def shows(self, conversation: Conversation, field: Field) -> bool:
        """Whether the card still says the truth about this one field."""
        index = FIELDS.index(field)
        return self.hashes[index] == hashes_of(conversation)[index]


def is_uuid(conversation_id: str) -> bool:
    """Whether the id is safe in the path of a request."""
    return _UUID.fullmatch(conversation_id) is not None


def value_of(conversation: Conversation, field: Field) -> str:
    """Return the field as Weav spells it (an assignee as `type:id`, lower case); empty if unset."""
    match field:
        case "status":
            return conversation.status or ""
        case "priority":
            return conversation.priority or ""
        case "assignee":
            named = (conversation.assignee_type, conversation.assignee_id)
            return ":".join(part.lower() for part in named if part)


def controls(conversation: Conversation, *, discreet: bool = False) -> Json | None:
    """Draw the buttons and the priority menu; None if it is deleted or its ID is no UUID.

    `discreet`: reveal neither the subject nor the priority.
    """
    shown = CardSnapshot.of(conversation)
    if shown is None or conversation.status == DELETED:
        return None
    subject = "" if discreet else one_line(conversation.subject or "")
    closed = conversation.status == Status.CLOSED
    toggle = ("Reopen", ids.OPEN_AGAIN) if closed else ("Close", ids.CLOSE)
    return blocks.actions(
        _button("Assign to me", ids.ASSIGN_TO_ME, subject),
        _button(*toggle, subject),
        _priority_menu("" if discreet else conversation.priority),
        block_id=shown.dump(),
    )


def _button(label: str, action_id: str, subject: str) -> Json:
    # All cards have the same buttons: the subject tells screen readers which card this one is on.
    said = shorten(f"{label}: {subject}" if subject else label, _LABEL_LIMIT)
    return blocks.button(label, action_id, spoken=said)


def _priority_menu(current: str | None) -> Json:
    # Not a select: it keeps showing the clicked option, even if Weav refused the change, and even
    # after the message is updated: https://github.com/slackapi/bolt-js/issues/2766.
    others = {
        value: f"{labels.EMOJI[value]} Priority: {label}"
        for value, label in labels.PRIORITIES.items()
        if value != current
    }
    return blocks.overflow(ids.SET_PRIORITY, others)


def hashes_of(conversation: Conversation) -> tuple[str, ...]:
    """Hash the values of `FIELDS`, so that they can be compared but not read."""
    texts = [f"{conversation.id}|{value_of(conversation, field)}" for field in FIELDS]
    digests = [hashlib.sha256(text.encode("utf-8", "replace")) for text in texts]
    return tuple(digest.hexdigest()[:16] for digest in digests)


@dataclass(frozen=True, slots=True)
class RequestedChange:
    """The change that a click asks for; an assignee is empty until their Weav id is looked up."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Click:
    """`card_blocks` are those of the clicked message; empty if Slack did not send them."""

    requested: RequestedChange
    shown: CardSnapshot
    slack_user_id: str
    slack_channel_id: str
    message_ts: str
    thread_ts: str
    response_url: str
    card_blocks: tuple[Any, ...]

    @property
    def subject(self) -> str:
        """Read the subject from the card itself; empty if it has none."""
        titles = (block for block in self.card_blocks if text_at(block, "type") == "rich_text")
        line = _first(list_at(next(titles, None), "elements"))
        return text_at(_first(list_at(line, "elements")), "text")


def assigned_to(weav_user_id: object) -> RequestedChange:
    return RequestedChange("assignee", f"{AssigneeType.USER}:{weav_user_id}".lower())


def parse_click(actions: BlockActions) -> Click | None:
    """None if the click is not on one of our cards."""
    requested, shown = _change_of(actions.clicked), CardSnapshot.load(actions.clicked.block_id)
    if requested is None or shown is None:
        return None
    return Click(
        requested=requested,
        shown=shown,
        slack_user_id=actions.slack_user_id,
        slack_channel_id=actions.slack_channel_id,
        message_ts=actions.container.message_ts or actions.message.ts,
        thread_ts=actions.container.thread_ts,
        response_url=actions.response_url,
        card_blocks=tuple(actions.message.blocks),
    )


def _first(several: list[Any]) -> object:
    return several[0] if several else None


def _change_of(action: Action) -> RequestedChange | None:
    match action.action_id:
        case ids.ASSIGN_TO_ME:
            return RequestedChange("assignee", "")
        case ids.CLOSE:
            return RequestedChange("status", Status.CLOSED)
        case ids.OPEN_AGAIN:
            return RequestedChange("status", Status.OPEN)
        case ids.SET_PRIORITY:
            priority = action.selected_option.value
            return RequestedChange("priority", priority) if priority in labels.PRIORITIES else None
    return None
