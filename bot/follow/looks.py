"""What became of a look at a conversation, and so of its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.slack.api import Failed
from bot.weav.pages import LookUpFailed


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing remains to be done; `outcome` is counted, and the next look finds `memo`."""

    outcome: str
    memo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """To be looked at once more; seconds, and how many of them count as trying."""

    pause: float
    counted: float = 0.0
    missing: bool = False
    memo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WeavAway:
    failed: LookUpFailed


@dataclass(frozen=True, slots=True)
class SlackAway:
    failed: Failed


@dataclass(frozen=True, slots=True)
class Over:
    """There is nothing left to draw or to tell in Slack; its code."""

    code: str


LookResult: TypeAlias = Settled | Again | WeavAway | SlackAway | Over

# What no later attempt mends: the card is gone, or the bot from where it is.
# https://docs.slack.dev/reference/methods/chat.update#errors
GONE_IN_SLACK = frozenset(
    {
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "not_in_channel",
        "thread_not_found",
    }
)
