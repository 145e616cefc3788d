import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chance import by_chance
from tests.ledger import test_interleavings
from tests.strangers import test_fuzz

IN_CI = settings(settings.get_profile("ci"), max_examples=20)


def drawn(how: settings) -> list[bytes]:
    found: list[bytes] = []

    def note(data: bytes) -> None:
        found.append(data)

    how(given(st.binary(min_size=8))(note))()
    return found


def test_long_runs_draw_anew_where_ordinary_ones_repeat_themselves() -> None:
    assert drawn(IN_CI) == drawn(IN_CI)
    assert drawn(by_chance(IN_CI)) != drawn(by_chance(IN_CI))


@pytest.mark.parametrize("long", [test_fuzz.MANY, test_interleavings.VERY_MANY])
def test_the_long_fuzzers_do_and_print_how_to_repeat_what_failed(long: settings) -> None:
    assert not long.derandomize
    assert long.print_blob
