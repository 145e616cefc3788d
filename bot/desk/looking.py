"""Which of a customer's conversations is ours, when Weav's answer to the create was lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.weav.models import Conversation, NewConversation

# Weav's clock and the database's may differ by this many seconds.
CLOCK_DIFFERENCE = 120.0


@dataclass(frozen=True, slots=True)
class Found:
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class NotFound:
    """None there, or not there yet."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """More than one could be ours, or the look itself failed; a sentence for the author.

    `final`: looking again will not change it.
    """

    reason: str
    final: bool = False


Sight = Found | NotFound | Unclear

SEVERAL = "Weav has more than one conversation that could be this one."
CONTESTED = (
    "Weav has one conversation that could be this one, but it could be that of another submission"
    " with the same content as well."
)


def alike(
    conversations: Iterable[Conversation], request: NewConversation, since: float
) -> list[Conversation]:
    """Those with the same channel and subject that are new enough; `since` is in epoch seconds.

    One without a date proves nothing and is left out.
    """
    return [
        each
        for each in conversations
        if each.channel == request.channel
        and (each.subject or None) == request.subject
        and each.created_at is not None
        and each.created_at.timestamp() >= since - CLOCK_DIFFERENCE
    ]


def decide(unclaimed: Sequence[Conversation], rivals: int) -> Sight:
    """`rivals`: other submissions of the same content whose fate is open: it could be theirs."""
    match unclaimed:
        case []:
            return NotFound()
        case [only] if rivals == 0:
            return Found(only)
        case [_]:
            return Unclear(CONTESTED)
        case _:
            return Unclear(SEVERAL)
