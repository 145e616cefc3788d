"""How long the bot retries a look whose answer is unreadable or behind Weav's event."""

from collections.abc import Mapping
from typing import Any

from bot.follow.look_results import Again, not_read, not_yet
from bot.follow.pace import FollowPace
from bot.ledger import DueRow, Look
from bot.weav.pages import LookUpFailed

PACE = FollowPace()
UNREADABLE = LookUpFailed("No list.")


def row(memo: Mapping[str, Any] | None) -> DueRow:
    times = {"marked_at": 0.0, "tried_for": 0.0, "read_at": 0.0, "asked_at": 0.0}
    return DueRow("C-1", Look.CARD, "me", marks=1, missing=False, memo=memo or {}, **times)


def test_an_unreadable_conversation_is_given_up_in_the_end() -> None:
    pauses, memo = [], None
    while isinstance(again := not_read(row(memo), UNREADABLE, PACE), Again):
        pauses.append(again.pause)
        memo = again.memo

    assert 300 < sum(pauses) < 1200


def test_unreadable_answers_do_not_shorten_the_wait_for_a_lagging_weav() -> None:
    memo: Mapping[str, Any] | None = {"told": ["1"]}
    for _ in range(6):
        again = not_read(row(memo), UNREADABLE, PACE)
        assert isinstance(again, Again)
        memo = again.memo

    lagging = not_yet(row(memo), PACE)

    assert lagging
    assert lagging.pause == PACE.not_yet.shortest
    assert lagging.memo == {"told": ["1"], "late_for": lagging.pause}
