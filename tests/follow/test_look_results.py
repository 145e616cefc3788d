"""How long the bot retries a look whose answer is unreadable or behind Weav's event."""

from collections.abc import Mapping
from typing import Any

from bot.follow.look_results import Again, late, not_read
from bot.follow.pace import FollowPace
from bot.ledger import DueRow, Look
from bot.weav.pages import LookUpFailed

PACE = FollowPace()
UNREADABLE = LookUpFailed("No list.")


def row(memo: Mapping[str, Any] | None) -> DueRow:
    times = {"marked_at": 0.0, "tried_for": 0.0, "read_at": 0.0, "asked_at": 0.0}
    return DueRow("C-1", Look.CARD, "me", marks=1, missing=False, memo=memo or {}, **times)


def test_what_cannot_be_read_comes_to_an_end() -> None:
    pauses, memo = [], None
    while isinstance(again := not_read(row(memo), UNREADABLE, PACE), Again):
        pauses.append(again.pause)
        memo = again.memo

    assert 300 < sum(pauses) < 1200


def test_weav_may_lag_as_long_when_it_could_not_be_read_before() -> None:
    memo: Mapping[str, Any] | None = {"told": ["1"]}
    for _ in range(6):
        again = not_read(row(memo), UNREADABLE, PACE)
        assert isinstance(again, Again)
        memo = again.memo

    lagging = late(row(memo), PACE)

    assert lagging
    assert lagging.pause == PACE.not_yet.shortest
    assert lagging.memo == {"told": ["1"], "late_for": lagging.pause}
