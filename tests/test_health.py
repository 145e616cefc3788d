"""What /readyz says of Slack after good and failed calls."""

from pathlib import Path

import httpx
import pytest

from bot.health import MAX_MISSED, SlackTokenRejected
from bot.sandbox.slack import SlackFault
from tests.bad_days.logs import logged, logged_badly
from tests.harness import Harness, open_harness

AWAY = [
    SlackFault("auth.test", status=503, body="<html>", times=None),
    SlackFault("auth.test", error="internal_error", times=None),
    SlackFault("auth.test", drop="before", times=None),
    SlackFault("auth.test", body="[]", times=None),
]


@pytest.mark.parametrize("away", AWAY, ids=["a page", "an error", "no answer", "nonsense"])
async def test_slack_counts_as_away_after_several_failed_calls(
    tmp_path: Path, away: SlackFault
) -> None:
    async with open_harness(tmp_path) as harness:
        await harness.bot.health.poll_slack()
        harness.slack.faults.add(away)

        for _ in range(MAX_MISSED - 1):
            assert not await harness.bot.health.poll_slack()
        assert await readyz(harness) == (200, True)
        assert not await harness.bot.health.poll_slack()

        assert await readyz(harness) == (503, False)
        harness.slack.faults.clear()
        assert await harness.bot.health.poll_slack()
        assert await readyz(harness) == (200, True)


async def test_single_failed_calls_do_not_add_up(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        await harness.bot.health.poll_slack()
        for _ in range(MAX_MISSED):
            harness.slack.faults.add(SlackFault("auth.test", error="internal_error"))
            assert not await harness.bot.health.poll_slack()
            assert await harness.bot.health.poll_slack()

        assert await readyz(harness) == (200, True)


async def test_one_rejected_token_makes_the_bot_unready(tmp_path: Path) -> None:
    async with open_harness(tmp_path) as harness:
        await harness.bot.health.poll_slack()
        harness.slack.faults.add(SlackFault("auth.test", error="token_revoked"))

        with pytest.raises(SlackTokenRejected):
            await harness.bot.health.poll_slack()

        assert await readyz(harness) == (503, False)


async def test_an_error_that_is_no_slack_code_is_not_logged(tmp_path: Path) -> None:
    with logged() as log:
        async with open_harness(tmp_path) as harness:
            harness.slack.faults.add(SlackFault("auth.test", error="canary-subject from Ann"))

            assert not await harness.bot.health.poll_slack()

    assert "slack_not_reached" in log.getvalue()
    assert logged_badly(log) == []


async def readyz(harness: Harness) -> tuple[int, bool]:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{harness.url}/readyz")
    return response.status_code, response.json()["slack"]
