"""`weav-slack run` as a process at DEBUG, in a world that is full of canaries."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpRing, Person, SlackSandbox, Workspace
from bot.sandbox.weav import WeavSandbox
from tests.house import JANE, Mode, environment
from tests.process import answer_of, free_port, running

SECRET = "CANARY-signing-secret"  # noqa: S105 - of a sandbox
WEAV_TOKEN = "CANARY-weav-token"  # noqa: S105 - of a sandbox
BOT_TOKEN = "xoxb-CANARY-bot"  # noqa: S105 - of a sandbox
APP_TOKEN = "xapp-CANARY-app"  # noqa: S105 - of a sandbox
CUSTOMER = "canary-jane@example.com"
SUBJECT = "CANARY-subject from canary@example.com"
MESSAGE = "CANARY-message <mailto:canary@example.com|canary@example.com> hangs"
# A reason of a response_url or of Weav's that quotes what was sent.
ECHO = json.dumps({"message": SUBJECT, "errors": {"subject": [SUBJECT]}}).encode()


@dataclass
class Watched:
    slack: Workspace
    weav: WeavSandbox
    ann: Person
    url: str
    process: asyncio.subprocess.Process
    database: Path
    heard: int = 0

    async def open_form(self, words: str = SUBJECT) -> None:
        await self.ann.command(f"email {JANE} {words}")
        await self.slack.until(lambda slack: slack.top_view("U0ANN"))

    async def close_all(self) -> None:
        for _ in self.slack.open_views("U0ANN"):
            await self.ann.close()

    async def hear_from_it(self) -> None:
        """Wait for one more thing that the bot says."""
        self.heard += 1
        await self.slack.until(lambda slack: len(slack.from_bot()) >= self.heard)

    async def end(self) -> str:
        """Everything that it wrote, standard output too."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(25):
            out, err = await self.process.communicate()
        return (out + err).decode()


@asynccontextmanager
async def watched(folder: Path, mode: Mode, log_format: str) -> AsyncIterator[Watched]:
    slack, weav = SlackSandbox(), WeavSandbox()
    slack.workspace.bot_token, slack.workspace.app_token = BOT_TOKEN, APP_TOKEN
    slack.workspace.scopes += ("users:read", "channels:read")
    weav.store.customers[JANE] |= {"name": "CANARY Jane", "email": CUSTOMER}
    weav.tokens[WEAV_TOKEN] = {"external-api:read", "external-api:write"}
    async with slack.serving(), serve(weav) as weav_url:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        variables = environment(slack, weav_url, f"sqlite:///{folder}/ledger.db", mode) | {
            "WEAV_API_TOKEN": WEAV_TOKEN,
            "WEAV_TIMEOUT": "1",
            "WEAV_RETRY_FOR": "0",
            "SLACK_ADMINS": "U0ANN",
            "PORT": str(port),
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": log_format,
        }
        if mode == "http":
            variables["SLACK_SIGNING_SECRET"] = SECRET
        async with (
            running(folder, **variables) as process,
            HttpRing(f"{url}/slack/events", SECRET) as ring,
        ):
            await answer_of(f"{url}/readyz")
            ann = slack.person("U0ANN", ring if mode == "http" else slack.workspace.socket_mode)
            yield Watched(slack.workspace, weav, ann, url, process, folder / "ledger.db")
