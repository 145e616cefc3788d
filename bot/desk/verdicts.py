"""What a row of the ledger says to its author."""

from typing import assert_never

from bot.desk.answers import Left, Queued, Verdict
from bot.ledger import Entry, State
from bot.weav.models import Conversation
from bot.weav.outcomes import NotSent, Opened, Refused, Unconfirmed


def verdict_of(entry: Entry) -> Verdict | None:
    """None: somebody is still at it."""
    reason = entry.reason or ""
    match entry.state:
        case State.RECEIVED | State.SENDING:
            return None
        case State.QUEUED:
            return Queued(reason)
        case State.OPENED | State.ANNOUNCED:
            return Opened(conversation_of(entry))
        case State.REFUSED:
            return Refused(reason, {}, 0)
        case State.UNCONFIRMED:
            return Unconfirmed(reason)
        case State.EXPIRED:
            return NotSent(reason)
        case State.LEFT:
            return Left()
        case _:
            assert_never(entry.state)


def conversation_of(entry: Entry) -> Conversation:
    """Only its id is left when the ledger has forgotten the rest."""
    return Conversation.read(entry.conversation or {"id": entry.conversation_id})
