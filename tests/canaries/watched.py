"""Runs `weav-slack run` at DEBUG, between sandboxes that are full of canaries."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, Person, SlackFault, SlackSandbox, Workspace
from bot.sandbox.weav import WeavSandbox
from tests.harness import JANE, Mode, environment
from tests.process import answer_of, free_port, running

SECRET = "CANARY-signing-secret"  # noqa: S105 - of a sandbox
WEBHOOK_SECRET = "CANARY-webhook-secret"  # noqa: S105 - of a sandbox
WEAV_TOKEN = "CANARY-weav-token"  # noqa: S105 - of a sandbox
BOT_TOKEN = "xoxb-CANARY-bot"  # noqa: S105 - of a sandbox
APP_TOKEN = "xapp-CANARY-app"  # noqa: S105 - of a sandbox
CUSTOMER = "canary-jane@example.com"
SUBJECT = "CANARY-subject from canary@example.com"
MESSAGE = "CANARY-message <mailto:canary@example.com|canary@example.com> hangs"
# In place of Slack's error code, which is logged if it looks like one.
NO_CODE = f"CANARY {SUBJECT}"
# A reason, from a response_url or from Weav, that quotes what was sent.
ECHO = json.dumps({"message": SUBJECT, "errors": {"subject": [SUBJECT]}}).encode()


@dataclass
class Watched:
    slack: Workspace
    weav: WeavSandbox
    ann: Person
    url: str
    process: asyncio.subprocess.Process
    database: Path

    async def open_form(self, words: str = SUBJECT, slack_channel_id: str = "C0SUPPORT") -> None:
        await self.ann.command(f"email {JANE} {words}", slack_channel_id)
        await self.slack.until(lambda slack: slack.top_view("U0ANN"))

    async def close_all(self) -> None:
        for _ in self.slack.open_views("U0ANN"):
            await self.ann.close()

    def person(self, slack_user_id: str) -> Person:
        return Person(self.slack, slack_user_id, self.ann.endpoint)

    async def says_more_than(self, said: int, within: float = 5) -> None:
        await self.slack.until(lambda slack: len(slack.from_bot()) > said, within)

    async def struck(self) -> None:
        """Wait until every fault of Slack's has been used up."""
        await self.slack.until(lambda slack: not slack.faults.armed(), 10)

    async def end(self) -> str:
        """End the process, and return everything that it wrote, including stdout."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(25):
            out, err = await self.process.communicate()
        return (out + err).decode()


@asynccontextmanager
async def watched(
    folder: Path, mode: Mode, log_format: str, **others: str
) -> AsyncIterator[Watched]:
    """`others` are settings, named in lower case; Slack's first answers are errors."""
    slack, weav = SlackSandbox(), WeavSandbox()
    slack.workspace.bot_token, slack.workspace.app_token = BOT_TOKEN, APP_TOKEN
    slack.workspace.scopes += ("users:read", "channels:read")
    for method in ("auth.test", *(["apps.connections.open"] if mode == "socket" else [])):
        slack.workspace.faults.add(SlackFault(method, error=NO_CODE))
    weav.store.customers[JANE] |= {"name": "CANARY Jane", "email": CUSTOMER}
    weav.tokens[WEAV_TOKEN] = {"external-api:read", "external-api:write"}
    async with slack.serving(), serve(weav) as weav_url:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        variables = environment(slack, weav_url, f"sqlite:///{folder}/ledger.db", mode) | {
            "WEAV_API_TOKEN": WEAV_TOKEN,
            "WEAV_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "WEAV_TIMEOUT": "1",
            "WEAV_RETRY_FOR": "0",
            "SLACK_ADMINS": "U0ANN",
            "PORT": str(port),
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": log_format,
        }
        if mode == "http":
            variables["SLACK_SIGNING_SECRET"] = SECRET
        variables |= {name.upper(): value for name, value in others.items()}
        async with (
            running(folder, **variables) as process,
            HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint,
            weav.webhooks.sending_to(f"{url}/weav/webhooks", WEBHOOK_SECRET),
        ):
            await answer_of(f"{url}/readyz")
            ann = slack.person("U0ANN", endpoint if mode == "http" else slack.workspace.socket_mode)
            bot = Watched(slack.workspace, weav, ann, url, process, folder / "ledger.db")
            await bot.struck()
            yield bot
