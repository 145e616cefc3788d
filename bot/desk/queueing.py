"""When a conversation that Weav certainly did not get is tried again."""

from collections.abc import Callable

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


def pause_before(attempt: int, retry_after: float | None, jitter: Callable[[], float]) -> float:
    """Seconds to wait before try `attempt` + 1, doubling from 1 s to 60 s; `jitter` gives 0 to 1.

    Half of the pause is jitter, so that what failed together does not come back together. A longer
    `Retry-After` of Weav's stands, and is only ever lengthened.
    """
    pause = min(FIRST_PAUSE * 2.0 ** min(attempt - 1, 10), LONGEST_PAUSE)
    jittered = pause * (0.5 + 0.5 * jitter())
    if retry_after is None:
        return jittered
    return max(retry_after + jitter(), jittered)


def within(pause: float, age: float, retry_for: float) -> float | None:
    """Shorten the last pause to the end of `retry_for`; None when that time is over."""
    left = retry_for - age
    if left <= 0:
        return None
    return min(pause, left)
