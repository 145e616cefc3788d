"""A day on which everything happens that the dashboard and the alerts look at."""

from pathlib import Path

from bot.sandbox.slack import Fault
from bot.sandbox.weav import Fault as WeavFault
from tests.figures import Samples, scrape
from tests.house import CREATE, House, house

SLACKS = (
    Fault("chat.postMessage", status=502, body="<html>"),
    Fault("chat.postMessage", drop="after"),
    Fault("chat.postMessage", status=429, error="ratelimited", retry_after=1),
)
WEAVS = (
    WeavFault(status=500, times=1, **CREATE),
    WeavFault.lost_answer(times=1, **CREATE),
    WeavFault.rate_limit("600", **CREATE),  # the last, since after it nothing is sent for a while
)


async def figures_of_a_day(tmp_path: Path) -> Samples:
    """What a bot shows that has met each of its outcomes."""
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
        return await scrape(at_home)


async def _submit(at_home: House, subject: str) -> None:
    await at_home.fill_in(subject=subject)
    await at_home.ann.submit()
    if at_home.slack.top_view("U0ANN"):  # says what became of it
        await at_home.ann.close()


async def _said(at_home: House, times: int) -> None:
    await at_home.slack.until(lambda slack: len(slack.from_bot()) >= times)
