"""A bot is killed with 400 submissions in flight: how soon all authors know the outcome."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from bot.app import Pace
from bot.sandbox.slack import Person, SlackFault, SlackSandbox, SlackView, Workspace, rate_limited
from bot.sandbox.slack.directory import BOT_USER_ID, Kind, SlackChannel, SlackUser
from bot.sandbox.slack.faults import FaultBoard
from bot.sandbox.weav import WeavFault, WeavSandbox
from tests.harness import environment, text_on
from tests.killing.replicas import Replica
from tests.killing.scenes import CREATE
from tests.killing.service import number_in
from tests.killing.weav_ports import WeavPorts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.killing.conftest import Tell
    from tests.postgres import PostgresServer

SUBMISSIONS: Final = 400
CHANNELS: Final = 100
PEOPLE: Final = 50
CUSTOMERS: Final = 20
TOGETHER: Final = 10
# Seconds from the restart until the last author knows. The bot looks for a request that Weav never
# got until 19 s after it. With PostgreSQL, the dead process's leases must expire first, which takes
# up to 10 s, and then all rows come at once.
WITHIN: Final = 20.0
# Of the requests that Weav has when the bot dies, it never handles some, and handles some only
# later.
LOST: Final = 10
LATE: Final = 10
# Seconds until Weav handles the late ones: the first look finds none of them.
LATE_BY: Final = 9.0


class OnePostASecond(FaultBoard):
    """https://docs.slack.dev/apis/web-api/rate-limits, without the bursts that Slack allows."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[object, float] = {}

    def take(self, method: str, arguments: Mapping[str, object]) -> SlackFault | None:
        if method == "chat.postMessage":
            place, now = arguments.get("channel"), time.monotonic()
            if now - self._last.get(place, 0.0) < 1:
                return rate_limited(method)
            self._last[place] = now
        return super().take(method, arguments)


@dataclass(slots=True)
class Crowd:
    """One bot, many users and many channels; a view's index in the list is its number."""

    slack: Workspace
    weav: WeavSandbox
    bot: Replica
    people: list[Person]
    views: list[SlackView] = field(default_factory=list)

    async def open_forms(self) -> None:
        for begin in range(0, SUBMISSIONS, TOGETHER):
            numbers = range(begin, begin + TOGETHER)
            await asyncio.gather(*(self._ask_for_form(number) for number in numbers))
        await self.slack.until(lambda slack: len(slack.views) == SUBMISSIONS, 10)
        views = sorted(self.slack.views.values(), key=lambda view: number_in(_subject(view)))
        self.views = views

    async def _ask_for_form(self, number: int) -> None:
        customer = list(self.weav.store.customers)[number % CUSTOMERS]
        words = f"email {customer} Case {number}"
        answer = await self._author(number).command(words, _channel(number % CHANNELS))
        assert not answer.trouble

    def _author(self, number: int) -> Person:
        return self.people[number % PEOPLE]

    async def submit(self) -> None:
        """Return when all authors see that it goes on; every fourth one closes the modal."""
        forms = enumerate(self.views)
        answers = await asyncio.gather(
            *(self._author(number).submit(view_id=view.id) for number, view in forms)
        )
        assert not [answer.trouble for answer in answers if answer.trouble]
        assert all("Creating the conversation" in text_on(view) for view in self.views)
        for view in self.views[::4]:
            self.slack.close_view(view)

    def told_since(self, messages: int, waiting: set[int]) -> set[int]:
        """The authors who have a new card, or are told in a form or a new message."""
        said = self.slack.messages[messages:]
        in_forms = {number for number in waiting if _is_final(self.views[number])}
        in_messages = {number_in(f"{message.text} {message.blocks}") for message in said}
        return waiting & (in_forms | in_messages)

    def cards(self) -> Counter[int]:
        return Counter(
            number_in(message.text)
            for message in self.slack.from_bot()
            if message.slack_channel_id.startswith("C0") and not message.only_for
        )


def _channel(number: int) -> str:
    return f"C{number:07}"


def _subject(view: SlackView) -> str:
    return str(view.values["subject"]["subject"]["value"])


def _is_final(view: SlackView) -> bool:
    """Whether the view says how the submission ended."""
    return "Not confirmed" in view.sent["title"]["text"] or "is open in Weav" in text_on(view)


@asynccontextmanager
async def crowd(folder: Path, database: str) -> AsyncIterator[Crowd]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSandbox().serving())
        workspace = slack.workspace
        workspace.triggers.seconds = 60
        workspace.faults = OnePostASecond()
        names = [f"U{number:07}" for number in range(PEOPLE)]
        workspace.users |= {name: SlackUser(name, name, name) for name in names}
        for number in range(CHANNELS):
            channel = SlackChannel(
                _channel(number), f"c{number}", Kind.PUBLIC, {*names, BOT_USER_ID}
            )
            workspace.channels[channel.id] = channel
        weav = WeavSandbox()
        for number in range(CUSTOMERS):
            weav.store.create_customer({"email": f"customer-{number}@example.com"})
        weav.store.customers = dict(list(weav.store.customers.items())[-CUSTOMERS:])
        ports = WeavPorts(weav, 1)
        await ports.open()
        stack.push_async_callback(ports.close)
        variables = environment(slack, f"http://{ports.hosts[0]}", database, "http")
        bot = Replica(variables, folder / "bot.log", Pace())
        bot.endpoint.timeout = 30  # this does not test how fast 400 forms at once are answered
        await bot.start()
        stack.push_async_callback(bot.close)
        await bot.healthy()
        yield Crowd(workspace, weav, bot, [slack.person(name, bot.endpoint) for name in names])


async def recover(folder: Path, database: str, within: float, tell: Tell) -> None:
    async with crowd(folder, database) as all_of_them:
        weav, bot = all_of_them.weav, all_of_them.bot
        await all_of_them.open_forms()
        weav.fail(WeavFault.lost_request(delay=LATE_BY, times=LOST, **CREATE))
        weav.fail(WeavFault(delay=LATE_BY, times=LATE, **CREATE))
        slow = weav.fail(WeavFault(hold=60, **CREATE))
        await all_of_them.submit()
        sent = len(weav.creations)

        bot.kill()
        await bot.dead()
        assert bot.exit_code == -signal.SIGKILL
        weav.faults.remove(slow)
        weav.fail(WeavFault(delay=0.05))
        began = time.monotonic()
        await bot.start()
        told = await _seconds_until_told(all_of_them, began)

        cards = all_of_them.cards()
        created = Counter(number_in(each["subject"]) for each in weav.conversations)
        posts = Counter(number_in(each.json["subject"]) for each in weav.creations)
        tell(
            f"killed with {SUBMISSIONS} on their way, {sent} of them in Weav's hands: half of the"
            f" authors know {told[SUBMISSIONS // 2]:.1f} s after the restart, all {told[-1]:.1f} s;"
            f" {len(created)} created, {len(cards)} cards"
        )
        assert told[-1] <= within
        assert set(posts.values()) == set(created.values()) == {1}
        assert len(posts) == SUBMISSIONS
        assert len(created) == SUBMISSIONS - LOST
        await all_of_them.slack.until(lambda _: all_of_them.cards().keys() == created.keys(), 10)
        assert set(all_of_them.cards().values()) == {1}


async def _seconds_until_told(all_of_them: Crowd, began: float) -> list[float]:
    """One number per author, in order."""
    waiting = set(range(SUBMISSIONS))
    seen = len(all_of_them.slack.messages)
    told: list[float] = []
    async with asyncio.timeout(90):
        while waiting:
            await asyncio.sleep(0.05)  # polling at every change would take all of the CPU
            so_far = len(all_of_them.slack.messages)
            now_told = all_of_them.told_since(seen, waiting)
            told += [time.monotonic() - began] * len(now_told)
            waiting, seen = waiting - now_told, so_far
    return told


@pytest.mark.long
@pytest.mark.timeout(150)
async def test_all_authors_know_soon_after_a_crash_with_sqlite(tmp_path: Path, tell: Tell) -> None:
    await recover(tmp_path, f"sqlite:///{tmp_path}/ledger.db", WITHIN, tell)


@pytest.mark.long
@pytest.mark.timeout(150)
async def test_all_authors_know_soon_after_a_crash_with_postgresql(
    tmp_path: Path, postgres_server: PostgresServer, tell: Tell
) -> None:
    await recover(tmp_path, postgres_server.create_database(), WITHIN, tell)
