from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

Tell: TypeAlias = Callable[[str], None]


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str]) -> Tell:
    """Return a function that prints counts, also when the test passes."""

    def say(text: str) -> None:
        with capfd.disabled():
            print(f"\n{text}", end="")  # noqa: T201 - what the fixture is for

    return say
