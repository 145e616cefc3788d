"""What became of a look at a conversation, and so of its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bot.follow.pace import FollowPace
from bot.ledger import DueRow
from bot.logs import get_logger
from bot.retry import Backoff
from bot.slack.api import Failed
from bot.weav.pages import LookUpFailed

log = get_logger("weav_slack.looks")
# Seconds. Until a lock is free that is held for long.
SOON: Final = 1.0
# How long it has been so, in seconds: of the two, whichever it was last.
_LATE_FOR: Final = "late_for"
_UNREADABLE_FOR: Final = "unreadable_for"


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing remains to be done; `outcome` is counted, and the next look finds `memo`.

    `is_recorded`: the row says so already.
    """

    outcome: str
    memo: Mapping[str, Any] | None = None
    is_recorded: bool = False


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
    """The next look finds `memo`."""

    failed: Failed
    memo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Over:
    """There is nothing left to draw or to tell in Slack; its code."""

    code: str


LookResult: TypeAlias = Settled | Again | WeavAway | SlackAway | Over


def not_read(row: DueRow, failed: LookUpFailed, pace: FollowPace) -> LookResult:
    """What concerns this conversation alone holds up no others, and comes to an end."""
    if failed.missing:
        return Settled("missing")
    if failed.away:
        return WeavAway(failed)
    log.warning("weav_not_understood", conversation=row.id, reason=failed.reason)
    again = _not_yet(row, _UNREADABLE_FOR, pace.unreadable)
    return again or Settled("unreadable", {**row.memo, _UNREADABLE_FOR: 0.0})


def late(row: DueRow, pace: FollowPace) -> Again | None:
    """Weav answers, but not as it told; None: that was so for long enough."""
    return _not_yet(row, _LATE_FOR, pace.not_yet)


def _not_yet(row: DueRow, clock: str, backoff: Backoff) -> Again | None:
    """Nor are those seconds counted together with those in which nobody answers."""
    seconds = row.memo.get(clock, 0.0)
    later = backoff.after(seconds)
    if later is None:
        return None
    others = {name: row.memo[name] for name in row.memo.keys() - {_LATE_FOR, _UNREADABLE_FOR}}
    return Again(later.pause, memo={**others, clock: seconds + later.counted})


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
