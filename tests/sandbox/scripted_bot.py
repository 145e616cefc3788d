import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
SECRET = "secret"  # noqa: S105 - of this test


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def field(name: str, element: Json, **more: object) -> Json:
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name),
        "element": {**element, "action_id": name},
        **more,
    }


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def form(**more: object) -> Json:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Form"),
        "submit": plain("Open"),
        "private_metadata": "kept",
        "blocks": [
            field("channel", {"type": "static_select", "options": [option("email")]}),
            field("subject", {"type": "plain_text_input", "max_length": 5}, optional=True),
            field("assignee", {"type": "external_select", "min_query_length": 2}, optional=True),
            field(
                "post_to",
                {
                    "type": "conversations_select",
                    "default_to_current_conversation": True,
                    "response_url_enabled": True,
                },
            ),
        ],
        **more,
    }


class ScriptedBot:
    """Opens a form for every command and shortcut; `answer` decides the other answers."""

    answer: Callable[[Json], object]

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self.payloads: list[Json] = []
        self.event_headers: list[dict[str, str]] = []
        self.view = form()
        self.answer = lambda _: None
        self.asgi = Starlette(routes=[Route("/slack/events", self.receive, methods=["POST"])])

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        if not SignatureVerifier(SECRET).is_valid_request(body, dict(request.headers)):
            return Response(status_code=401)
        if request.headers["content-type"] == "application/json":
            self.event_headers.append(dict(request.headers))
            answer = await self.handle(json.loads(body))
        else:
            fields = dict(parse_qsl(body.decode(), strict_parsing=True))
            answer = await self.handle(self.read(fields))
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    @staticmethod
    def read(fields: Json) -> Json:
        return json.loads(fields["payload"]) if "payload" in fields else fields

    async def handle(self, payload: Json) -> object:
        self.payloads.append(payload)
        opens = payload.get("type", "command") in {"command", "shortcut", "message_action"}
        if opens and payload.get("text") != "answer":
            await self.client.views_open(trigger_id=payload["trigger_id"], view=self.view)
        answer = None if opens and payload.get("text") != "answer" else self.answer(payload)
        return Response() if answer is None else answer
