"""Nothing that opens anything and nothing that anybody typed is in the log, whatever happens.

`weav-slack run` is watched as a process, at DEBUG, in both formats and both modes.
"""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.sandbox.serving import serve
from bot.sandbox.slack import (
    RESPONSE_URL,
    Delivery,
    Fault,
    HttpRing,
    Person,
    SlackSandbox,
    Workspace,
)
from bot.sandbox.weav import Fault as WeavFault
from bot.sandbox.weav import WeavSandbox
from bot.slack import ids
from tests.house import CREATE, JANE, LIST, Mode, environment
from tests.process import answer_of, free_port, running

SECRET = "CANARY-signing-secret"  # noqa: S105 - of a sandbox
WEAV_TOKEN = "CANARY-weav-token"  # noqa: S105 - of a sandbox
BOT_TOKEN = "xoxb-CANARY-bot"  # noqa: S105 - of a sandbox
APP_TOKEN = "xapp-CANARY-app"  # noqa: S105 - of a sandbox
SUBJECT = "CANARY-subject from canary@example.com"
MESSAGE = "CANARY-message <mailto:canary@example.com|canary@example.com> hangs"
SIGNATURE = re.compile(r"v0=[0-9a-f]{16}|x-slack-signature", re.IGNORECASE)
# A reason of a response_url or of Weav's that quotes what was sent.
ECHO = json.dumps({"message": SUBJECT, "errors": {"subject": [SUBJECT]}}).encode()


@dataclass
class Watched:
    slack: Workspace
    weav: WeavSandbox
    ann: Person
    url: str
    process: asyncio.subprocess.Process
    heard: int = 0

    async def open_form(self, words: str = SUBJECT) -> None:
        await self.ann.command(f"email {JANE} {words}")
        await self.slack.until(lambda slack: slack.top_view("U0ANN"))

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
    weav.tokens[WEAV_TOKEN] = {"external-api:read", "external-api:write"}
    async with slack.serving(), serve(weav) as weav_url:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        variables = environment(slack, weav_url, f"sqlite:///{folder}/ledger.db", mode) | {
            "WEAV_API_TOKEN": WEAV_TOKEN,
            "WEAV_TIMEOUT": "1",
            "WEAV_RETRY_FOR": "0",
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
            yield Watched(slack.workspace, weav, ann, url, process)


async def the_good_day(bot: Watched) -> None:
    message_ts = bot.ann.say(MESSAGE, "C0SUPPORT")
    await bot.open_form()
    await bot.ann.submit()
    await bot.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await bot.slack.until(lambda slack: slack.top_view("U0ANN"))
    await bot.ann.close()
    await bot.ann.command("status")
    await bot.ann.command(f"help {SUBJECT}")
    await bot.slack.until(lambda slack: slack.top_view("U0ANN"))
    await bot.ann.suggest(ids.CUSTOMER_ID, "canary@example.com")
    await bot.ann.close()


async def weavs_bad_day(bot: Watched) -> None:
    faults = [
        WeavFault(status=422, body=ECHO, **CREATE),
        WeavFault(status=400, body=ECHO, **CREATE),
        WeavFault(status=500, body=ECHO, **CREATE),
        WeavFault(status=503, body=ECHO, **CREATE),
        WeavFault(status=201, body=ECHO, **CREATE),
        WeavFault.lost_answer(**CREATE),
    ]
    bot.weav.fail(WeavFault(status=403, body=ECHO, **LIST))  # so that one look is enough
    for fault in faults:
        bot.weav.fail(fault)
        await bot.open_form()
        await bot.ann.submit()
        bot.weav.faults.remove(fault)
        for _ in bot.slack.open_views("U0ANN"):
            await bot.ann.close()
    bot.weav.faults.clear()


async def slacks_bad_day(bot: Watched) -> None:
    for fault in (
        Fault("views.open", status=500, body=SUBJECT),
        Fault("views.open", error=f"CANARY {SUBJECT}"),
        Fault("views.open", drop="before", times=2),
    ):
        bot.slack.faults.add(fault)
        await bot.ann.command(SUBJECT)
        await bot.hear_from_it()
    for fault in (
        Fault("chat.postMessage", status=500, body=SUBJECT),
        Fault(RESPONSE_URL, status=500, body=SUBJECT),
        Fault("users.info", status=500, body=SUBJECT, times=None),
        Fault("conversations.info", error="canary_error", times=None),
    ):
        bot.slack.faults.add(fault)
    await bot.open_form()
    await bot.ann.submit()
    bot.slack.faults.clear()


async def strangers(bot: Watched) -> None:
    view = {"id": SUBJECT, "callback_id": SUBJECT, "state": {"values": {SUBJECT: {SUBJECT: {}}}}}
    odd = {"type": "view_submission", "user": {"id": "U0ANN"}, "view": view}
    for payload in (
        odd,
        {"type": SUBJECT, "user": {"id": SUBJECT}},
        {"type": "block_actions", "user": {"id": "U0ANN"}, "actions": [{"action_id": SUBJECT}]},
        {
            "type": "block_actions",
            "user": {"id": "U0ANN"},
            "actions": [{"action_id": SUBJECT, "type": "button", "value": SUBJECT}],
        },
        {"type": "shortcut", "user": {"id": "U0ANN"}, "callback_id": SUBJECT, "trigger_id": "1"},
    ):
        await bot.ann.send(Delivery("interactive", payload))
    async with httpx.AsyncClient(trust_env=False) as http:
        for content in (SUBJECT.encode(), b"payload={" + SUBJECT.encode(), b"x" * 2_000_000):
            headers = {"x-slack-signature": "v0=CANARY", "x-slack-request-timestamp": "CANARY"}
            with suppress(httpx.TransportError):  # of too much it does not read on
                await http.post(f"{bot.url}/slack/events", content=content, headers=headers)
    async with httpx.AsyncClient(trust_env=False) as http:
        await http.get(f"{bot.url}/CANARY?token=CANARY", headers={"authorization": "CANARY"})
    await _no_http(bot.url)


async def _no_http(url: str) -> None:
    """What uvicorn itself complains about."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(b"CANARY / CANARY\r\nx: CANARY\r\n\r\n")
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("mode", "log_format"),
    [
        ("http", "json"),
        ("socket", "console"),
        pytest.param("http", "console", marks=pytest.mark.long),
        pytest.param("socket", "json", marks=pytest.mark.long),
    ],
)
async def test_no_canary_is_in_the_log(tmp_path: Path, mode: Mode, log_format: str) -> None:
    async with watched(tmp_path, mode, log_format) as bot:
        for scene in (the_good_day, weavs_bad_day, slacks_bad_day, strangers):
            await scene(bot)
        text = await bot.end()

    found = [line for line in text.splitlines() if "canary" in line.lower()]
    assert found == []
    assert not SIGNATURE.search(text)
    assert "Traceback" not in text
    for event in ("started", "weav_answered", "announced", "form_not_opened", "request_refused"):
        assert event in text
    if log_format == "json":
        lines = [json.loads(line) for line in text.splitlines()]
        assert {"uvicorn.error", "weav_slack.desk"} & {line["logger"] for line in lines}
