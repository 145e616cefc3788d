"""The points where a bot kills itself: hooks around the ledger, in the processes of these tests."""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from bot.ledger import Ledger, Received
from tests.shorter_waits import limit_to_one_request_to_weav

if TYPE_CHECKING:
    from collections.abc import Callable


class Point(StrEnum):
    WRITTEN = "row written"
    WAITING = "row written, waiting for its turn"
    SENT = "request sent, not answered"
    ANSWERED = "answered, not recorded"
    RECORDED = "recorded, not announced"
    ANNOUNCED = "announced, not recorded"
    QUEUED = "queued"
    REFUSED = "refused, author not told"
    FOUND = "answer lost, found, not recorded"
    CLAIMED = "answer lost, recorded, not announced"
    UNCONFIRMED = "not confirmed, author not told"


BEFORE: Final[dict[Point, tuple[type, str]]] = {
    Point.ANSWERED: (Ledger, "opened"),
    Point.ANNOUNCED: (Ledger, "announced"),
    Point.FOUND: (Ledger, "claim"),
}
AFTER: Final[dict[Point, tuple[type, str]]] = {
    Point.WRITTEN: (Ledger, "receive"),
    Point.WAITING: (Ledger, "receive"),
    Point.RECORDED: (Ledger, "opened"),
    Point.CLAIMED: (Ledger, "claim"),
    Point.QUEUED: (Ledger, "queued"),
    Point.REFUSED: (Ledger, "refused"),
    Point.UNCONFIRMED: (Ledger, "unconfirmed"),
}


def arm(point: Point, nth: int) -> None:
    """Make this process kill itself when it reaches the point for the nth time."""
    left = nth

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if point is Point.WAITING:
        limit_to_one_request_to_weav()
    if point in BEFORE:
        _wrap(*BEFORE[point], before=count)
    elif point in AFTER:
        _wrap(*AFTER[point], after=count)


def _wrap(
    owner: type,
    name: str,
    *,
    before: Callable[[], None] = lambda: None,
    after: Callable[[], None] = lambda: None,
) -> None:
    original = getattr(owner, name)

    async def counting(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as the original
        before()
        result = await original(*arguments, **named)
        if result is not None and (not isinstance(result, Received) or result.new):
            after()
        return result

    setattr(owner, name, counting)
