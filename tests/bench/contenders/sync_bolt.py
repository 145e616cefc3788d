"""The form with Bolt as in Slack's guides: `gunicorn tests.bench.contenders.sync_bolt:api`.

https://docs.slack.dev/tools/bolt-python/concepts/adapters
"""

import os
from typing import Any

import httpx
from slack_bolt import Ack, App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

from tests.bench.contenders.plain import COMMAND, MODAL, card, form, request_of

weav = httpx.Client(headers={"Authorization": f"Bearer {os.environ['WEAV_API_TOKEN']}"}, timeout=30)
app = App(
    client=WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]),
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
)


@app.command(COMMAND)
def open_form(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=form(body["channel_id"]))


@app.view(MODAL)
def submitted(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    ack()
    request = request_of(body["view"])
    answer = weav.post(f"{os.environ['WEAV_API_URL']}/conversations", json=request)
    answer.raise_for_status()
    client.chat_postMessage(**card(body, answer.json()))


api = SlackRequestHandler(app)
