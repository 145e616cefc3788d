"""Restoring an old copy of the ledger, as README.md describes, creates nothing twice."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import pytest

from bot.app import assembled
from bot.ledger import KnownCustomer, Ledger, State
from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, Person
from bot.sandbox.weav import WeavFault
from bot.slack import ids
from tests.harness import CREATE, QUICK, SECRET, Harness, open_harness, settings_of, text_on
from tests.scenarios.filling import NEW_CUSTOMER, open_form

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.postgres import PostgresServer

ROOT: Final = Path(__file__).parents[2]
BEFORE_THE_START: Final = (
    "UPDATE submissions SET state = 'sending', reason = NULL, reason_code = NULL\n"
    "      WHERE state IN ('received', 'queued');\n"
    "    UPDATE submissions SET sent_at = NULL WHERE state IN ('sending', 'unconfirmed')"
)
NEW: Final = "new@example.com"
# Time enough to copy the ledger before the retry.
AWAY: Final[dict[str, Any]] = {"status": 503, "headers": {"Retry-After": "3"}, "times": 1}


@dataclass(frozen=True, slots=True)
class Safe:
    """A ledger's address, and how to copy it."""

    ledger: str
    copy: Callable[[], str]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def safe(request: pytest.FixtureRequest, tmp_path: Path) -> Safe:
    if request.param == "sqlite":
        return Safe(f"sqlite:///{tmp_path}/ledger.db", lambda: _copy_of_the_file(tmp_path))
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url: str = request.getfixturevalue("postgres_url")
    return Safe(url, lambda: server.copy_database(url))


def test_the_readme_has_these_statements() -> None:
    assert BEFORE_THE_START in sql_in_the_readme()


@pytest.mark.long
@pytest.mark.parametrize(
    "fault",
    [WeavFault(**AWAY, **CREATE), WeavFault(delay=3, times=1, **CREATE)],
    ids=["queued", "sending"],
)
async def test_conversations_created_since_the_copy_are_found(
    tmp_path: Path, safe: Safe, fault: WeavFault
) -> None:
    async with open_harness(tmp_path, database=safe.ledger) as harness:
        harness.weav.fail(fault)
        await harness.fill_in(subject="Export hangs")
        await harness.ann.submit()
        await harness.entry_in(State.QUEUED if fault.status else State.SENDING)
        copy = safe.copy()
        await harness.entry_in(State.ANNOUNCED, within=10)

        async with restored(harness, copy):
            await announced(copy)

        assert len(harness.weav.conversations) == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("choice", "said", "conversations"),
    [
        (ids.LOOK_AGAIN, "does not know whose conversations to look through", 1),
        (ids.LEAVE, "Left as it is", 1),
        (ids.CREATE_AGAIN, "is open in Weav", 2),
    ],
)
async def test_an_author_who_wanted_a_new_customer_chooses(
    tmp_path: Path, safe: Safe, choice: str, said: str, conversations: int
) -> None:
    async with open_harness(tmp_path, database=safe.ledger) as harness:
        harness.weav.fail(WeavFault(**AWAY, **NEW_CUSTOMER))
        await open_form(harness)
        await harness.ann.submit({"channel": "email", "customer_id": NEW})
        await harness.ann.close()
        await harness.entry_in(State.QUEUED)
        await give_weav_ids(harness)
        copy = safe.copy()
        await harness.entry_in(State.ANNOUNCED, within=10)

        async with restored(harness, copy) as ann:
            message = await harness.direct_message()
            assert "may have been created or not" in text_on(message)
            assert len(harness.weav.conversations) == 1
            await ann.click(choice)
            await harness.slack.until(lambda slack: said in text_on(slack.message(message.ts)))

        assert len(harness.weav.conversations) == conversations


def sql_in_the_readme() -> str:
    """Find the code block in the README, or in that of a folder; it runs unchanged."""
    places = [ROOT / "README.md", *ROOT.glob("bot/**/README.md")]
    texts = [place.read_text(encoding="utf-8") for place in places]
    [block] = [block for text in texts for block in text.split("\n\n") if BEFORE_THE_START in block]
    return block


async def give_weav_ids(harness: Harness) -> None:
    """Let another user give these people IDs in Weav, so the next attempt need not create them."""
    created = harness.weav.store.create_customer({"email": NEW})
    async with Ledger.open(harness.database) as ledger:
        await ledger.customers.learn(KnownCustomer(created["id"], "New", NEW))


def _copy_of_the_file(folder: Path) -> str:
    with (
        closing(sqlite3.connect(folder / "ledger.db")) as ledger,
        closing(sqlite3.connect(folder / "copy.db")) as copy,
    ):
        ledger.backup(copy)
    return f"sqlite:///{folder}/copy.db"


@asynccontextmanager
async def restored(harness: Harness, copy: str) -> AsyncIterator[Person]:
    """Run the README's statements on the copy, then a bot on it; Ann's clicks go to that bot."""
    if copy.startswith("sqlite:///"):
        with closing(sqlite3.connect(copy.removeprefix("sqlite:///"))) as ledger:
            ledger.executescript(sql_in_the_readme())
    else:
        connection = await asyncpg.connect(copy)
        await connection.execute(sql_in_the_readme())
        await connection.close()
    settings = settings_of(harness.variables | {"DATABASE_URL": copy})
    async with (
        assembled(settings, QUICK) as bot,
        serve(bot.asgi) as url,
        HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint,
    ):
        yield Person(harness.slack, "U0ANN", endpoint)


async def announced(database: str) -> None:
    async with Ledger.open(database) as ledger, asyncio.timeout(15):
        while True:
            [latest] = await ledger.latest("T0SANDBOX", "U0ANN", 1)
            if latest.state is State.ANNOUNCED:
                assert latest.recovered
                return
            await asyncio.sleep(0.01)
