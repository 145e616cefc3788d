"""A day with every outcome that the dashboard and the alerts look at."""

from contextlib import suppress
from pathlib import Path

from bot.health import SlackTokenRejected
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from tests.harness import CREATE, Harness, open_harness
from tests.metrics import Samples, scrape

SLACKS = (
    SlackFault("chat.postMessage", status=502, body="<html>"),
    SlackFault("chat.postMessage", drop="after"),
    SlackFault("chat.postMessage", error="not_in_channel"),
    SlackFault("chat.postMessage", status=429, error="ratelimited", retry_after=1),
)
REVOKED = SlackFault("auth.test", error="token_revoked")
WEAVS = (
    WeavFault(status=401, times=1, **CREATE),
    WeavFault(status=422, times=1, **CREATE),
    WeavFault(status=500, times=1, **CREATE),
    WeavFault.lost_answer(times=1, **CREATE),
    WeavFault.rate_limit(
        "600", **CREATE
    ),  # last, since the bot sends nothing for a while afterwards
)


async def figures_of_a_day(tmp_path: Path) -> Samples:
    """The metrics of bots that have met each of their outcomes."""
    (tmp_path / "socket").mkdir()
    async with open_harness(tmp_path) as harness:
        await _submit(harness, "An ordinary one")
        await harness.card()
        for number, slacks in enumerate(SLACKS, start=2):
            harness.slack.faults.add(slacks)
            await _submit(harness, "Slack's trouble")
            await _said(harness, number)
        for fault in WEAVS:
            harness.weav.fail(fault)
            await _submit(harness, "Weav's trouble")
        harness.slack.faults.add(REVOKED)
        with suppress(SlackTokenRejected):
            await harness.bot.health.poll_slack()
        over_http = await scrape(harness)
    async with open_harness(tmp_path / "socket", mode="socket") as harness:
        return over_http | await scrape(harness)


async def _submit(harness: Harness, subject: str) -> None:
    await harness.fill_in(subject=subject)
    await harness.ann.submit()
    if harness.slack.top_view("U0ANN"):  # says the outcome
        await harness.ann.close()


async def _said(harness: Harness, times: int) -> None:
    await harness.slack.until(lambda slack: len(slack.from_bot()) >= times)
