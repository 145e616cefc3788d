"""A bug between the transport and Bolt: answered with 200, told, logged and counted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, get_args

import pytest
from prometheus_client import CollectorRegistry
from slack_bolt.app.async_app import AsyncApp

from bot.access.members import USERS_READ
from bot.access.rules import Access
from bot.slack import ids
from bot.slack.client import Installation
from tests.bad_days.logs import logged
from tests.handlers.broken import (
    CANARY,
    BrokenApp,
    BrokenIds,
    BrokenMetrics,
    BrokenNotifier,
    Parts,
    UnreadableIds,
    as_guest,
    make_app,
    person_behind,
)
from tests.harness import Harness, Mode, open_harness, text_on

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.sandbox.slack import Answer, Person

MODES: tuple[Mode, ...] = get_args(Mode)
BROKEN_ACCESS = Access(denied=BrokenIds(), guests=True)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(tmp_path) as opened:
        yield opened


async def command(harness: Harness, ann: Person) -> str:
    answer = taken(await ann.command("Export hangs"))
    assert answer.body["response_type"] == "ephemeral"
    assert harness.slack.calls_of("views.open") == []
    return str(answer.body["text"])


async def message_shortcut(harness: Harness, ann: Person) -> str:
    message_ts = ann.say("The export hangs", "C0SUPPORT")
    taken(await ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts))
    return text_on(await harness.private_answer())


async def global_shortcut(harness: Harness, ann: Person) -> str:
    taken(await ann.global_shortcut(ids.GLOBAL_SHORTCUT))
    return text_on(await harness.direct_message())


async def submission(harness: Harness, ann: Person) -> str:
    await harness.fill_in()
    answer = taken(await ann.submit())
    assert ann.view.is_open
    assert harness.weav.creations == []
    return answer.errors[ids.POST_TO]


async def suggestion(harness: Harness, ann: Person) -> str:
    await harness.fill_in()
    [option] = taken(await ann.suggest(ids.CUSTOMER_ID, "jan")).options
    return f"{option['text']['text']} {option['description']['text']}"


async def choice_in_the_form(harness: Harness, ann: Person) -> str:
    await harness.fill_in()
    taken(await ann.act(ids.ASSIGNEE_TYPE, "agent"))
    return text_on(await harness.direct_message())


async def click_on_a_card(harness: Harness, ann: Person) -> str:
    await harness.fill_in()
    await harness.ann.submit()
    await harness.card()
    taken(await ann.click(ids.CLOSE))
    return text_on(await harness.private_answer())


async def home_tab(harness: Harness, ann: Person) -> str:
    taken(await ann.open_home())
    return text_on(await harness.direct_message())


async def click_in_the_home_tab(harness: Harness, ann: Person) -> str:
    await harness.ann.open_home()
    await harness.slack.until(lambda slack: slack.homes.get("U0ANN"))
    taken(await ann.act_in_home(ids.REOPEN))
    return text_on(await harness.direct_message())


INTERACTIONS = [
    command,
    message_shortcut,
    global_shortcut,
    submission,
    suggestion,
    choice_in_the_form,
    click_on_a_card,
    home_tab,
    click_in_the_home_tab,
]


def taken(answer: Answer) -> Answer:
    assert (answer.status, answer.trouble) == (200, "")
    return answer


def reference_in(text: str) -> str:
    found = re.search(r"reference ([0-9a-f]{8})\b", text)
    assert found, text
    assert CANARY not in text
    return found[1]


def failed(log: io.StringIO, event: str = "failed") -> list[str]:
    """Return the references of the log lines with this event."""
    assert CANARY not in log.getvalue()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line["reference"] for line in lines if line["event"] == event]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("interact", INTERACTIONS)
async def test_a_failing_access_check_is_told_with_its_reference(
    harness: Harness, interact: Callable[[Harness, Person], Awaitable[str]], mode: Mode
) -> None:
    parts = Parts(harness, access=BROKEN_ACCESS)
    with logged() as log:
        async with person_behind(parts, mode) as ann:
            told = await interact(harness, ann)

    assert told.startswith("The bot made a mistake")
    assert failed(log) == [reference_in(told)]
    assert parts.failures == 1


def app_that_raises() -> AsyncApp:
    return make_app(BrokenApp)


def app_with_failing_middleware() -> AsyncApp:
    async def break_off() -> None:
        raise ValueError(CANARY)

    app = make_app(AsyncApp)
    app.use(break_off)
    return app


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make_broken_app", [app_that_raises, app_with_failing_middleware])
async def test_a_failure_in_bolt_is_told(
    harness: Harness, make_broken_app: Callable[[], AsyncApp], mode: Mode
) -> None:
    parts = Parts(harness, app=make_broken_app())
    with logged() as log:
        async with person_behind(parts, mode) as ann:
            told = await submission(harness, ann)

            assert failed(log) == [reference_in(told)]
            assert parts.failures == 1

            taken(await ann.command("Export hangs"))  # answered before Bolt runs
            told = text_on(await harness.private_answer())

    assert failed(log, "task_failed") == [reference_in(told)]


@pytest.mark.parametrize("mode", MODES)
async def test_a_failing_refusal_is_told(harness: Harness, mode: Mode) -> None:
    installation = Installation()
    installation.learn_scopes({"x-oauth-scopes": USERS_READ})
    parts = Parts(
        harness,
        Access(),
        people=as_guest,
        installation=installation,
        admins=UnreadableIds({"U0BEN"}),
    )
    with logged() as log:
        async with person_behind(parts, mode) as ann:
            told = await command(harness, ann)

    assert failed(log) == [reference_in(told)]
    assert parts.failures == 1


@pytest.mark.parametrize("mode", MODES)
async def test_failing_metrics_change_no_answer(harness: Harness, mode: Mode) -> None:
    access = Access(denied=frozenset({"U0ANN"}), guests=True)
    parts = Parts(harness, access, BrokenMetrics(CollectorRegistry()))
    with logged() as log:
        async with person_behind(parts, mode) as ann:
            answer = taken(await ann.command("Export hangs"))

    assert answer.body["text"].startswith("Sorry")
    assert len(failed(log)) == 1
    assert parts.failures == 1


@pytest.mark.parametrize("mode", MODES)
async def test_a_failure_that_cannot_be_told_is_answered_and_logged(
    harness: Harness, mode: Mode
) -> None:
    parts = Parts(harness, access=BROKEN_ACCESS, notifier=BrokenNotifier())
    with logged() as log:
        async with person_behind(parts, mode) as ann:
            answer = taken(await ann.global_shortcut(ids.GLOBAL_SHORTCUT))

    assert answer.body == ""
    assert failed(log) == failed(log, "not_told")
    assert parts.failures == 1
