"""A sandbox Slack and a sandbox Weav for a `weav-slack` that runs as its own process."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, SlackSandbox, Workspace
from bot.sandbox.weav import WeavFault, WeavSandbox
from tests.harness import JANE, SECRET, Mode, environment, public, text_on
from tests.process import answer_of, free_port


class Sandboxes:
    """What the process needs to reach them, and what arrives there."""

    def __init__(self, slack: SlackSandbox, weav: WeavSandbox, weav_url: str, folder: Path) -> None:
        self.slack: Workspace = slack.workspace
        self.sandbox = slack
        self.weav = weav
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.weav_url = weav_url

    def variables(self, mode: Mode = "http", **others: str) -> dict[str, str]:
        database = f"sqlite:///{self.folder}/ledger.db"
        given = environment(self.sandbox, self.weav_url, database, mode)
        return given | {"PORT": str(self.port)} | others

    async def expect_main_job_and_clean_exit(
        self, process: asyncio.subprocess.Process, mode: Mode, terminate: Callable[[], None]
    ) -> None:
        """Send SIGTERM during a submission: the process exits 0, and nothing is lost."""
        async with HttpEndpoint(f"{self.url}/slack/events", SECRET) as endpoint:
            ready = await answer_of(f"{self.url}/readyz")
            assert all(ready.json().values())
            ann = self.sandbox.person(
                "U0ANN", endpoint if mode == "http" else self.slack.socket_mode
            )
            await ann.command(f"email {JANE} Export hangs")
            await self.slack.until(lambda slack: slack.top_view("U0ANN"))
            self.weav.fail(WeavFault(delay=3, path="/conversations"))

            answer = await ann.submit()
            terminate()
            began = time.monotonic()

            assert await process.wait() == 0
            assert time.monotonic() - began < 20
            assert "Creating" in str(answer.body)
            [card] = public(self.slack, "C0SUPPORT")
            assert "Export hangs" in text_on(card)
            assert len(self.weav.conversations) == 1


@asynccontextmanager
async def sandboxes_in(folder: Path) -> AsyncIterator[Sandboxes]:
    weav = WeavSandbox()
    async with SlackSandbox().serving() as slack, serve(weav) as weav_url:
        yield Sandboxes(slack, weav, weav_url, folder)
