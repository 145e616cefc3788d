"""The results of a look at a conversation; each says what happens to its row next."""

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
# Seconds until a retry, for example when the lock is held for long.
SOON: Final = 1.0
# How long it has been so, in seconds; a memo has only the one that was true last.
_LATE_FOR: Final = "late_for"
_UNREADABLE_FOR: Final = "unreadable_for"


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is left to do. `outcome` is a metric's label; `memo` is kept for the next look.

    `is_recorded`: the row is already updated.
    """

    outcome: str
    memo: Mapping[str, Any] | None = None
    is_recorded: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Look again after `pause` seconds; `counted` of them count towards giving up."""

    pause: float
    counted: float = 0.0
    missing: bool = False
    memo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WeavAway:
    failed: LookUpFailed


@dataclass(frozen=True, slots=True)
class SlackAway:
    """`memo` is kept for the next look."""

    failed: Failed
    memo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class GoneInSlack:
    """The card or its channel is gone, so end all looks; `code` is Slack's error."""

    code: str


LookResult: TypeAlias = Settled | Again | WeavAway | SlackAway | GoneInSlack


def not_read(row: DueRow, failed: LookUpFailed, pace: FollowPace) -> LookResult:
    """Choose the result for a failed read: an error of this conversation alone stops no others."""
    if failed.missing:
        return Settled("missing")
    if failed.away:
        return WeavAway(failed)
    log.warning("weav_not_understood", conversation=row.id, reason=failed.reason)
    again = _retry(row, _UNREADABLE_FOR, pace.unreadable)
    return again or Settled("unreadable", {**row.memo, _UNREADABLE_FOR: 0.0})


def not_yet(row: DueRow, pace: FollowPace) -> Again | None:
    """Weav does not show yet what its event announced; None: stop waiting for it."""
    return _retry(row, _LATE_FOR, pace.not_yet)


def _retry(row: DueRow, clock: str, backoff: Backoff) -> Again | None:
    """Count these seconds in the memo, apart from `tried_for`, which counts outages."""
    seconds = row.memo.get(clock, 0.0)
    later = backoff.after(seconds)
    if later is None:
        return None
    others = {name: row.memo[name] for name in row.memo.keys() - {_LATE_FOR, _UNREADABLE_FOR}}
    return Again(later.pause, memo={**others, clock: seconds + later.counted})


# No retry helps: the card is gone, or the bot is no longer in its channel.
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
