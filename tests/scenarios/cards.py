"""Posts cards on every route, and lets people click on them."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import asyncpg

from bot.app import Pace, assembled
from bot.sandbox.serving import serve
from bot.sandbox.slack import RESPONSE_URL, HttpEndpoint, Person, SlackFault, SlackMessage
from bot.sandbox.weav import Exchange
from bot.sandbox.weav.store import Resource
from bot.slack import ids
from tests.harness import JANE, QUICK, SECRET, Harness, settings_of, text_on

Route = Literal["channel", "thread", "response_url", "direct"]

ANN_IN_WEAV: Final = "5e1a0000-0000-4000-8000-000000000001"
BEN_IN_WEAV: Final = "5e1a0000-0000-4000-8000-000000000002"
READ: Final[dict[str, Any]] = {"method": "GET", "path": "/conversations/*"}
WRITE: Final[dict[str, Any]] = {"method": "PUT", "path": "/conversations/*"}


async def post_card(harness: Harness, route: Route = "channel", **values: str) -> SlackMessage:
    """Let Ann open a conversation whose card takes this route."""
    values = {"subject": "Export hangs", **values}
    match route:
        case "channel":
            await harness.fill_in(harness.ann, "", **values)
        case "thread":
            message_ts = harness.ann.say("The export hangs since Monday.", "C0SUPPORT")
            await harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
            await harness.slack.until(lambda slack: slack.top_view("U0ANN"))
            await harness.ann.type_in({"channel": "email", "customer_id": JANE, **values})
        case "response_url":
            values["post_to"] = "G0BILLING"
            await harness.fill_in(harness.ann, "", **values)
        case "direct":
            values["post_to"] = "G0BILLING"
            harness.slack.faults.add(SlackFault(RESPONSE_URL, status=404, times=None))
            await harness.fill_in(harness.ann, "", **values)
    await harness.ann.submit()
    if route == "direct":
        card = await harness.direct_message()
        harness.slack.faults.clear()
        return card
    return await harness.card(values.get("post_to", "C0SUPPORT"))


def clicker(harness: Harness, route: Route) -> Person:
    """Return Ben, or the author where nobody else sees the card."""
    return harness.ann if route == "direct" else harness.ben


async def until_card_says(
    harness: Harness, card: SlackMessage, *texts: str, within: float = 10
) -> None:
    """Wait until the edited card contains all these texts."""
    await harness.slack.until(
        lambda _: card.edited and all(text in text_on(card) for text in texts), within
    )


def private_notes(harness: Harness) -> list[SlackMessage]:
    """Messages that only one user sees, in the channel; answers to commands are left out."""
    return [note for note in harness.slack.from_bot() if note.only_for and note.via != "answer"]


async def private_text(harness: Harness, slack_user_id: str = "U0BEN", within: float = 10) -> str:
    """Wait for a private message in the channel, and return its text."""
    message = await harness.slack.until(
        lambda _: next((m for m in private_notes(harness) if m.only_for == slack_user_id), None),
        within,
    )
    return text_on(message)


def only_conversation(harness: Harness) -> Resource:
    [conversation] = harness.weav.conversations
    return conversation


def put_requests(harness: Harness) -> list[Exchange]:
    return [request for request in harness.weav.requests if request.method == "PUT"]


async def execute(harness: Harness, sql: str) -> None:
    """Run a statement in the ledger's database over a separate connection."""
    if harness.database.startswith("sqlite"):
        path = harness.database.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as program:
            program.execute(sql)
        return
    connection = await asyncpg.connect(harness.database)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def tell_weav_id(person: Person, weav_user_id: str) -> None:
    answer = await person.command(f"me {weav_user_id}")
    assert weav_user_id in str(answer.body)


@asynccontextmanager
async def another_bot(
    harness: Harness, slack_user_id: str = "U0BEN", pace: Pace = QUICK
) -> AsyncIterator[Person]:
    """Start a second bot on the same database; the person that it yields uses that bot."""
    async with (
        assembled(settings_of(harness.variables), pace) as bot,
        serve(bot.asgi) as url,
        HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint,
    ):
        await bot.health.poll_slack()  # as at a real start
        yield Person(harness.slack, slack_user_id, endpoint)
