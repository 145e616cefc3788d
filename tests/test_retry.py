import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.retry import queue_pause, within_time


@pytest.mark.parametrize(
    ("attempt", "shortest", "longest"), [(1, 0.5, 1), (2, 1, 2), (6, 16, 32), (7, 30, 60)]
)
def test_pauses_double_up_to_a_minute_with_half_of_it_jitter(
    attempt: int, shortest: float, longest: float
) -> None:
    assert queue_pause(attempt, None, lambda: 0.0) == shortest
    assert queue_pause(attempt, None, lambda: 1.0) == longest


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_no_pause_is_longer_than_a_minute(attempt: int, jitter: float) -> None:
    assert 0.5 <= queue_pause(attempt, None, lambda: jitter) <= 60


@given(st.integers(1, 50), st.floats(0, 3600), st.floats(0, 1))
def test_retry_after_is_never_shortened(attempt: int, after: float, jitter: float) -> None:
    assert queue_pause(attempt, after, lambda: jitter) >= after


def test_the_last_pause_is_shortened_to_the_time_left() -> None:
    assert within_time(60, age=880, retry_for=900) == 20
    assert within_time(10, age=0, retry_for=900) == 10


@pytest.mark.parametrize(("age", "retry_for"), [(900, 900), (901, 900), (0, 0)])
def test_there_is_no_pause_after_that_time(age: float, retry_for: float) -> None:
    assert within_time(1, age, retry_for) is None
