"""A day with every outcome that the dashboard and the alerts look at."""

from contextlib import suppress
from pathlib import Path

from bot.health import SlackTokenRejected
from bot.sandbox.slack import SlackFault
from bot.sandbox.weav import WeavFault
from tests.house import CREATE, House, house
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
    async with house(tmp_path) as at_home:
        await _submit(at_home, "An ordinary one")
        await at_home.card()
        for number, slacks in enumerate(SLACKS, start=2):
            at_home.slack.faults.add(slacks)
            await _submit(at_home, "Slack's trouble")
            await _said(at_home, number)
        for fault in WEAVS:
            at_home.weav.fail(fault)
            await _submit(at_home, "Weav's trouble")
        at_home.slack.faults.add(REVOKED)
        with suppress(SlackTokenRejected):
            await at_home.bot.health.poll_slack()
        over_http = await scrape(at_home)
    async with house(tmp_path / "socket", mode="socket") as at_home:
        return over_http | await scrape(at_home)


async def _submit(at_home: House, subject: str) -> None:
    await at_home.fill_in(subject=subject)
    await at_home.ann.submit()
    if at_home.slack.top_view("U0ANN"):  # says the outcome
        await at_home.ann.close()


async def _said(at_home: House, times: int) -> None:
    await at_home.slack.until(lambda slack: len(slack.from_bot()) >= times)
