"""With hundreds of admins, each refusal is short and private, and names a few of them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, get_args

import pytest

from bot.access.rules import Denial
from bot.sandbox.slack import Person
from bot.slack import ids
from tests.harness import JANE, Harness, Mode, open_harness, text_on
from tests.metrics import scrape, value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.sandbox.slack import Answer

MODES: tuple[Mode, ...] = get_args(Mode)
ADMINS = [f"U0ADMIN{number:03}" for number in range(186)]
NAMED = (
    "Ask <@U0ADMIN000>, <@U0ADMIN001>, <@U0ADMIN002>, <@U0ADMIN003>, <@U0ADMIN004>"
    " or one of 181 others."
)
PLACES = {Denial.EXTERNAL: "C0PARTNERS", Denial.TEAM: "C0PARTNERS"}
UNNAMED = "Ask whoever looks after the bot."


@asynccontextmanager
async def harness_with_admins(
    tmp_path: Path, mode: Mode, **variables: str
) -> AsyncIterator[Harness]:
    names = {name.upper(): value for name, value in variables.items()}
    names["SLACK_ADMINS"] = ",".join(ADMINS)
    async with open_harness(
        tmp_path, mode=mode, change=lambda usual: usual.update(names)
    ) as harness:
        yield harness


@asynccontextmanager
async def ben_with_form(tmp_path: Path, mode: Mode, **variables: str) -> AsyncIterator[Harness]:
    """Ben, whom the bot denies, sees the form that Ann has opened."""
    async with harness_with_admins(tmp_path, mode, **variables) as harness:
        await harness.fill_in()
        harness.ann.view.slack_user_id = "U0BEN"
        yield harness


async def command(harness: Harness) -> tuple[str, str]:
    answer = taken(await harness.ben.command("status"))
    return str(answer.body["text"]), NAMED


async def message_shortcut(harness: Harness) -> tuple[str, str]:
    message_ts = harness.ann.say("The export hangs", "C0SUPPORT")
    taken(await harness.ben.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts))
    return text_on(await harness.private_answer("U0BEN")), NAMED


async def global_shortcut(harness: Harness) -> tuple[str, str]:
    taken(await harness.ben.global_shortcut(ids.GLOBAL_SHORTCUT))
    return text_on(await harness.direct_message("U0BEN")), NAMED


async def choice_in_the_form(harness: Harness) -> tuple[str, str]:
    taken(await harness.ben.act(ids.ASSIGNEE_TYPE, "agent"))
    return text_on(await harness.direct_message("U0BEN")), NAMED


async def submission(harness: Harness) -> tuple[str, str]:
    answer = taken(await harness.ben.submit())
    assert UNNAMED in answer.errors[ids.POST_TO]
    return text_on(await harness.direct_message("U0BEN")), NAMED


async def suggestion(harness: Harness) -> tuple[str, str]:
    [option] = taken(await harness.ben.suggest(ids.CUSTOMER_ID, "jan")).options
    return f"{option['text']['text']} {option['description']['text']}", UNNAMED


DOINGS = [
    command,
    message_shortcut,
    global_shortcut,
    choice_in_the_form,
    submission,
    suggestion,
]


def taken(answer: Answer) -> Answer:
    assert (answer.status, answer.trouble) == (200, "")
    return answer


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("doing", DOINGS)
async def test_a_denied_user_is_told_so_at_every_entry(
    tmp_path: Path, doing: Callable[[Harness], Awaitable[tuple[str, str]]], mode: Mode
) -> None:
    async with ben_with_form(tmp_path, mode, slack_denied_users="U0BEN") as harness:
        told, whom = await doing(harness)

        assert told == f"Sorry, you may not use the Weav bot. {whom}"
        metrics = await scrape(harness)
    assert value(metrics, "weav_slack_refusals_total", reason="user_denied") == 1
    assert value(metrics, "weav_slack_failures_total", where="handler") == 0


@pytest.mark.parametrize("mode", MODES)
async def test_an_author_whose_card_is_not_allowed_there_is_told_whom_to_ask(
    tmp_path: Path, mode: Mode
) -> None:
    async with ben_with_form(tmp_path, mode, slack_allowed_channels="C0SUPPORT") as harness:
        answer = taken(await harness.ben.submit({ids.POST_TO: "C0GENERAL"}))

        assert "Choose another one" in answer.errors[ids.POST_TO]
        assert NAMED in text_on(await harness.direct_message("U0BEN"))


@pytest.mark.parametrize("mode", MODES)
async def test_a_user_who_may_not_run_the_check_is_told_whom_to_ask(
    tmp_path: Path, mode: Mode
) -> None:
    async with harness_with_admins(tmp_path, mode) as harness:
        answer = taken(await harness.ben.command("check"))

        assert answer.body["text"].endswith(NAMED)


@pytest.mark.parametrize("mode", MODES)
async def test_a_guest_is_told_whom_to_ask_instead_of_the_form(tmp_path: Path, mode: Mode) -> None:
    async with harness_with_admins(tmp_path, mode) as harness:
        harness.slack.scopes += ("users:read",)
        await harness.bot.health.poll_slack()
        cat = Person(harness.slack, "U0CAT", harness.ann.endpoint)

        answer = taken(await cat.command(f"email {JANE}"))

        assert NAMED in answer.body["text"]


REASONS = {
    Denial.DENIED: ("U0BEN", {"slack_denied_users": "U0BEN"}),
    Denial.USER: ("U0BEN", {"slack_allowed_users": "U0ANN"}),
    Denial.EXTERNAL: ("U0EVE", {}),
    Denial.TEAM: ("U0EVE", {"slack_allow_external": "true", "slack_allowed_teams": "T0SANDBOX"}),
    Denial.GUEST: ("U0CAT", {}),
    Denial.CHANNEL: ("U0BEN", {"slack_allowed_channels": "C0GENERAL"}),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("why", REASONS)
async def test_every_reason_names_a_few_admins(tmp_path: Path, why: Denial, mode: Mode) -> None:
    slack_user_id, variables = REASONS[why]
    async with harness_with_admins(tmp_path, mode, **variables) as harness:
        harness.slack.scopes += ("users:read",)
        await harness.bot.health.poll_slack()
        who = Person(harness.slack, slack_user_id, harness.ann.endpoint)

        answer = taken(await who.command("status", slack_channel_id=PLACES.get(why, "C0SUPPORT")))

        assert answer.body["text"].endswith(f" {NAMED}")
        metrics = await scrape(harness)
    assert value(metrics, "weav_slack_refusals_total", reason=why.value) == 1
