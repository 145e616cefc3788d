"""The bot in its own process, so that only it uses the event loop, and people who use it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from prometheus_client.parser import text_string_to_metric_families

from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, Person, SlackMessage, SlackSandbox, SlackView, Workspace
from bot.sandbox.weav import WeavSandbox
from tests.follow.deliveries import SECRET as WEBHOOK_SECRET
from tests.harness import SECRET, Mode, environment, public, text_on
from tests.process import answer_of, clean_environment, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.slack import Endpoint

ROOT: Final = Path(__file__).parents[2]
LAG: Final = "weav_slack_event_loop_lag_seconds"


@dataclass(slots=True)
class Alone:
    slack: Workspace
    weav: WeavSandbox
    ann: Person
    ben: Person
    eve: Person  # of another organisation
    url: str
    log: Path

    async def lags(self) -> dict[str, float]:
        """Count the loop's ticks by upper bound of their lag in seconds."""
        metrics = (await answer_of(f"{self.url}/metrics")).text
        return {
            sample.labels["le"]: sample.value
            for family in text_string_to_metric_families(metrics)
            for sample in family.samples
            if sample.name == f"{LAG}_bucket"
        }

    def lines(self, event: str) -> list[dict[str, Any]]:
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [each for each in map(json.loads, lines) if each["event"] == event]

    def imported_late(self) -> list[str]:
        """Name the modules imported since start-up; needs PYTHONPROFILEIMPORTTIME=1."""
        _, started, late = self.log.read_text().partition('"event": "started"')
        assert started
        return re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", late, re.MULTILINE)

    async def view(self, text: str = "", person: Person | None = None) -> SlackView:
        """Wait for a modal with this text."""
        user = (person or self.ann).slack_user_id

        def shown(slack: Workspace) -> SlackView | None:
            view = slack.top_view(user)
            return view if view is not None and text in _said(view) else None

        return await self.slack.until(shown)

    async def card(self, count: int) -> SlackMessage:
        """Wait for this many cards in the channel; return the latest."""
        await self.slack.until(lambda slack: len(public(slack, "C0SUPPORT")) >= count)
        return public(self.slack, "C0SUPPORT")[-1]

    async def until_home_shows(self, *texts: str, person: Person | None = None) -> None:
        """Wait for a home tab with all these texts."""
        user = (person or self.ann).slack_user_id

        def shown(slack: Workspace) -> bool:
            tab = slack.homes.get(user)
            return tab is not None and all(text in text_on(tab) for text in texts)

        await self.slack.until(shown)

    async def told(self, text: str, slack_user_id: str = "U0ANN") -> None:
        """Wait for a private message with this text."""
        direct = self.slack.direct_messages(slack_user_id).id
        await self.slack.until(
            lambda slack: any(
                text in _said(message)
                for message in (*slack.from_bot(), *slack.from_bot(direct))
                if message.only_for == slack_user_id or message.slack_channel_id == direct
            )
        )

    async def until_it_says(self, card: SlackMessage, text: str, within: float = 5) -> None:
        await self.slack.until(lambda _: text in text_on(card), within)


def _said(shown: SlackView | SlackMessage) -> str:
    words = shown.sent["title"]["text"] if isinstance(shown, SlackView) else shown.text
    return f"{words}\n{text_on(shown)}"


@asynccontextmanager
async def alone(
    folder: Path, mode: Mode, *arguments: str, **variables: str
) -> AsyncIterator[Alone]:
    """`arguments` are those of bot_alone.py; the bot is ready and unused."""
    shutil.copy(ROOT / "manifest.yml", folder)
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSandbox().serving())
        weav = WeavSandbox()
        weav_url = await stack.enter_async_context(serve(weav))
        port = free_port()
        names = environment(slack, weav_url, f"sqlite:///{folder}/ledger.db", mode)
        names |= {"PORT": str(port), "PYTHONPATH": str(ROOT), **variables}
        names |= {"WEAV_WEBHOOK_SECRET": WEBHOOK_SECRET}
        log, url = folder / "log", f"http://127.0.0.1:{port}"
        with log.open("wb") as written:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.event_loop.bot_alone", *arguments),
                cwd=folder,
                env=_uncovered(clean_environment(names)),
                stderr=written,
            )
        stack.push_async_callback(process.wait)
        stack.callback(process.terminate)
        await answer_of(f"{url}/readyz")
        webhook = weav.webhooks.sending_to(f"{url}/weav/webhooks", WEBHOOK_SECRET)
        await stack.enter_async_context(webhook)
        endpoint: Endpoint = slack.workspace.socket_mode
        if mode == "http":
            endpoint = await stack.enter_async_context(HttpEndpoint(f"{url}/slack/events", SECRET))
        ann, ben, eve = (slack.person(name, endpoint) for name in ("U0ANN", "U0BEN", "U0EVE"))
        yield Alone(slack.workspace, weav, ann, ben, eve, url, log)


def _uncovered(variables: dict[str, str]) -> dict[str, str]:
    """Remove the variables of coverage, which makes everything slower."""
    return {name: value for name, value in variables.items() if not name.startswith("COVERAGE_")}
