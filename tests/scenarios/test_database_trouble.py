"""The database does not answer: nothing starts that cannot be recorded, and nothing is lost."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.ledger import State
from bot.sandbox.slack import Answer
from bot.sandbox.weav import WeavFault
from bot.sandbox.weav.app import READ, TOKEN
from bot.slack import ids
from tests.harness import CREATE, LIST, QUICK, Harness, open_harness, public, text_on
from tests.shorter_waits import set_write_pauses


@contextmanager
def locked_database(harness: Harness) -> Iterator[None]:
    """Another process locks the file, as a stuck backup would."""
    path = harness.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def missing_table(harness: Harness) -> Iterator[None]:
    """Rename the table, so that reads fail, too: a lock alone would let others read."""
    path = harness.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("ALTER TABLE submissions RENAME TO elsewhere")
        yield
        other.execute("ALTER TABLE elsewhere RENAME TO submissions")


async def submission_at_weav(harness: Harness, fault: WeavFault) -> asyncio.Task[Answer]:
    """Submit a form whose request has reached Weav, which holds its answer."""
    harness.weav.fail(fault)
    await harness.fill_in(subject="Export hangs")
    submitting = asyncio.create_task(harness.ann.submit())
    await harness.weav.until(lambda: bool(harness.weav.creations))
    return submitting


async def test_a_submission_that_cannot_be_recorded_is_not_accepted_and_the_form_comes_back(
    harness: Harness,
) -> None:
    await harness.fill_in(subject="Export hangs")

    with locked_database(harness):
        answer = await harness.ann.submit()

    assert answer.seconds < 3
    view = harness.ann.view
    assert "could not save your form" in text_on(view)
    assert view.values["subject"]["subject"]["value"] == "Export hangs"
    assert harness.weav.creations == []
    await harness.ann.submit()
    await harness.card()
    assert len(harness.weav.conversations) == 1


async def test_an_outcome_is_recorded_once_the_database_is_back(harness: Harness) -> None:
    submitting = await submission_at_weav(harness, WeavFault(hold=0.3, **CREATE))

    with locked_database(harness):
        await submitting

    await harness.card()
    entry = await harness.entry_in(State.ANNOUNCED)
    assert not entry.recovered
    assert len(harness.weav.creations) == 1


async def test_the_card_is_posted_before_the_outcome_can_be_recorded(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        submitting = await submission_at_weav(harness, WeavFault(hold=0.3, **CREATE))

        with locked_database(harness):
            await harness.card(within=20)
        await submitting

        entry = await harness.entry_in(State.ANNOUNCED, within=15)
        assert not entry.recovered
        assert len(public(harness.slack, "C0SUPPORT")) == 1


async def test_the_form_closes_before_the_outcome_can_be_recorded(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        submitting = await submission_at_weav(harness, WeavFault(hold=0.3, **CREATE))

        with locked_database(harness):
            answer = await submitting

        assert answer.body == ""
        assert harness.slack.top_view("U0ANN") is None
        entry = await harness.entry_in(State.ANNOUNCED, within=15)
        assert not entry.recovered


@pytest.mark.long
async def test_an_outcome_that_cannot_be_recorded_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_write_pauses(monkeypatch, 0.2, 1.0)  # retried for a minute otherwise
    async with open_harness(tmp_path) as harness:
        submitting = await submission_at_weav(harness, WeavFault(hold=0.3, **CREATE))

        with locked_database(harness):
            await submitting
            async with asyncio.timeout(40):
                while True:
                    if "not_recorded" in capsys.readouterr().out:
                        break
                    await asyncio.sleep(0.01)

        entry = await harness.entry_in(State.ANNOUNCED, within=15)
        assert entry.recovered
        assert len(harness.weav.creations) == 1


@pytest.mark.long
async def test_a_process_keeps_its_rows_while_the_database_is_away(
    tmp_path: Path,
) -> None:
    before_any_renewal = replace(QUICK, limits=replace(QUICK.limits, sweep_every=0.05))
    async with open_harness(tmp_path, pace=before_any_renewal) as harness:
        submitting = await submission_at_weav(
            harness, WeavFault.refusal({"subject": ["Not so."]}, hold=0.3, **CREATE)
        )

        with locked_database(harness):
            await submitting
            await asyncio.sleep(QUICK.lease)  # so that it is over

        await harness.slack.until(lambda slack: "Not so" in text_on(slack.top_view("U0ANN")), 15)
        assert "submit" in harness.ann.view.sent
        await harness.entry_in(State.REFUSED)


@pytest.mark.long
async def test_shutdown_does_not_wait_until_an_outcome_can_be_recorded(tmp_path: Path) -> None:
    with ExitStack() as afterwards:
        async with open_harness(tmp_path) as harness:
            harness.weav.fail(WeavFault(hold=0.3, **CREATE))
            await harness.fill_in(subject="Export hangs")
            submitting = asyncio.create_task(harness.ann.submit())
            await harness.weav.until(lambda: bool(harness.weav.creations))
            afterwards.enter_context(locked_database(harness))
            await submitting
            begun = time.monotonic()

        assert time.monotonic() - begun < QUICK.drain + 6  # of 20 s with the real pace
    assert [entry.state for entry in await harness.entries()] == [State.SENDING]


async def test_status_reports_that_the_database_is_away(harness: Harness) -> None:
    with missing_table(harness):
        answer = await harness.ann.command("status")

    assert "database does not answer" in answer.body["text"]
    assert "none yet" in (await harness.ann.command("status")).body["text"]


async def submit_without_confirmation(harness: Harness) -> None:
    harness.weav.fail(WeavFault.lost_request(times=1, **CREATE))
    await harness.fill_in(subject="Export hangs")
    await harness.ann.submit()
    await harness.slack.until(lambda slack: "may have been" in text_on(slack.top_view("U0ANN")))


@pytest.mark.parametrize("choice", [ids.LOOK_AGAIN, ids.CREATE_AGAIN, ids.LEAVE])
async def test_a_choice_that_cannot_be_recorded_is_not_carried_out(
    harness: Harness, choice: str
) -> None:
    harness.weav.tokens[TOKEN].discard(READ)
    await submit_without_confirmation(harness)

    with locked_database(harness):
        await harness.ann.act(choice)
        await harness.slack.until(
            lambda slack: "database does not answer" in text_on(slack.top_view("U0ANN"))
        )

    assert len(harness.weav.creations) == 1
    await harness.ann.act(ids.LEAVE)
    await harness.slack.until(lambda slack: "Left as it is" in text_on(slack.top_view("U0ANN")))


@pytest.mark.parametrize(
    ("choice", "fault", "told"),
    [
        (ids.CREATE_AGAIN, WeavFault(hold=0.5, **CREATE), "is open in Weav"),
        (
            ids.LOOK_AGAIN,
            WeavFault(hold=0.5, **LIST),
            "The bot looked again and did not find it for certain.",
        ),
    ],
)
async def test_a_choice_is_reported_correctly_if_the_database_fails_meanwhile(
    harness: Harness,
    choice: str,
    fault: WeavFault,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_write_pauses(monkeypatch, 0.2)
    await submit_without_confirmation(harness)
    asked = len(harness.weav.requests)
    harness.weav.fail(fault)

    await harness.ann.act(choice)
    await harness.weav.until(lambda: len(harness.weav.requests) > asked)
    with missing_table(harness):
        # After all retries to record it have failed.
        await harness.slack.until(lambda slack: told in text_on(slack.top_view("U0ANN")), 20)


async def test_a_refused_form_comes_back_filled_in_without_the_database(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_write_pauses(monkeypatch, 0.2)
    await submit_without_confirmation(harness)
    harness.weav.fail(WeavFault(status=403, hold=0.5, **CREATE))

    await harness.ann.act(ids.CREATE_AGAIN)
    await harness.weav.until(lambda: len(harness.weav.creations) > 1)
    with missing_table(harness):
        await harness.slack.until(
            lambda slack: "external-api:write" in text_on(slack.top_view("U0ANN")), 20
        )

    assert harness.ann.view.values["subject"]["subject"]["value"] == "Export hangs"


async def test_a_choice_that_was_recorded_but_cannot_start_starts_later(harness: Harness) -> None:
    await submit_without_confirmation(harness)
    path = Path(harness.database.removeprefix("sqlite:///"))

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER no_room BEFORE UPDATE ON submissions WHEN new.state = 'sending'"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
        shown = len(harness.slack.calls_of("views.update"))
        await harness.ann.act(ids.CREATE_AGAIN)
        await harness.slack.until(lambda slack: len(slack.calls_of("views.update")) == shown + 2)
        other.execute("DROP TRIGGER no_room")

    await harness.card()
    said = str([call.arguments for call in harness.slack.calls_of("views.update")])
    assert "may still take effect" not in said
    assert "nothing was sent to Weav. Your conversation is queued" in said
    assert len(harness.weav.conversations) == 1
