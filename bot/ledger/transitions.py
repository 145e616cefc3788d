"""The transitions between a submission's states, and the statements of queries.sql that make them.

The guards are in the SQL; a test runs every statement from every state and compares the result with
this table. `picture()` draws the diagram in bot/README.md.
"""

from dataclasses import dataclass
from typing import Final

from bot.ledger.entry import State

_UNSENT: Final = (State.RECEIVED, State.QUEUED)


@dataclass(frozen=True, slots=True)
class Transition:
    """`statement` changes the state from any of `before` to `after`; None: there is no row yet.

    `doubtful`: only if an earlier POST of the row may have made a conversation.
    """

    statement: str
    before: tuple[State | None, ...]
    after: State
    why: str
    doubtful: bool = False


TRANSITIONS: Final = (
    Transition("receive", (None,), State.SENDING, "submitted"),
    Transition("receive", (None,), State.RECEIVED, "submitted, too many at once"),
    Transition("receive", (State.REFUSED, State.EXPIRED), State.SENDING, "the same form again"),
    Transition("receive", (State.REFUSED, State.EXPIRED), State.RECEIVED, "the same form again"),
    Transition("start_sending", _UNSENT, State.SENDING, "its turn, or due"),
    Transition("opened", (State.SENDING, State.UNCONFIRMED), State.OPENED, "Weav's answer"),
    Transition("claim", (State.SENDING, State.UNCONFIRMED), State.OPENED, "found in Weav"),
    Transition("announced", (State.OPENED,), State.ANNOUNCED, "card posted"),
    Transition("ended", (State.SENDING, *_UNSENT), State.REFUSED, "Weav said no"),
    Transition("ended", (State.SENDING, *_UNSENT), State.EXPIRED, "not created, time is over"),
    Transition("queued", (State.SENDING, State.RECEIVED), State.QUEUED, "certainly not created"),
    Transition("unconfirmed", (State.SENDING,), State.UNCONFIRMED, "no answer, not found"),
    Transition("unconfirmed", _UNSENT, State.UNCONFIRMED, "time is over", doubtful=True),
    Transition("again", (State.UNCONFIRMED,), State.RECEIVED, "create again"),
    Transition("leave", (State.UNCONFIRMED,), State.LEFT, "leave it"),
)


def picture() -> str:
    """Draw the table as a Mermaid state diagram, an arrow for each pair of states."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for each in TRANSITIONS:
        for before in each.before:
            whys = arrows.setdefault((before or "[*]", each.after), [])
            if each.why not in whys:
                whys.append(each.why)
    lines = [f"    {a} --> {b}: {', or '.join(whys)}" for (a, b), whys in arrows.items()]
    ends = [f"    {state} --> [*]" for state in (State.ANNOUNCED, State.LEFT)]
    return "\n".join(["stateDiagram-v2", *lines, *ends])
