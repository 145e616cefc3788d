"""The test harness: a sandbox Slack, a sandbox Weav and the real bot between them, on loopback."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.app import Bot, Pace, assembled
from bot.embedded import GivenSettings
from bot.follow.pace import FollowPace
from bot.ledger import Entry, Ledger, State
from bot.retry import Backoff
from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, Person, SlackMessage, SlackSandbox, Workspace
from bot.sandbox.slack.views import SlackView
from bot.sandbox.weav import WeavSandbox
from bot.sandbox.weav.app import TOKEN
from bot.settings import Settings
from handlers.socket_mode import SocketModeTransport
from tests.complete_text import messages_with_incomplete_text

SECRET = "a-signing-secret"  # noqa: S105 - of a sandbox
JANE = "3c90c3cc-0d44-4b50-8888-000000000001"
CONVERSATION_URL = "https://app.weav.example/conversations/{id}"

# Requests that a fault of the sandbox Weav can apply to.
CREATE: dict[str, Any] = {"method": "POST", "path": "/conversations"}
LIST: dict[str, Any] = {"method": "GET", "path": "/customers/*/conversations"}
# The bot's own waits, shortened.
QUICK_FOLLOW = FollowPace(
    card=0.1,
    replies=0.3,
    redraw_every=0.05,
    sweep_every=0.1,
    refresh_every=0.1,
    rest=0.2,
    following=Backoff(shortest=0.3, longest=1.0),
    not_yet=Backoff(shortest=0.3, longest=0.5, within=1.0),
    unreadable=Backoff(shortest=0.3, within=2.0),
)
QUICK = Pace(lease=3, delivery=3, answers=3, drain=5, looks=(0.1, 0.2, 0.4), follow=QUICK_FOLLOW)

Mode = Literal["http", "socket"]


def environment(slack: SlackSandbox, weav_url: str, database: str, mode: Mode) -> dict[str, str]:
    """The variables that `weav-slack run` reads."""
    door = (
        {"SLACK_APP_TOKEN": slack.workspace.app_token}
        if mode == "socket"
        else {"SLACK_SIGNING_SECRET": SECRET}
    )
    return door | {
        "SLACK_BOT_TOKEN": slack.workspace.bot_token,
        "SLACK_API_URL": slack.api_url,
        "WEAV_API_TOKEN": TOKEN,
        "WEAV_API_URL": f"{weav_url}/v1",
        "WEAV_CONVERSATION_URL": CONVERSATION_URL,
        "DATABASE_URL": database,
    }


def settings_of(variables: dict[str, str]) -> Settings:
    given: dict[str, Any] = {name.lower(): value for name, value in variables.items()}
    return GivenSettings(**given)


@dataclass(slots=True)
class Harness:
    slack: Workspace
    weav: WeavSandbox
    bot: Bot
    ann: Person
    ben: Person
    url: str
    database: str
    variables: dict[str, str]

    async def fill_in(self, person: Person | None = None, words: str = "", **values: str) -> None:
        """Open the form with the command and fill in `values` (by field name), without submitting.

        The command names the customer, so the bot asks Weav only for that customer's open
        conversations.
        """
        person = person or self.ann
        customer = values.pop("customer_id", JANE)
        await person.command(f"{customer} {words}")
        await self.slack.until(lambda _: self.slack.top_view(person.slack_user_id))
        await person.type_in({"channel": "email", **values})

    def drop_table(self, table: str) -> None:
        """Drop a table from the SQLite file, to make every statement on it fail."""
        path = self.database.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute(f"DROP TABLE {table}")

    async def card(self, slack_channel_id: str = "C0SUPPORT", within: float = 10) -> SlackMessage:
        """The bot's first message in that Slack channel that everybody sees."""
        return await self.slack.until(
            lambda slack: next(iter(public(slack, slack_channel_id)), None), within
        )

    async def direct_message(
        self, slack_user_id: str = "U0ANN", within: float = 10
    ) -> SlackMessage:
        channel = self.slack.direct_messages(slack_user_id).id
        return await self.slack.until(
            lambda slack: next(iter(slack.from_bot(channel)), None), within
        )

    async def private_answer(self, slack_user_id: str = "U0ANN") -> SlackMessage:
        return await self.slack.until(
            lambda slack: next((m for m in slack.from_bot() if m.only_for == slack_user_id), None)
        )

    async def entries(self, slack_user_id: str = "U0ANN") -> list[Entry]:
        async with Ledger.open(self.database) as ledger:
            return await ledger.latest("T0SANDBOX", slack_user_id, 200)

    async def entry_in(self, state: State, within: float = 5) -> Entry:
        """Poll until Ann's latest row is in this state: the database notifies nobody."""
        async with Ledger.open(self.database) as ledger, asyncio.timeout(within):
            while True:
                [latest] = await ledger.latest("T0SANDBOX", "U0ANN", 1)
                if latest.state is state:
                    return latest
                await asyncio.sleep(0.01)


def public(slack: Workspace, slack_channel_id: str) -> list[SlackMessage]:
    return [message for message in slack.from_bot(slack_channel_id) if not message.only_for]


def selected_value(view: SlackView, field: str) -> str:
    """The selected value of a select; "" if there is none."""
    option = view.values[field][field]["selected_option"]
    return option["value"] if option else ""


def text_on(view_or_message: Any) -> str:  # noqa: ANN401 - views and messages both have blocks
    """All text in its blocks."""
    return "\n".join(_texts(view_or_message.blocks))


def _texts(part: Any) -> list[str]:  # noqa: ANN401 - JSON
    match part:
        case {"text": str(text)}:
            return [text]
        case dict():
            return [text for value in part.values() for text in _texts(value)]
        case list():
            return [text for value in part for text in _texts(value)]
        case _:
            return []


def _socket_transport(bot: Bot) -> SocketModeTransport:
    assert bot.socket is not None
    return bot.socket


@asynccontextmanager
async def open_harness(
    tmp_path: Path,
    *,
    mode: Mode = "http",
    weav_url: str = "",
    pace: Pace | None = None,
    database: str = "",
    change: Callable[[dict[str, str]], None] = lambda _: None,
    **variables: str,
) -> AsyncIterator[Harness]:
    """`variables` are settings, named in lower case; `weav_url` replaces the sandbox Weav.

    With `weav_webhook_secret`, Weav sends webhooks to the bot: see `harness.weav.webhooks`.

    At the end, each message's top-level text, which screen readers read, must say what its blocks
    say.
    """
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSandbox().serving())
        weav = WeavSandbox()
        weav_url = weav_url or await stack.enter_async_context(serve(weav))
        database = database or f"sqlite:///{tmp_path}/ledger.db"
        names = environment(slack, weav_url, database, mode)
        names |= {name.upper(): value for name, value in variables.items()}
        change(names)
        bot = await stack.enter_async_context(assembled(settings_of(names), pace or QUICK))
        url = await stack.enter_async_context(serve(bot.asgi))
        if secret := names.get("WEAV_WEBHOOK_SECRET"):
            webhook = weav.webhooks.sending_to(f"{url}/weav/webhooks", secret)
            await stack.enter_async_context(webhook)
        if mode == "http":
            endpoint: Any = await stack.enter_async_context(
                HttpEndpoint(f"{url}/slack/events", SECRET)
            )
        else:
            endpoint = slack.workspace.socket_mode
            connecting = asyncio.create_task(_socket_transport(bot).keep_connecting())
            stack.callback(connecting.cancel)
            await slack.workspace.socket_mode.connected()
        ann, ben = slack.person("U0ANN", endpoint), slack.person("U0BEN", endpoint)
        yield Harness(slack.workspace, weav, bot, ann, ben, url, database, names)
        assert messages_with_incomplete_text(slack.workspace) == []
