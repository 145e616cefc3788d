"""What a click on a card asks for.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack import ids, labels
from bot.slack.controls import Field, Shown
from bot.slack.payloads import at, text_at
from bot.weav.models import AssigneeType, Status


@dataclass(frozen=True, slots=True)
class Wish:
    """What a click asks for; the assignee's value is empty until somebody knows who it is."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Click:
    """`card_blocks` is the message that was clicked, empty if Slack did not send it along."""

    wish: Wish
    shown: Shown
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
        line = _first(at(next(titles, None), "elements"))
        return text_at(_first(at(line, "elements")), "text")


def assigned_to(weav_user_id: object) -> Wish:
    return Wish("assignee", f"{AssigneeType.USER}:{weav_user_id}".lower())


def parse_click(payload: Mapping[str, Any], action: Mapping[str, Any]) -> Click | None:
    """Read a block_actions payload; None: it is from no card that we know."""
    wish, shown = _wish(action), Shown.load(text_at(action, "block_id"))
    if wish is None or shown is None:
        return None
    blocks = at(payload, "message", "blocks")
    return Click(
        wish=wish,
        shown=shown,
        slack_user_id=text_at(payload, "user", "id"),
        slack_channel_id=text_at(payload, "channel", "id") or _contained(payload, "channel_id"),
        message_ts=_contained(payload, "message_ts") or text_at(payload, "message", "ts"),
        thread_ts=_contained(payload, "thread_ts"),
        response_url=text_at(payload, "response_url"),
        card_blocks=tuple(blocks) if isinstance(blocks, list) else (),
    )


def _first(several: object) -> object:
    return several[0] if isinstance(several, list) and several else None


def _contained(payload: Mapping[str, Any], name: str) -> str:
    return text_at(payload, "container", name)


def _wish(action: Mapping[str, Any]) -> Wish | None:
    match action.get("action_id"):
        case ids.ASSIGN_TO_ME:
            return Wish("assignee", "")
        case ids.CLOSE:
            return Wish("status", Status.CLOSED)
        case ids.OPEN_AGAIN:
            return Wish("status", Status.OPEN)
        case ids.SET_PRIORITY:
            priority = text_at(action, "selected_option", "value")
            return Wish("priority", priority) if priority in labels.PRIORITIES else None
    return None
