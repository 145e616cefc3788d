"""What the guard says of whoever opens a form, which it does not wait to know."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

LetIn = Callable[[], Awaitable[bool]]


async def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether they may see what is known here and in Weav.

    `known`: what was learnt of them before says so. `let_in`: when there is time to ask Slack.
    """

    known: Callable[[], bool]
    let_in: LetIn


ADMITTED: Final = Admission(lambda: True, _always)
