"""An old copy of the ledger comes back, as README.md says how: nothing is created a second time."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from bot.app import assembled
from bot.ledger import Ledger, State
from bot.sandbox.weav import Fault as WeavFault
from tests.house import CREATE, QUICK, House, house, settings_of

README: Final = Path(__file__).parents[2] / "README.md"
BEFORE_THE_START: Final = (
    "UPDATE submissions SET state = 'sending' WHERE state IN ('received', 'queued')"
)


def test_the_readme_says_so() -> None:
    assert BEFORE_THE_START in README.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "fault",
    [WeavFault(status=503, times=1, **CREATE), WeavFault(delay=3, times=1, **CREATE)],
    ids=["queued", "sending"],
)
async def test_what_was_created_since_is_found(tmp_path: Path, fault: WeavFault) -> None:
    async with house(tmp_path) as at_home:
        at_home.weav.fail(fault)
        await at_home.fill_in(subject="Export hangs")
        await at_home.ann.submit()
        await at_home.entry_in(State.QUEUED if fault.status else State.SENDING)
        copy = copied(at_home, tmp_path / "copy.db")
        await at_home.entry_in(State.ANNOUNCED)

        restored = f"sqlite:///{copy}"
        async with assembled(settings_of(at_home.variables | {"DATABASE_URL": restored}), QUICK):
            await announced(restored)

        assert len(at_home.weav.conversations) == 1


def copied(at_home: House, copy: Path) -> Path:
    source = at_home.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(source)) as ledger, closing(sqlite3.connect(copy)) as other:
        ledger.backup(other)
        with other:
            other.execute(BEFORE_THE_START)
    return copy


async def announced(database: str) -> None:
    async with Ledger.open(database) as ledger, asyncio.timeout(15):
        while True:
            [latest] = await ledger.latest("T0SANDBOX", "U0ANN", 1)
            if latest.state is State.ANNOUNCED:
                assert latest.recovered
                return
            await asyncio.sleep(0.01)
