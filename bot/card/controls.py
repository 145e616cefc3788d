"""The buttons and the menu on a card, and what a click on them asks for.

handlers/__init__.py registers who hears of the click.
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
# One more of them, and `CardSnapshot.load` could no longer read the cards that are there.
FIELDS: Final[tuple[Field, ...]] = ("status", "priority", "assignee")


@dataclass(frozen=True, slots=True)
class CardSnapshot:
    """What a card said when it was clicked: it travels in the block_id of the buttons.

    The values are signs that can only be compared: in a shared channel the block_id is read by
    apps of other organisations, too, and a value that Weav invents may be anything.
    """

    conversation_id: str
    signs: tuple[str, ...]

    @classmethod
    def of(cls, conversation: Conversation) -> Self | None:
        """None for an id that is no UUID: nothing can be asked about it safely."""
        if not is_uuid(conversation.id):
            return None
        return cls(conversation.id, tuple(sign_of(conversation, field) for field in FIELDS))

    @classmethod
    def load(cls, block_id: str) -> Self | None:
        match block_id.split("|"):
            case [ids.CARD, conversation_id, *signs] if len(signs) == len(FIELDS) and is_uuid(
                conversation_id
            ):
                return cls(conversation_id, tuple(signs))
        return None

    def dump(self) -> str:
        return "|".join([ids.CARD, self.conversation_id, *self.signs])

    def shows(self, conversation: Conversation, field: Field) -> bool:
        """Whether this field is still as the card said; the other fields do not count."""
        return self.signs[FIELDS.index(field)] == sign_of(conversation, field)


def is_uuid(conversation_id: str) -> bool:
    """Whether it can be put into the path of a request."""
    return _UUID.fullmatch(conversation_id) is not None


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
    """Draw what can be done with it, for everybody who sees the card; nothing if it is deleted.

    `discreet`: without saying what it is about, or which priority it has.
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
        _priorities("" if discreet else conversation.priority),
        block_id=shown.dump(),
    )


def _button(label: str, action_id: str, subject: str) -> Json:
    # Many cards in a channel have the same buttons: a screen reader says whose this one is.
    said = shorten(f"{label}: {subject}" if subject else label, _LABEL_LIMIT)
    return blocks.button(label, action_id, spoken=said)


def _priorities(current: str | None) -> Json:
    # No select: that keeps showing what was clicked, whether Weav took it or not, and also over an
    # update of the message: https://github.com/slackapi/bolt-js/issues/2766.
    others = {
        value: f"{labels.SIGNS[value]} Priority: {label}"
        for value, label in labels.PRIORITIES.items()
        if value != current
    }
    return blocks.overflow(ids.SET_PRIORITY, others)


def sign_of(conversation: Conversation, field: Field) -> str:
    """Say what it is by something that can be compared and not read."""
    said = f"{conversation.id}|{value_of(conversation, field)}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class RequestedChange:
    """What a click asks for; the assignee's value is empty until somebody knows who it is."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Click:
    """`card_blocks` is the message that was clicked, empty if Slack did not send it along."""

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
        """Read from the card itself what it calls the conversation; empty if it does not say."""
        titles = (block for block in self.card_blocks if text_at(block, "type") == "rich_text")
        line = _first(list_at(next(titles, None), "elements"))
        return text_at(_first(list_at(line, "elements")), "text")


def assigned_to(weav_user_id: object) -> RequestedChange:
    return RequestedChange("assignee", f"{AssigneeType.USER}:{weav_user_id}".lower())


def parse_click(actions: BlockActions) -> Click | None:
    """None: it is from no card that we know."""
    requested, shown = _requested(actions.clicked), CardSnapshot.load(actions.clicked.block_id)
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


def _requested(action: Action) -> RequestedChange | None:
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
