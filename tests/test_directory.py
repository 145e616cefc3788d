"""What the directory caches of Weav's answers, and for how long."""

import weakref
from typing import Final

from bot.directory import Lookups
from bot.tasks import Tasks
from bot.weav.pages import LookUpFailed

MANY: Final = 3000


class Reason(str):
    """A string to which a weak reference is possible."""

    __slots__ = ("__weakref__",)


async def test_reasons_of_failed_lookups_do_not_fill_the_memory() -> None:
    remembered: weakref.WeakSet[Reason] = weakref.WeakSet()

    async def ask(key: str) -> LookUpFailed:
        reason = Reason(f"Weav did not show {key} (answer 500).")
        remembered.add(reason)
        return LookUpFailed(reason)

    asked: Lookups[str] = Lookups(Tasks(), ask)
    for number in range(MANY):
        await asked.find(f"customer {number}", 5)

    assert 0 < len(remembered) < MANY / 2
    latest = await asked.find(f"customer {MANY - 1}", 0)
    assert isinstance(latest, LookUpFailed)
    assert latest.reason in remembered
