"""Serves the contenders in async Python."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Lifespan

from tests.bench.contenders.plain import card


def sharing(slack: AsyncWebClient, weav: httpx.AsyncClient) -> Lifespan[Starlette]:
    """One session to Slack and one client to Weav for the lifetime of the server."""

    @asynccontextmanager
    async def shared(_app: Starlette) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session, weav:
            slack.session = session
            yield

    return shared


async def announce(slack: AsyncWebClient, body: dict[str, Any], answer: httpx.Response) -> None:
    answer.raise_for_status()
    await slack.chat_postMessage(**card(body, answer.json()))


def serve(app: AsyncApp, lifespan: Lifespan[Starlette] | None = None) -> None:
    """Serve it on the port in the command line, with uvloop and httptools."""
    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    asgi = Starlette(routes=[Route("/slack/events", events, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(asgi, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="warning")
