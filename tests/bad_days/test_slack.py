"""Whatever Slack answers to the bot's calls: the person learns of it, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bad_days.country import Part, country, parts, some, walk
from tests.bad_days.logs import logged, logged_badly
from tests.bad_days.replies import SLOW
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
from tests.bad_days.weather import Spell

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.bad_days.rows import Row

WALKS: dict[str, tuple[Callable[[Row, SlackDay], Awaitable[None]], list[SlackDay]]] = {
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
async def test_a_bad_day_at_slack_leaves_nobody_in_the_dark(tmp_path: Path, call: str) -> None:
    live, days = WALKS[call]
    await walk(tmp_path, some(days), live, weav_timeout="5")


@pytest.mark.parametrize("call", [call for call in WALKS if "response_url" in call])
async def test_an_empty_answer_of_a_response_url_counts_as_taken(tmp_path: Path, call: str) -> None:
    live, days = WALKS[call]
    await walk(tmp_path, [day for day in days if day.name == "an empty answer"], live)


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("call", "days"),
    [(call, part) for call, (_, days) in WALKS.items() for part in parts(days)],
    ids=str,
)
async def test_every_bad_day_at_slack(tmp_path: Path, call: str, days: Part[SlackDay]) -> None:
    live, _ = WALKS[call]
    await walk(tmp_path, days, live, weav_timeout="5")


@pytest.mark.timeout(120)
async def test_whatever_slack_answers_to_auth_test_does_not_end_the_bot(tmp_path: Path) -> None:
    with logged() as log:
        async with country(tmp_path) as there:
            health = there.at_home.bot.health
            for day in slack("auth.test"):
                if day.name in SLOW:
                    continue
                there.to_slack.expect(Spell("/api/auth.test", "", day.reply))
                assert not await health.poll_slack()
                assert there.to_slack.spells == []
                assert await health.poll_slack()
    assert logged_badly(log) == []
