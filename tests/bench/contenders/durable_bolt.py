"""The least that is durable: the form with the bot's own packages and one ledger in SQLite.

It commits a row before the POST to Weav, after Weav's answer, and when the card is posted. It
answers Slack after the second commit, or before Slack's time is over. At start, it posts the cards
of opened conversations. It tells the author of a row without Weav's answer, since the POST may have
arrived. It has no validation, access rules, log, metrics or retries, and it never looks in Weav.

Each write has a commit of its own, as in a first version. COMMITS=shared shows how much cheaper
shared commits are when many submissions arrive.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from starlette.applications import Starlette

from tests.bench.contenders.disk import Disk, SharedCommits
from tests.bench.contenders.fastest import app, serve_frozen, slack, spawn, weav
from tests.bench.contenders.plain import MODAL, card, request_of
from tests.bench.contenders.serving import sharing

# Seconds, of the three that Slack waits.
ANSWER_WITHIN = 2.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS submissions (
  view_id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  slack_user_id TEXT NOT NULL,
  request TEXT NOT NULL,
  card TEXT
) WITHOUT ROWID
"""
SENDING = "INSERT OR IGNORE INTO submissions VALUES (?, 'sending', ?, ?, NULL) RETURNING 1"
OPENED = "UPDATE submissions SET state = 'opened', card = ? WHERE view_id = ?"
ANNOUNCED = "UPDATE submissions SET state = 'announced' WHERE view_id = ?"
UNCERTAIN = "UPDATE submissions SET state = 'uncertain' WHERE view_id = ?"
CARDS_TO_POST = "SELECT view_id, card FROM submissions WHERE state = 'opened'"
UNANSWERED = "SELECT view_id, slack_user_id, request FROM submissions WHERE state = 'sending'"

disk = (SharedCommits if os.environ.get("COMMITS") == "shared" else Disk)(SCHEMA)


@app.view(MODAL)
async def submitted(ack: AsyncAck, body: dict[str, Any]) -> None:
    request, view_id = request_of(body["view"]), body["view"]["id"]
    if await disk.execute(SENDING, view_id, body["user"]["id"], json.dumps(request)):
        opened = asyncio.Event()
        spawn(open_conversation(body, request, opened))
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await opened.wait()
        except TimeoutError:
            pass
    await ack()


async def open_conversation(
    body: dict[str, Any], request: dict[str, str], opened: asyncio.Event
) -> None:
    answer = await weav.post("/conversations", json=request)
    answer.raise_for_status()
    drawn, view_id = card(body, answer.json()), body["view"]["id"]
    await disk.execute(OPENED, json.dumps(drawn), view_id)
    opened.set()
    await post(view_id, drawn)


async def post(view_id: str, drawn: dict[str, Any]) -> None:
    await slack.chat_postMessage(**drawn)
    await disk.execute(ANNOUNCED, view_id)


async def recover() -> None:
    for view_id, drawn in await disk.execute(CARDS_TO_POST):
        await post(view_id, json.loads(drawn))
    for view_id, slack_user_id, request in await disk.execute(UNANSWERED):
        text = f"Please look in Weav whether this was opened: {request}"
        await slack.chat_postMessage(channel=slack_user_id, text=text)
        await disk.execute(UNCERTAIN, view_id)


@asynccontextmanager
async def recovering(asgi: Starlette) -> AsyncIterator[None]:
    async with sharing(slack, weav)(asgi):
        await recover()
        yield


if __name__ == "__main__":
    serve_frozen(recovering)
