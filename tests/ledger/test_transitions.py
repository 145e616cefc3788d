"""Every statement that writes a state, run from every state, against the table of transitions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import bot.ledger
from bot.ledger import State
from bot.ledger.transitions import TRANSITIONS, picture
from tests.ledger.places import new_entry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.ledger import Entry, Ledger
    from tests.ledger.places import Place

QUERIES = Path(bot.ledger.__file__).parent / "queries.sql"
AT_REST = (State.ANNOUNCED, State.LEFT)

STEPS: dict[str, list[Callable[[Ledger, Entry], Awaitable[object]]]] = {
    "receive": [
        lambda ledger, _: ledger.receive(new_entry(), sending=True),
        lambda ledger, _: ledger.receive(new_entry(), sending=False),
    ],
    "start_sending": [lambda ledger, entry: ledger.start_sending(entry)],
    "opened": [lambda ledger, entry: ledger.opened(entry, "C-1", {})],
    "claim": [lambda ledger, entry: ledger.claim(entry, "C-1", {})],
    "announced": [lambda ledger, entry: ledger.announced(entry, "channel", "C1", "1.1")],
    "ended": [
        lambda ledger, entry: ledger.refused(entry, "no"),
        lambda ledger, entry: ledger.expired(entry, "over"),
    ],
    "queued": [lambda ledger, entry: ledger.queued(entry, 1.0, "away")],
    "unconfirmed": [lambda ledger, entry: ledger.unconfirmed(entry, "lost")],
    "again": [lambda ledger, entry: ledger.create_again(entry.id, entry.slack_user_id)],
    "leave": [lambda ledger, entry: ledger.leave(entry.id, entry.slack_user_id)],
}


def writing_statements() -> set[str]:
    """Return the names of the statements whose SQL writes the column `state`."""
    named = re.split(r"^-- name: (\w+)\(.*\)$", QUERIES.read_text(), flags=re.MULTILINE)[1:]
    found = set()
    for name, sql in zip(named[::2], named[1::2], strict=True):
        into = re.search(
            r"INSERT INTO submissions|UPDATE submissions SET(.*?)WHERE", sql, re.DOTALL
        )
        if into and (into[1] is None or re.search(r"(?<!\w)state = ", into[1])):
            found.add(name)
    return found


async def held_in(place: Place, ledger: Ledger, state: State, *, doubtful: bool) -> Entry:
    """Make a single row in this state that this replica holds."""
    await place.execute("DELETE FROM submissions")
    entry = (await ledger.receive(new_entry(), sending=True)).entry
    rest = state in AT_REST
    conversation_id = "'C-1'" if state in {State.OPENED, State.ANNOUNCED} else "NULL"
    await place.execute(
        f"UPDATE submissions SET state = '{state}', doubtful = {int(doubtful)},"  # noqa: S608
        f" conversation_id = {conversation_id},"
        f" due_at = {'NULL' if rest else 'due_at'}, finished_at = {'1' if rest else 'NULL'}"
    )
    row = await ledger.get(entry.id)
    assert row is not None
    return row


def expected(*, doubtful: bool) -> set[tuple[str, State | None, State]]:
    return {
        (each.statement, before, each.after)
        for each in TRANSITIONS
        for before in each.before
        if doubtful or not each.doubtful
    }


def test_the_table_names_every_statement_that_writes_a_state() -> None:
    assert {each.statement for each in TRANSITIONS} == writing_statements() == set(STEPS)


@pytest.mark.parametrize("doubtful", [False, True])
async def test_each_statement_changes_a_state_where_the_table_says_so_and_nowhere_else(
    place: Place,
    ledger: Ledger,
    doubtful: bool,  # noqa: FBT001 - pytest's
) -> None:
    seen: set[tuple[str, State | None, State]] = set()
    for sending, state in ((True, State.SENDING), (False, State.RECEIVED)):
        await place.execute("DELETE FROM submissions")
        assert (await ledger.receive(new_entry(), sending=sending)).entry.state is state
        seen.add(("receive", None, state))
    for statement, ways in STEPS.items():
        for step in ways:
            for state in State:
                entry = await held_in(place, ledger, state, doubtful=doubtful)
                await step(ledger, entry)
                after = await ledger.get(entry.id)
                assert after is not None
                if after.state is not state:
                    seen.add((statement, state, after.state))
    assert seen == expected(doubtful=doubtful)


async def test_no_statement_changes_the_state_of_a_row_that_somebody_else_holds(
    place: Place, ledger: Ledger, other: Ledger
) -> None:
    """Except: Weav's answer counts in any replica, and the author's clicks take the row over."""
    exceptions = {"receive", "opened", "again", "leave"}
    for statement in STEPS.keys() - exceptions:
        for step in STEPS[statement]:
            for state in State:
                entry = await held_in(place, ledger, state, doubtful=True)
                await step(other, entry)
                after = await ledger.get(entry.id)
                assert after is not None
                assert after.state is state, statement


def test_the_picture_has_an_arrow_for_each_pair_of_states() -> None:
    drawn = picture()
    for each in TRANSITIONS:
        for before in each.before:
            assert f"{before or '[*]'} --> {each.after}: " in drawn
