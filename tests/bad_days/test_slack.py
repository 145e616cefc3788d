"""Whatever Slack answers to the bot's calls, the user is told, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bad_days.faulty_proxy import ProxyFault
from tests.bad_days.logs import logged, logged_badly
from tests.bad_days.replies import SLOW
from tests.bad_days.runner import Part, parts, proxied_harness, run_rows, some
from tests.bad_days.slack_days import (
    open_form,
    post_card,
    post_card_where_the_bot_is_no_member,
    publish_home_tab,
    redraw_card,
    redraw_card_nowhere,
    tell_privately,
    update_form,
)
from tests.bad_days.table import SlackDay, slack

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.bad_days.rows import Row

CHECKS: dict[str, tuple[Callable[[Row, SlackDay], Awaitable[None]], list[SlackDay]]] = {
    "views.open": (open_form, slack("views.open")),
    "views.update": (update_form, slack("views.update")),
    "views.publish": (publish_home_tab, slack("views.publish")),
    "chat.postMessage": (post_card, slack("chat.postMessage")),
    "chat.update": (redraw_card, slack("chat.update")),
    "a response_url": (tell_privately, slack("response_url")),
    "a response_url, for a card": (post_card_where_the_bot_is_no_member, slack("response_url")),
    "a response_url, for a redrawn card": (redraw_card_nowhere, slack("response_url")),
}


@pytest.mark.parametrize("call", ["views.open", "views.publish", "chat.postMessage"])
async def test_some_bad_days_at_slack_leave_no_user_uninformed(tmp_path: Path, call: str) -> None:
    check, days = CHECKS[call]
    await run_rows(tmp_path, some(days), check, weav_timeout="5")


@pytest.mark.parametrize("call", [call for call in CHECKS if "response_url" in call])
async def test_an_empty_answer_of_a_response_url_counts_as_success(
    tmp_path: Path, call: str
) -> None:
    check, days = CHECKS[call]
    await run_rows(tmp_path, [day for day in days if day.name == "an empty answer"], check)


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("call", "days"),
    [(call, part) for call, (_, days) in CHECKS.items() for part in parts(days)],
    ids=str,
)
async def test_no_bad_day_at_slack_leaves_a_user_uninformed(
    tmp_path: Path, call: str, days: Part[SlackDay]
) -> None:
    check, _ = CHECKS[call]
    await run_rows(tmp_path, days, check, weav_timeout="5")


@pytest.mark.timeout(120)
async def test_no_answer_of_slack_to_auth_test_ends_the_bot(tmp_path: Path) -> None:
    with logged() as log:
        async with proxied_harness(tmp_path) as proxied:
            health = proxied.harness.bot.health
            for day in slack("auth.test"):
                if day.name in SLOW:
                    continue
                proxied.to_slack.add_fault(ProxyFault("/api/auth.test", "", day.reply))
                assert not await health.poll_slack()
                assert proxied.to_slack.faults == []
                assert await health.poll_slack()
    assert logged_badly(log) == []
