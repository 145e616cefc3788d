"""`/weav-conversation check`: admins get in Slack what `weav-slack check` prints."""

import asyncio
from pathlib import Path

from bot.sandbox.slack import SlackFault, SlackMessage
from bot.sandbox.weav import WeavFault
from tests.harness import Harness, open_harness, text_on


async def test_admins_get_the_findings_privately(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_admins="U0ANN") as harness:
        answer = await harness.ann.command("check")

        assert answer.body["response_type"] == "ephemeral"
        said = text_on(await _second_answer(harness))
        for point in ("Settings", "Database", "Slack token", "Weav read", "Clock"):
            assert f"*{point}*" in said
        assert "weav-sandbox-token" not in said
        assert harness.slack.calls_of("views.open") == []


async def test_slack_is_answered_at_once_however_long_the_check_takes(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_admins="U0ANN") as harness:
        harness.slack.faults.add(SlackFault("auth.test", delay=1, times=None))
        harness.weav.fail(WeavFault(delay=1))

        answer = await harness.ann.command(" CHECK ")

        assert answer.seconds < 1
        assert "*Weav token*" in text_on(await _second_answer(harness))


async def test_a_problem_is_reported_with_its_fix(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_admins="U0ANN") as harness:
        harness.weav.fail(WeavFault(status=401))

        await harness.ann.command("check")

        said = text_on(await _second_answer(harness))
        assert ":x: *Weav token*" in said
        assert "→ Make a new API token" in said


async def test_users_who_are_not_admins_are_told_whom_to_ask(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_admins="U0BEN") as harness:
        answer = await harness.ann.command("check")

        assert answer.body["response_type"] == "ephemeral"
        assert "Ask <@U0BEN>." in answer.body["text"]


async def test_without_admins_it_says_how_to_name_some(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        answer = await harness.ann.command("check")

        assert "SLACK_ADMINS" in answer.body["text"]
        await asyncio.sleep(0)
        assert harness.slack.calls == []


async def test_a_subject_may_start_with_check(tmp_path: Path) -> None:
    async with open_harness(tmp_path, slack_admins="U0ANN") as harness:
        await harness.ann.command("check the export")

        await harness.slack.until(lambda slack: slack.top_view("U0ANN"))


async def _second_answer(harness: Harness) -> SlackMessage:
    """The message after "Checking this installation…"."""
    return await harness.slack.until(
        lambda slack: next((m for m in slack.from_bot() if m.only_for and m.blocks), None)
    )
