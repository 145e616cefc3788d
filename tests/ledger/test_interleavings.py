"""Arbitrary interleavings of submissions, outcomes, crashes, clicks and clocks.

https://hypothesis.readthedocs.io/en/latest/stateful.html
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.ledger import State
from tests.ledger.places import LEASE, PostgresPlace, SQLitePlace, new_entry
from tests.ledger.workers import Chance, Worker
from tests.ledger.worlds import Answer, Author, Weav

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from bot.ledger import Entry, Ledger
    from tests.ledger.places import Place

REPLICAS = 2
FORMS = 4
AT_REST = {State.ANNOUNCED, State.LEFT}
MUST_BE_TOLD = {State.REFUSED, State.EXPIRED, State.UNCONFIRMED}
replicas = st.integers(0, REPLICAS - 1)
picks = st.integers(0, 30)


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

    @initialize()
    def start(self) -> None:
        self._runner.run(self._start())

    async def _start(self) -> None:
        self._place = await self._new_place()
        self._open = [AsyncExitStack() for _ in range(REPLICAS)]
        self._ledgers = [
            await stack.enter_async_context(self._place.open()) for stack in self._open
        ]

    @rule(replica=replicas, form=st.integers(0, FORMS - 1), sending=st.booleans())
    def submit(self, replica: int, form: int, sending: bool) -> None:  # noqa: FBT001
        ledger = self._ledgers[replica]
        # Two views, two forms: the same submission again, and others that look like it in Weav.
        new = new_entry(view_id=f"V{form % 2}", post_to=f"C{form // 2}")
        received = self._runner.run(ledger.receive(new, sending=sending))
        if received.new:
            worker = self._worker(ledger, received.entry)
            self._workers.append(worker.sends() if sending else worker)

    @precondition(lambda self: self._workers)
    @rule(pick=picks, answer=st.sampled_from(Answer), gives_up=st.booleans())
    def work(self, pick: int, answer: Answer, gives_up: bool) -> None:  # noqa: FBT001
        worker = self._workers[pick % len(self._workers)]
        worker.chance = Chance(answer, gives_up, self._now())
        self._runner.run(worker.step())
        self._workers = [each for each in self._workers if each.next_step]

    @rule(replica=replicas)
    def crash(self, replica: int) -> None:
        ledger = self._ledgers[replica]
        self._workers = [each for each in self._workers if each.ledger is not ledger]
        self._runner.run(self._restart(replica))

    async def _restart(self, replica: int) -> None:
        await self._open[replica].aclose()
        self._ledgers[replica] = await self._open[replica].enter_async_context(self._place.open())

    @rule(seconds=st.sampled_from([1, 6, LEASE - 1, LEASE + 1, 100, 400]))
    def pass_time(self, seconds: float) -> None:
        self._moved += seconds
        self._runner.run(self._place.pass_time(seconds))

    @rule(replica=replicas, limit=st.integers(1, 3))
    def take(self, replica: int, limit: int) -> None:
        ledger = self._ledgers[replica]
        for entry in self._runner.run(ledger.take(limit)):
            self._workers.append(self._worker(ledger, entry))

    @rule(replica=replicas)
    def renew(self, replica: int) -> None:
        ledger = self._ledgers[replica]
        ids = [each.entry.id for each in self._workers if each.ledger is ledger]
        self._runner.run(ledger.renew(ids))

    @rule(replica=replicas)
    def hurry(self, replica: int) -> None:
        self._runner.run(self._ledgers[replica].hurry(3))

    @rule(replica=replicas, pick=picks, sending=st.booleans())
    def click_create_again(self, replica: int, pick: int, sending: bool) -> None:  # noqa: FBT001
        ledger = self._ledgers[replica]
        if entry := self._runner.run(ledger.again(self._row(pick), "U1", sending=sending)):
            self._weav.author_repeats(entry.id)
            worker = self._worker(ledger, entry)
            self._workers.append(worker.sends() if sending else worker)

    @rule(replica=replicas, pick=picks)
    def click_look_again(self, replica: int, pick: int) -> None:
        ledger = self._ledgers[replica]
        if entry := self._runner.run(ledger.look(self._row(pick), "U1")):
            self._workers.append(self._worker(ledger, entry).looks())

    @rule(replica=replicas, pick=picks)
    def click_leave_it(self, replica: int, pick: int) -> None:
        self._runner.run(self._ledgers[replica].leave(self._row(pick), "U1"))

    @invariant()
    def every_row_is_somebodys_or_at_rest(self) -> None:
        for row in self._rows():
            assert (row.due_at is None) == (row.finished_at is not None)
            if row.due_at is None:
                self._is_rightly_at_rest(row)
            assert row.id not in self._rested or row == self._rested[row.id]

    def _is_rightly_at_rest(self, row: Entry) -> None:
        assert row.state in AT_REST | MUST_BE_TOLD
        if row.state in MUST_BE_TOLD:
            assert self._author.told[row.id] is row.state
        if row.state is State.ANNOUNCED:
            assert self._author.cards[row.id] == row.conversation_id
        if row.state in AT_REST:
            self._rested.setdefault(row.id, row)

    @invariant()
    def a_conversation_belongs_to_the_row_that_made_it(self) -> None:
        made = {each.conversation_id: each.row for each in self._weav.created}
        for row in self._rows():
            if row.conversation_id:
                assert made[row.conversation_id] == row.id

    def teardown(self) -> None:
        """Whatever happened: one replica that is left alone brings every row to rest."""
        if hasattr(self, "_ledgers"):
            self._workers = []
            for _ in range(4):  # taken, queued again, taken, told
                self.pass_time(LEASE + 60)
                self.take_everything_to_its_end()
            assert all(row.due_at is None for row in self._rows())
            self.every_row_is_somebodys_or_at_rest()
            for stack in self._open:
                self._runner.run(stack.aclose())
        self._runner.close()

    def take_everything_to_its_end(self) -> None:
        for entry in self._runner.run(self._ledgers[0].take(100)):
            worker = self._worker(self._ledgers[0], entry)
            while worker.next_step:
                worker.chance = Chance(Answer.OPENED, gives_up=True, now=self._now())
                self._runner.run(worker.step())

    def _worker(self, ledger: Ledger, entry: Entry) -> Worker:
        chance = Chance(Answer.LOST, gives_up=False, now=self._now())
        return Worker(ledger, entry, self._weav, self._author, chance)

    def _rows(self) -> list[Entry]:
        return self._runner.run(self._ledgers[0].latest("T1", "U1", 1000))

    def _row(self, pick: int) -> int:
        return 1 + pick % FORMS

    def _now(self) -> float:
        return time.time() + self._moved


def drive(new_place: Callable[[], Coroutine[Any, Any, Place]], examples: int) -> None:
    run_state_machine_as_test(
        partial(Interleavings, new_place),  # type: ignore[arg-type] # a factory will do, it says
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def drive_sqlite(folder: Path, examples: int) -> None:
    files = (folder / f"{number}.db" for number in range(1_000_000))

    async def new_place() -> Place:
        return SQLitePlace(next(files))

    drive(new_place, examples)


def drive_postgresql(url: str, examples: int) -> None:
    async def new_place() -> Place:
        place = PostgresPlace(url)
        async with place.open():
            await place.pass_time(0)
            await place.execute("TRUNCATE submissions RESTART IDENTITY")
        return place

    drive(new_place, examples)


def test_no_interleaving_loses_or_doubles_anything_on_sqlite(tmp_path: Path) -> None:
    drive_sqlite(tmp_path, examples=12)


def test_no_interleaving_loses_or_doubles_anything_on_postgresql(postgres_url: str) -> None:
    drive_postgresql(postgres_url, examples=6)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_interleaving_of_very_many_loses_anything_on_sqlite(tmp_path: Path) -> None:
    drive_sqlite(tmp_path, examples=400)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_interleaving_of_very_many_loses_anything_on_postgresql(postgres_url: str) -> None:
    drive_postgresql(postgres_url, examples=300)
