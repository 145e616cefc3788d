"""The bot's command as a bare listener in Bolt's default mode; the argument is a port."""

import os
import sys

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def authorize() -> AuthorizeResult:
    """As the bot's: without asking Slack, which would only make this one slower."""
    return AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-1")  # noqa: S106


async def acknowledge(ack: AsyncAck) -> None:
    await ack()


def serve(port: int) -> None:
    app = AsyncApp(signing_secret=os.environ["SLACK_SIGNING_SECRET"], authorize=authorize)
    app.command("/weav-conversation")(acknowledge)
    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    asgi = Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
    uvicorn.run(asgi, port=port, loop="uvloop", http="httptools", log_level="warning")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
