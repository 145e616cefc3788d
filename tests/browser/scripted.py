"""A scripted bot, for tests of the sandbox's page without the real bot."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import yaml
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.manifest import manifest

Json = dict[str, Any]


def manifest_with(*, home_tab: bool) -> str:
    document = yaml.safe_load(manifest())
    document["features"]["app_home"]["home_tab_enabled"] = home_tab
    events = {"bot_events": ["app_home_opened"]} if home_tab else {}
    document["settings"]["event_subscriptions"] = events
    text: str = yaml.safe_dump(document)
    return text


def row(text: str, block_id: str) -> Json:
    words = {"type": "plain_text", "text": text}
    look = {"type": "plain_text", "text": f"Look: {text}"}
    button = {"type": "button", "action_id": "look", "text": look, "value": text}
    return {"type": "section", "block_id": block_id, "text": words, "accessory": button}


class ScriptedApp:
    """Publishes `blocks`, if any, when somebody opens the home tab or clicks in it."""

    def __init__(self) -> None:
        self.blocks: list[Json] = []
        self.payloads: list[Json] = []
        self.has_answered = asyncio.Event()
        self.webhooks: list[tuple[str, str]] = []
        self.webhook_status = 200

    @asynccontextmanager
    async def running(self, variables: Mapping[str, str]) -> AsyncIterator[ASGIApp]:
        client = AsyncWebClient(variables["SLACK_BOT_TOKEN"], variables["SLACK_API_URL"])

        async def events(request: Request) -> Response:
            body = await request.body()
            is_event = request.headers["content-type"] == "application/json"
            payload = json.loads(body if is_event else parse_qs(body.decode())["payload"][0])
            self.payloads.append(payload)
            user_id = payload["event"]["user"] if is_event else payload["user"]["id"]
            if self.blocks:
                view = {"type": "home", "blocks": self.blocks}
                await client.views_publish(user_id=user_id, view=view)
            self.has_answered.set()
            return Response()

        async def webhooks(request: Request) -> Response:
            headers = request.headers
            self.webhooks.append((headers["x-weav-event"], headers["x-weav-signature"]))
            return Response(status_code=self.webhook_status)

        yield Starlette(
            routes=[
                Route("/slack/events", events, methods=["POST"]),
                Route("/weav/webhooks", webhooks, methods=["POST"]),
            ]
        )
