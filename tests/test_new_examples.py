import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import test_interleavings
from tests.new_examples import with_new_examples
from tests.strangers import test_fuzz

IN_CI = settings(settings.get_profile("ci"), max_examples=20)


def drawn(how: settings) -> list[bytes]:
    found: list[bytes] = []

    def note(data: bytes) -> None:
        found.append(data)

    how(given(st.binary(min_size=8))(note))()
    return found


def test_long_runs_draw_new_examples_while_ordinary_runs_repeat_theirs() -> None:
    assert drawn(IN_CI) == drawn(IN_CI)
    assert drawn(with_new_examples(IN_CI)) != drawn(with_new_examples(IN_CI))


@pytest.mark.parametrize("long", [test_fuzz.MANY, test_interleavings.VERY_MANY])
def test_long_fuzz_tests_draw_new_examples_and_print_how_to_repeat_a_failure(
    long: settings,
) -> None:
    assert not long.derandomize
    assert long.print_blob
