"""Replicas on one database, users with forms, Slack and Weav."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.app import Pace
from bot.ledger import Entry, Ledger
from bot.sandbox.slack import Answer, Person, SlackSandbox, SlackView, Workspace
from bot.sandbox.weav import WeavSandbox
from bot.slack import ids
from tests.harness import environment, public
from tests.killing.replicas import Balancer, Replica
from tests.killing.weav_ports import WeavPorts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from pathlib import Path

CUSTOMERS: Final = 20
# Rows of a dead process are taken over after seconds; `weav-slack run` waits longer. As there, an
# answer that was sent has reached Slack before: on a busy machine, these servers need a second.
IMPATIENT: Final = Pace(lease=4.0, delivery=4.0)
# Concurrent commands: a trigger expires after 3 s.
TOGETHER: Final = 10
# A row is looked for up to 19 s, and a lease or two may have to expire before.
SETTLES_WITHIN: Final = 90.0


@dataclass(slots=True)
class Case:
    """One filled form and what its author saw; the number is its subject."""

    number: int
    person: Person
    view: SlackView
    cut: bool = False
    answer: Answer | None = None

    async def submit(self) -> None:
        """Click the submit button if it is still there."""
        if not has_submit(self.view):
            return
        self.answer = await self.person.submit(view_id=self.view.id)
        self.cut = bool(self.answer.trouble)


@dataclass(slots=True)
class Service:
    slack: Workspace
    weav: WeavSandbox
    database: str
    replicas: list[Replica]
    people: list[Person]
    ports: WeavPorts
    cases: list[Case] = field(default_factory=list)
    _given_out: int = 0

    async def open_forms(self, count: int) -> None:
        """Open all forms, filled in by the words after the command."""
        known = len(self.slack.views)
        for begin in range(0, count, TOGETHER):
            numbers = range(begin, min(begin + TOGETHER, count))
            answers = await asyncio.gather(*(self._ask_for_form(number) for number in numbers))
            assert not any(answer.trouble for answer in answers)
            await self._until_open(known + numbers.stop)
        views = {number_in(_subject(view)): view for view in self.slack.views.values()}
        self.cases = [Case(n, self.people[n % 2], views[n]) for n in range(count)]

    async def _ask_for_form(self, number: int) -> Answer:
        customers = list(self.weav.store.customers)
        words = f"email {customers[number % CUSTOMERS]} Case {number}"
        return await self.people[number % 2].command(words)

    async def _until_open(self, count: int) -> None:
        await self.slack.until(lambda slack: len(slack.views) == count, 10)

    def next_cases(self, count: int) -> list[Case]:
        """Return forms that were not submitted yet."""
        self._given_out += count
        assert self._given_out <= len(self.cases), "too few forms were opened"
        return self.cases[self._given_out - count : self._given_out]

    @property
    def given_out(self) -> list[Case]:
        return self.cases[: self._given_out]

    async def submit(self, cases: Iterable[Case]) -> None:
        """Of the authors whom Slack told of an error, a third submits again and a third closes."""
        cases = list(cases)
        await asyncio.gather(*(case.submit() for case in cases))
        for case in cases:
            if case.cut and case.number % 3 == 1 and case.view.is_open:
                await case.person.close(case.view.id)

    async def submit_again(self) -> None:
        impatient = [case for case in self.given_out if case.cut and case.number % 3 == 0]
        await asyncio.gather(*(case.submit() for case in impatient))

    async def settled(self) -> dict[int, Entry]:
        """Wait until no row has anything left to do; return the rows by number."""
        async with Ledger.open(self.database) as ledger, asyncio.timeout(SETTLES_WITHIN):
            while (await ledger.backlog()).counts:  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.2)
        return await self.rows()

    async def rows(self) -> dict[int, Entry]:
        async with Ledger.open(self.database) as ledger:
            rows = [
                row
                for person in self.people
                for row in await ledger.latest("T0SANDBOX", person.slack_user_id, 10_000)
            ]
        return {number_in(row.subject): row for row in rows}

    async def submit_what_was_not_accepted(self) -> int:
        """Submit the forms that are still open with Slack's error message; return how many."""
        rows, accepted = await self.settled(), 0
        while left := [c for c in self.given_out if c.number not in rows and has_submit(c.view)]:
            await asyncio.gather(*(case.submit() for case in left[:TOGETHER]))
            accepted += sum(not case.cut for case in left[:TOGETHER])
            rows = await self.rows()
        return accepted

    def cards(self) -> Counter[int]:
        """Count the cards by number, in the channel and in direct messages."""
        direct = [self.slack.direct_messages(person.slack_user_id).id for person in self.people]
        return Counter(
            number_in(message.text)
            for channel in ("C0SUPPORT", *direct)
            for message in public(self.slack, channel)
            if "New Weav conversation: " in message.text
        )

    async def create_again(self, numbers: list[int], rows: dict[int, Entry]) -> None:
        """Have the authors click it, in the modal or else in the message."""
        for case in (self.cases[number] for number in numbers):
            if "Not confirmed" in case.view.sent["title"]["text"] and case.view.is_open:
                await case.person.act(ids.CREATE_AGAIN, view_id=case.view.id)
            else:
                told = self.slack.until(lambda slack, row=rows[case.number]: _asking(slack, row))  # type: ignore[misc]
                await case.person.click(ids.CREATE_AGAIN, message_ts=await told)
        await self.slack.until(lambda _: self.cards().keys() >= set(numbers), 30)


def number_in(text: str) -> int:
    found = re.search(r"Case (\d+)\b", text)
    return int(found[1]) if found else -1


def has_submit(view: SlackView) -> bool:
    return view.is_open and "submit" in view.sent


def _subject(view: SlackView) -> str:
    return str(view.values["subject"]["subject"]["value"])


def _asking(slack: Workspace, row: Entry) -> str:
    """Return the ts of the message with the buttons for a row."""
    for message in slack.from_bot(slack.direct_messages(row.slack_user_id).id):
        if f"'value': '{row.id}'" in str(message.blocks):
            return message.ts
    return ""


@asynccontextmanager
async def service(
    folder: Path,
    database: str,
    replicas: int,
    pace: Pace = IMPATIENT,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Service]:
    """Each replica reaches Weav at its own address; `variables` are additional settings."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSandbox().serving())
        weav = WeavSandbox()
        for number in range(CUSTOMERS):
            weav.store.create_customer({"email": f"customer-{number}@example.com"})
        weav.store.customers = dict(list(weav.store.customers.items())[-CUSTOMERS:])
        ports = WeavPorts(weav, replicas)
        await ports.open()
        stack.push_async_callback(ports.close)
        bots = [
            Replica(
                {**environment(slack, f"http://{host}", database, "http"), **variables},
                folder / f"replica-{n}.log",
                pace,
            )
            for n, host in enumerate(ports.hosts)
        ]
        # This does not test how fast forms open, with so much running on one machine.
        slack.workspace.triggers.seconds = 60
        people = [slack.person(name, Balancer(bots)) for name in ("U0ANN", "U0BEN")]
        for bot in bots:
            await bot.start()
            stack.push_async_callback(bot.close)
            await bot.healthy()
        yield Service(slack.workspace, weav, database, bots, people, ports)
