"""Restores what version 0.1.0 left behind, for the next version to find.

That is its database, and Slack and Weav as they were when 0.1.0 was killed: see
tests/data/0.1.0/README.md.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from bot.app import assembled
from bot.ledger import Entry, Ledger
from bot.sandbox.serving import serve
from bot.sandbox.slack import (
    Answer,
    Delivery,
    HttpEndpoint,
    Person,
    SlackChannel,
    SlackMessage,
    SlackSandbox,
    SlackUser,
    SlackView,
    Workspace,
)
from bot.sandbox.slack.directory import Kind
from bot.sandbox.weav import WeavSandbox
from tests.harness import QUICK, SECRET, environment, public, settings_of, text_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from bot.sandbox.slack import Endpoint

DATA: Final = Path(__file__).parents[1] / "data" / "0.1.0"
# Slack's address in the recorded rows and payloads.
RECORDED_URL: Final = "https://hooks.slack.example"
TEAM: Final = "T0SANDBOX"
# Seconds; the bot takes up two dozen rows at the same time.
PATIENCE: Final = 15.0
# Every time in the database is in seconds since 1970; due rows are due now.
_TIMES: Final = {
    "submissions": ("created_at", "received_at", "sent_at", "finished_at"),
    "known_customers": ("seen_at",),
    "customer_uses": ("used_at",),
    "new_customers": ("changed_at",),
    "weav_users": ("told_at",),
    "channel_defaults": ("chosen_at",),
}


def read(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def statements(passed: float, slack_url: str) -> Iterator[str]:
    """Move the database's clock ahead by this many seconds, so that all leases are over."""
    now = time.time()
    for table, columns in _TIMES.items():
        moved = ", ".join(f"{column} = {column} + {passed}" for column in columns)
        yield f"UPDATE {table} SET {moved}"  # noqa: S608 - ours
    yield f"UPDATE submissions SET due_at = {now - 1} WHERE due_at IS NOT NULL"  # noqa: S608 - ours
    yield f"UPDATE cards SET held_until = {now - 1}"  # noqa: S608 - ours
    yield f"UPDATE submissions SET form = replace(form, '{RECORDED_URL}', '{slack_url}')"  # noqa: S608 - ours


def put_sqlite(folder: Path, passed: float, slack_url: str) -> str:
    path = folder / "ledger.db"
    shutil.copy(DATA / "ledger.sqlite3", path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements(passed, slack_url):
            database.execute(statement)
    return f"sqlite:///{path}"


async def put_postgresql(url: str, passed: float, slack_url: str) -> str:
    """Load the dump into an empty database."""
    dump = (DATA / "postgresql.sql").read_text(encoding="utf-8")
    for script in (dump, ";\n".join(statements(passed, slack_url))):
        database = await asyncpg.connect(url)  # the dump changes its session's settings
        try:
            await database.execute(script)
        finally:
            await database.close()
    return url


def put_slack(slack: Workspace) -> None:
    """Give Slack the messages and the open modals of that time."""
    recorded = read("slack.json")
    slack.scopes = tuple(recorded["scopes"])
    slack.users = {user["id"]: SlackUser(**user) for user in recorded["users"]}
    for channel in recorded["channels"]:
        read_channel = SlackChannel(**channel)
        slack.channels[channel["id"]] = replace(
            read_channel, kind=Kind(channel["kind"]), members=set(channel["members"])
        )
    slack.messages = [SlackMessage(**message) for message in recorded["messages"]]
    for recorded_view in recorded["views"]:
        kept = {name: recorded_view.pop(name) for name in ("values", "hash", "errors", "trouble")}
        sent = recorded_view.pop("sent")
        view = SlackView(**recorded_view)
        view.draw(sent)
        for name, value in kept.items():
            setattr(view, name, value)
        slack.views[view.id] = view


def put_weav(weav: WeavSandbox, passed: float) -> None:
    recorded = read("weav.json")
    for conversation in recorded["conversations"]:
        for name in ("created_at", "updated_at"):
            at = datetime.fromisoformat(conversation[name]) + timedelta(seconds=passed)
            conversation[name] = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        weav.store.conversations[conversation["id"]] = conversation
    weav.store.customers = {each["id"]: each for each in recorded["customers"]}


@dataclass(slots=True)
class Restored:
    """No bot runs yet: `bot` starts one of this version on the restored data."""

    slack: Workspace
    weav: WeavSandbox
    variables: dict[str, str]
    database: str

    @asynccontextmanager
    async def bot(self, **variables: str) -> AsyncIterator[Endpoint]:
        """`variables` are settings, named in lower case."""
        names = self.variables | {name.upper(): value for name, value in variables.items()}
        async with (
            assembled(settings_of(names), QUICK) as bot,
            serve(bot.asgi) as url,
            HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint,
        ):
            await bot.health.poll_slack()  # as at a real start
            yield endpoint

    def person(self, slack_user_id: str, endpoint: Endpoint) -> Person:
        return Person(self.slack, slack_user_id, endpoint)

    async def latest(self, slack_user_id: str) -> Entry:
        async with Ledger.open(self.database) as ledger:
            [entry] = await ledger.latest(TEAM, slack_user_id, 1)
            return entry

    async def nothing_due(self, within: float = 30) -> None:
        """Poll until no row of the ledger has anything left to do."""
        async with Ledger.open(self.database) as ledger, asyncio.timeout(within):
            while (await ledger.backlog()).counts:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    def conversations(self, subject: str) -> list[dict[str, Any]]:
        return [each for each in self.weav.conversations if each["subject"] == subject]

    def cards(self, subject: str, slack_channel_id: str = "C0SUPPORT") -> list[SlackMessage]:
        return [
            each
            for each in public(self.slack, slack_channel_id)
            if subject in text_on(each).splitlines()
        ]

    def seen_by(self, slack_user_id: str) -> str:
        """Everything of the bot that only this user sees: the top modal, and private messages."""
        direct = self.slack.direct_messages(slack_user_id).id
        messages = [
            message
            for message in self.slack.from_bot()
            if message.only_for == slack_user_id or message.slack_channel_id == direct
        ]
        view = self.slack.top_view(slack_user_id)
        return "\n".join(map(text_on, [*messages, *([view] if view else [])]))

    async def until_seen(self, slack_user_id: str, text: str) -> None:
        await self.slack.until(lambda _: text in self.seen_by(slack_user_id), PATIENCE)

    async def card_about(self, subject: str) -> None:
        await self.slack.until(lambda _: self.cards(subject), PATIENCE)

    async def send(self, name: str, endpoint: Endpoint) -> Answer:
        """Send the delivery that was recorded under this name."""
        delivery = self._delivery(name)
        return await self.person(delivery.payload["user"]["id"], endpoint).send(delivery)

    def _delivery(self, name: str) -> Delivery:
        """Triggers and response URLs are new; everything else is as recorded."""
        recorded = read("payloads.json")[name]
        payload = recorded["payload"]
        author = payload["user"]["id"]
        view_id = payload.get("view", {}).get("id", "")
        channel = payload.get("channel", {}).get("id", "")
        if "trigger_id" in payload:
            opened_in = self.slack.views[view_id].opened_in if view_id else channel
            payload["trigger_id"] = self.slack.triggers.issue(author, opened_in, view_id)
        if "response_url" in payload:
            message_ts = payload["container"]["message_ts"]
            path = self.slack.response_urls.issue("actions", author, channel, message_ts)
            payload["response_url"] = self.slack.base_url + path
        for each in payload.get("response_urls", []):
            path = self.slack.response_urls.issue("app", author, each["channel_id"])
            each["response_url"] = self.slack.base_url + path
        return Delivery(recorded["kind"], payload)


@asynccontextmanager
async def restored(
    folder: Path, postgres_url: Callable[[], str] | None, away: float = 0
) -> AsyncIterator[Restored]:
    """`away`: seconds in which no bot ran. Without `postgres_url`, the database is SQLite."""
    async with SlackSandbox().serving() as sandbox:
        weav = WeavSandbox()
        async with serve(weav) as weav_url:
            passed = time.time() - read("slack.json")["made_at"] - away
            slack_url = sandbox.workspace.base_url
            put_slack(sandbox.workspace)
            put_weav(weav, passed)
            if postgres_url is None:
                database = put_sqlite(folder, passed, slack_url)
            else:
                database = await put_postgresql(postgres_url(), passed, slack_url)
            variables = environment(sandbox, weav_url, database, "http")
            yield Restored(sandbox.workspace, weav, variables, database)
