"""The form with async Bolt: one aiohttp session to Slack, one httpx client to Weav, uvicorn."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.contenders.plain import COMMAND, MODAL, card, form, request_of

slack = AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
weav = httpx.AsyncClient(
    headers={"Authorization": f"Bearer {os.environ['WEAV_API_TOKEN']}"}, timeout=30
)
app = AsyncApp(client=slack, signing_secret=os.environ["SLACK_SIGNING_SECRET"])


@app.command(COMMAND)
async def open_form(ack: AsyncAck, body: dict[str, Any]) -> None:
    await ack()
    await slack.views_open(trigger_id=body["trigger_id"], view=form(body["channel_id"]))


@app.view(MODAL)
async def submitted(ack: AsyncAck, body: dict[str, Any]) -> None:
    await ack()
    request = request_of(body["view"])
    answer = await weav.post(f"{os.environ['WEAV_API_URL']}/conversations", json=request)
    answer.raise_for_status()
    await slack.chat_postMessage(**card(body, answer.json()))


@asynccontextmanager
async def sharing(_app: Starlette) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as session, weav:
        slack.session = session
        yield


async def events(request: Request) -> Response:
    return await AsyncSlackRequestHandler(app).handle(request)


if __name__ == "__main__":
    asgi = Starlette(routes=[Route("/slack/events", events, methods=["POST"])], lifespan=sharing)
    uvicorn.run(asgi, port=int(sys.argv[1]), log_level="warning")
