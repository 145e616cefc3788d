"""Arbitrary interleavings of submissions, outcomes, crashes, clicks and clocks.

https://hypothesis.readthedocs.io/en/latest/stateful.html
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, assert_never

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.ledger import State
from tests.ledger.places import LEASE, PostgresPlace, SQLitePlace, new_entry
from tests.ledger.workers import Chance, Worker
from tests.ledger.worlds import Answer, Author, Weav
from tests.new_examples import with_new_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from bot.ledger import Entry, Ledger
    from tests.ledger.places import Place

REPLICAS = 2
FORMS = 3
AT_REST = {State.ANNOUNCED, State.LEFT}
MUST_BE_TOLD = {State.REFUSED, State.EXPIRED, State.UNCONFIRMED}
replicas = st.integers(0, REPLICAS - 1)
picks = st.integers(0, 11)
chances = st.builds(
    Chance,
    answer=st.sampled_from(Answer),
    gives_up=st.booleans(),
    puts_off=st.booleans(),
    steps=st.sampled_from([1, 2, 3, 6]),
)


class Event(StrEnum):
    WORK = "somebody works"
    STAND_STILL = "all processes pause, and a replica takes what is overdue"
    SUBMIT = "submit"
    CRASH = "crash"
    TIME = "time passes"
    TAKE = "take"
    RENEW = "renew"
    HURRY = "hurry"
    CLICK = "click"


EVENTS = [*Event] + [Event.WORK] * 6 + [Event.STAND_STILL] + [Event.CLICK] * 2


class Click(StrEnum):
    CREATE_AGAIN = "create again"
    LOOK_AGAIN = "look again"
    LEAVE_IT = "leave it"


class Interleavings(RuleBasedStateMachine):
    def __init__(self, new_place: Callable[[], Coroutine[Any, Any, Place]]) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._new_place = new_place
        self._weav = Weav()
        self._author = Author()
        self._workers: list[Worker] = []
        self._rested: dict[int, Entry] = {}
        self._moved = 0.0

    # Hypothesis leaves rules out of whole runs, and a run without a row would test nothing.
    @initialize(begun=st.lists(st.tuples(replicas, st.booleans()), min_size=FORMS, max_size=FORMS))
    def start(self, begun: list[tuple[int, bool]]) -> None:
        self._runner.run(self._start())
        for form, (replica, sending) in enumerate(begun):
            self.submit(replica, form, sending=sending)

    async def _start(self) -> None:
        self._place = await self._new_place()
        self._open = [AsyncExitStack() for _ in range(REPLICAS)]
        self._ledgers = [
            await stack.enter_async_context(self._place.open()) for stack in self._open
        ]

    # Only one rule, because Hypothesis leaves rules out of whole runs, and most failures need a
    # worker, a process that pauses and another one that takes over.
    @rule(event=st.sampled_from(EVENTS), replica=replicas, pick=picks, chance=chances)
    def happen(self, event: Event, replica: int, pick: int, chance: Chance) -> None:  # noqa: C901
        match event:
            case Event.WORK if self._workers:
                self.work(self._workers[pick % len(self._workers)], chance)
            case Event.STAND_STILL:
                self.pass_time(LEASE + 1)
                self.take(replica)
            case Event.SUBMIT:
                self.submit(replica, pick % FORMS, sending=chance.gives_up)
            case Event.CRASH:
                self.crash(replica)
            case Event.TIME:
                self.pass_time((1, 6, LEASE - 1, 100, 400)[pick % 5])
            case Event.TAKE:
                self.take(replica)
            case Event.RENEW:
                self.renew(replica)
            case Event.HURRY:
                self._runner.run(self._ledgers[replica].hurry(3))
            case Event.CLICK:
                self.click(replica, pick)
            case Event.WORK:
                pass
            case _:
                assert_never(event)

    def submit(self, replica: int, form: int, *, sending: bool) -> None:
        ledger = self._ledgers[replica]
        # The first two have the same fingerprint, the third has another.
        new = new_entry(view_id=f"V{form}", subject=f"Invoice {form // 2}")
        received = self._runner.run(ledger.receive(new, sending=sending))
        if received.new:
            worker = self._worker(ledger, received.entry)
            self._workers.append(worker.starting_with_post() if sending else worker)

    def work(self, worker: Worker, chance: Chance) -> None:
        for _ in range(chance.steps):
            if worker.next_step:
                worker.chance = replace(chance, now=self._now())
                self._runner.run(worker.step())
        self._workers = [each for each in self._workers if each.next_step]

    def crash(self, replica: int) -> None:
        ledger = self._ledgers[replica]
        self._workers = [each for each in self._workers if each.ledger is not ledger]
        self._runner.run(self._restart(replica))

    async def _restart(self, replica: int) -> None:
        await self._open[replica].aclose()
        ledger = await self._open[replica].enter_async_context(self._place.open())
        self._ledgers[replica] = ledger
        await ledger.take_over()

    def pass_time(self, seconds: float) -> None:
        self._moved += seconds
        self._runner.run(self._place.pass_time(seconds))

    def take(self, replica: int) -> None:
        ledger = self._ledgers[replica]
        for entry in self._runner.run(ledger.take(2)):
            self._workers.append(self._worker(ledger, entry))

    def renew(self, replica: int) -> None:
        ledger = self._ledgers[replica]
        ids = [each.entry.id for each in self._workers if each.ledger is ledger]
        self._runner.run(ledger.renew(ids))

    def click(self, replica: int, pick: int) -> None:
        """Click a button, perhaps an old one: its row can be in any state by now."""
        row, click = 1 + pick % FORMS, list(Click)[pick // FORMS % len(Click)]
        self._click(self._ledgers[replica], row, click)

    def _click(self, ledger: Ledger, row: int, click: Click) -> None:
        match click:
            case Click.LEAVE_IT:
                self._runner.run(ledger.leave(row, "U1"))
            case Click.LOOK_AGAIN:
                if entry := self._runner.run(ledger.look_again(row, "U1")):
                    self._workers.append(self._worker(ledger, entry).starting_with_look())
            case Click.CREATE_AGAIN:
                self._create_again(ledger, row)
            case _:
                assert_never(click)

    def _create_again(self, ledger: Ledger, row: int) -> None:
        if entry := self._runner.run(ledger.create_again(row, "U1")):
            self._weav.author_asks_again(entry.id)
            self._workers.append(self._worker(ledger, entry))

    @invariant()
    def every_row_is_somebodys_or_at_rest(self) -> None:
        for row in self._rows():
            self._owns_its_conversation(row)
            assert (row.due_at is None) == (row.finished_at is not None)
            if row.due_at is None:
                self._is_rightly_at_rest(row)
            assert row.id not in self._rested or row == self._rested[row.id]

    def _is_rightly_at_rest(self, row: Entry) -> None:
        assert row.state in AT_REST | MUST_BE_TOLD
        if row.state in MUST_BE_TOLD:
            assert self._author.knows(row)
        if row.state is State.ANNOUNCED:
            assert (row.id, row.conversation_id) in self._author.cards
        if row.state in AT_REST:
            self._rested.setdefault(row.id, row)

    def _owns_its_conversation(self, row: Entry) -> None:
        made = {each.conversation_id: each.row for each in self._weav.created}
        assert row.conversation_id is None or made[row.conversation_id] == row.id

    def teardown(self) -> None:
        if hasattr(self, "_ledgers"):
            try:
                self._end_well()
            finally:  # an open connection would keep the process from ending
                for stack in self._open:
                    self._runner.run(stack.aclose())
        self._runner.close()

    def _end_well(self) -> None:
        """Whatever happened, one replica that runs undisturbed brings every row to rest."""
        self._workers = []
        for _ in range(4):  # taken, queued again, taken, told
            self.pass_time(LEASE + 60)
            self.take_everything_to_its_end()
        assert all(row.due_at is None for row in self._rows())
        self.every_row_is_somebodys_or_at_rest()

    def take_everything_to_its_end(self) -> None:
        for entry in self._runner.run(self._ledgers[0].take(100)):
            worker = self._worker(self._ledgers[0], entry)
            while worker.next_step:
                self.work(worker, Chance(Answer.OPENED, gives_up=True))

    def _worker(self, ledger: Ledger, entry: Entry) -> Worker:
        return Worker(ledger, entry, self._weav, self._author)

    def _rows(self) -> list[Entry]:
        return self._runner.run(self._ledgers[0].latest("T1", "U1", 1000))

    def _now(self) -> float:
        return time.time() + self._moved


SOME = settings(stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
VERY_MANY = with_new_examples(SOME)


def drive(
    new_place: Callable[[], Coroutine[Any, Any, Place]], examples: int, how: settings
) -> None:
    run_state_machine_as_test(
        partial(Interleavings, new_place),  # type: ignore[arg-type] # a factory will do, it says
        settings=settings(how, max_examples=examples),
    )


def drive_sqlite(folder: Path, examples: int, how: settings = SOME) -> None:
    files = (folder / f"{number}.db" for number in range(1_000_000))

    async def new_place() -> Place:
        return SQLitePlace(next(files))

    drive(new_place, examples, how)


def drive_postgresql(url: str, examples: int, how: settings = SOME) -> None:
    async def new_place() -> Place:
        place = PostgresPlace(url)
        async with place.open():
            await place.pass_time(0)
            await place.execute("TRUNCATE submissions RESTART IDENTITY")
        return place

    drive(new_place, examples, how)


def test_no_interleaving_loses_or_doubles_anything_on_sqlite(tmp_path: Path) -> None:
    drive_sqlite(tmp_path, examples=12)


def test_no_interleaving_loses_or_doubles_anything_on_postgresql(postgres_url: str) -> None:
    drive_postgresql(postgres_url, examples=6)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_interleaving_of_very_many_loses_anything_on_sqlite(tmp_path: Path) -> None:
    drive_sqlite(tmp_path, examples=400, how=VERY_MANY)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_interleaving_of_very_many_loses_anything_on_postgresql(postgres_url: str) -> None:
    drive_postgresql(postgres_url, examples=300, how=VERY_MANY)
