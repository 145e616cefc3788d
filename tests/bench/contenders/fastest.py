"""What the two floors share: the bot's own packages at their fastest."""

import asyncio
import gc
import os
from collections.abc import Coroutine
from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.types import Lifespan

from tests.bench.contenders.plain import COMMAND, form
from tests.bench.contenders.serving import serve

TOKEN = os.environ["SLACK_BOT_TOKEN"]
slack = AsyncWebClient(TOKEN, base_url=os.environ["SLACK_API_URL"])
weav = httpx.AsyncClient(
    base_url=os.environ["WEAV_API_URL"],
    headers={"Authorization": f"Bearer {os.environ['WEAV_API_TOKEN']}"},
    timeout=30,
    transport=AiohttpTransport(limits=httpx.Limits(max_connections=256)),
    trust_env=False,
)
working: set[asyncio.Task[Any]] = set()


async def authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=TOKEN)


app = AsyncApp(
    name="floor",
    client=slack,
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    authorize=authorize,
    process_before_response=True,
    ignoring_self_events_enabled=False,
    url_verification_enabled=False,
    ssl_check_enabled=False,
    attaching_function_token_enabled=False,
)


def spawn(work: Coroutine[Any, Any, Any]) -> None:
    """Run it in the background, so Slack is answered first."""
    task = asyncio.create_task(work)
    working.add(task)
    task.add_done_callback(working.discard)


@app.command(COMMAND)
async def open_form(ack: AsyncAck, body: dict[str, Any]) -> None:
    await ack()
    spawn(slack.views_open(trigger_id=body["trigger_id"], view=form(body["channel_id"])))


def serve_frozen(lifespan: Lifespan[Starlette]) -> None:
    gc.freeze()  # like the bot's server, which would import the bot
    gc.set_threshold(10_000)
    serve(app, lifespan)
