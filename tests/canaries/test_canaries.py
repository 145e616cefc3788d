"""The log never contains a secret or anything that a user typed, whatever happens.

The test runs `weav-slack run` as a process, at DEBUG, in both log formats and both modes.
"""

import json
import re
from pathlib import Path

import pytest

from tests.canaries.days import slacks_bad_day, strangers, the_good_day, weavs_bad_day
from tests.canaries.watched import watched
from tests.canaries.work import (
    a_card,
    commands,
    looking_up,
    new_customers,
    the_home_tab,
    weav_tells,
    what_is_not_confirmed,
    what_waits,
    without_the_database,
)
from tests.harness import Mode

SIGNATURE = re.compile(r"v0=[0-9a-f]{16}|x-slack-signature", re.IGNORECASE)
# Proof that the scenes did what they are meant to do.
EVENTS = (
    "started",
    "slack_not_reached",
    "not_looked_up",
    "weav_answered",
    "announced",
    "form_not_opened",
    "request_refused",
    "customer_not_confirmed",
    "card_drawn",
    "decided",
    "not_written",
    "not_searched",
    "change_not_begun",
    "card_followed",
    "reply_told",
    "webhook_refused",
    "weav_not_read",
    "slack_not_told",
    "home_tab_not_published",
    "home_tab_not_read",
)
QUEUE_EVENTS = ("NotSent", "resumed", "announced", "Unconfirmed", "Refused")
SCENES = (
    the_good_day,
    weavs_bad_day,
    slacks_bad_day,
    strangers,
    looking_up,
    new_customers,
    a_card,
    weav_tells,
    what_is_not_confirmed,
    commands,
    the_home_tab,
    without_the_database,
)


@pytest.mark.parametrize(
    ("mode", "log_format"),
    [
        ("http", "json"),
        pytest.param("socket", "console", marks=pytest.mark.long),
        pytest.param("http", "console", marks=pytest.mark.long),
        pytest.param("socket", "json", marks=pytest.mark.long),
    ],
)
async def test_the_log_contains_nothing_that_anybody_typed(
    tmp_path: Path, mode: Mode, log_format: str
) -> None:
    async with watched(tmp_path, mode, log_format) as bot:
        for scene in SCENES:
            await scene(bot)
        text = await bot.end()

    assert [event for event in EVENTS if event not in text] == []
    check(text, log_format)


@pytest.mark.long
@pytest.mark.parametrize(("mode", "log_format"), [("http", "json"), ("socket", "console")])
async def test_the_log_contains_nothing_of_queued_submissions(
    tmp_path: Path, mode: Mode, log_format: str
) -> None:
    async with watched(tmp_path, mode, log_format, weav_retry_for="4") as bot:
        await what_waits(bot)
        text = await bot.end()

    assert [event for event in QUEUE_EVENTS if event not in text] == []
    check(text, log_format)


def check(text: str, log_format: str) -> None:
    found = [line for line in text.splitlines() if "canary" in line.lower()]
    assert found == []
    assert not SIGNATURE.search(text)
    assert "Traceback" not in text
    if log_format == "json":
        lines = [json.loads(line) for line in text.splitlines()]
        assert {"uvicorn.error", "weav_slack.submissions"} & {line["logger"] for line in lines}
