"""The form with async Bolt: one aiohttp session to Slack, one httpx client to Weav, uvicorn."""

import os
from typing import Any

import httpx
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from tests.bench.contenders.plain import COMMAND, MODAL, form, request_of
from tests.bench.contenders.serving import announce, serve, sharing

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
    await announce(slack, body, answer)


if __name__ == "__main__":
    serve(app, sharing(slack, weav))
