"""The form with an off-the-shelf durable job queue: PgQueuer on PostgreSQL.

It commits the job before it answers Slack, and runs it at least once in the same process. A row of
its own says that the POST may have been sent: if a job runs again after a crash, it tells the
author and does not repeat the POST.

With 200 in flight, Procrastinate did 118 submissions/s for 8.1 ms of CPU each, PgQueuer 418 for 2.2
ms: Procrastinate takes jobs one by one, and needs a second job for the card.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from slack_bolt.context.ack.async_ack import AsyncAck
from starlette.applications import Starlette

from tests.bench.contenders.fastest import app, serve_frozen, slack, weav
from tests.bench.contenders.plain import MODAL, card, request_of
from tests.bench.contenders.serving import sharing

SCHEMA = "CREATE TABLE IF NOT EXISTS sent (view_id text PRIMARY KEY, card text)"
SENDING = "INSERT INTO sent (view_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1"
OPENED = "UPDATE sent SET card = $2 WHERE view_id = $1"
CARD = "SELECT card FROM sent WHERE view_id = $1"
# Jobs that are taken at once.
BATCH = 100


class Jobs:
    """Clients that are opened on the event loop that serves."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    queries: Queries


jobs = Jobs()


@app.view(MODAL)
async def submitted(ack: AsyncAck, body: dict[str, Any]) -> None:
    kept = {"user": body["user"], "view": body["view"]}
    await jobs.queries.enqueue("open", json.dumps(kept).encode())
    await ack()


async def open_conversation(job: Job) -> None:
    body = json.loads(job.payload or b"{}")
    request, view_id = request_of(body["view"]), body["view"]["id"]
    if await jobs.pool.fetchval(SENDING, view_id):
        answer = await weav.post("/conversations", json=request)
        answer.raise_for_status()
        drawn = card(body, answer.json())
        await jobs.pool.execute(OPENED, view_id, json.dumps(drawn))
    elif kept := await jobs.pool.fetchval(CARD, view_id):
        drawn = json.loads(kept)
    else:
        text = f"Please look in Weav whether this was opened: {request}"
        drawn = {"channel": body["user"]["id"], "text": text}
    await slack.chat_postMessage(**drawn)


@asynccontextmanager
async def working(asgi: Starlette) -> AsyncIterator[None]:
    async with (
        sharing(slack, weav)(asgi),
        asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=20, max_size=20) as jobs.pool,
    ):
        runner = PgQueuer.from_asyncpg_pool(jobs.pool)
        jobs.queries = Queries(runner.connection)
        if not await jobs.queries.has_table(jobs.queries.qbe.settings.queue_table):
            await jobs.queries.install()
        await jobs.pool.execute(SCHEMA)
        runner.entrypoint("open")(open_conversation)
        at_work = asyncio.create_task(
            runner.run(dequeue_timeout=timedelta(seconds=1), batch_size=BATCH)
        )
        yield
        at_work.cancel()
        with suppress(asyncio.CancelledError):
            await at_work


if __name__ == "__main__":
    serve_frozen(working)
