"""Which of a customer's conversations is ours, when Weav's answer to the create was lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from bot.weav.models import Conversation, NewConversation

# Weav's clock and the database's may differ by this many seconds.
CLOCK_DIFFERENCE = 120.0
# Seconds: sums of pauses differ in their last digits.
_SAME_TIME: Final = 0.001


@dataclass(frozen=True, slots=True)
class Found:
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class NotFound:
    """None there, or not there yet."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """More than one could be ours, or it could be another's; a sentence for the author."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSeen:
    """The look itself failed; a sentence for the author, or nothing.

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


def until_next(looks: Iterable[float], since: float) -> float | None:
    """Seconds until the next look; None: the last one was due by now.

    `looks`: the pauses before each; `since`: seconds since they began. Those that were missed are
    made up for by one.
    """
    pauses = (due - since for due in accumulate(looks))
    return next((pause for pause in pauses if pause > _SAME_TIME), None)


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
