"""The sandbox Slack as an ASGI app, and a context manager that serves it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Self

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from bot.sandbox.serving import serve
from bot.sandbox.slack.endpoints import Endpoint
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.workspace import Workspace


class SlackSandbox:
    """Whoever serves `asgi` without `serving` has to set `workspace.base_url`."""

    def __init__(self, workspace: Workspace | None = None) -> None:
        self.workspace = workspace or Workspace()
        api = WebApi(self.workspace)
        secret = "{team}/{number}/{secret}"  # noqa: S105 - a path; each URL gets its own secret
        self.asgi = Starlette(
            routes=[
                Route("/api/{method}", api.call, methods=["GET", "POST"]),
                *(
                    Route(f"/{kind}/{secret}", api.respond, methods=["POST"])
                    for kind in ("commands", "actions", "app")
                ),
                WebSocketRoute("/socket", self.workspace.socket_mode.endpoint),
            ]
        )

    @property
    def api_url(self) -> str:
        """The value for SLACK_API_URL."""
        return f"{self.workspace.base_url}/api/"

    @contextlib.asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        async with serve(self.asgi, port) as url:
            self.workspace.base_url = url
            yield self

    def person(self, slack_user_id: str, endpoint: Endpoint) -> Person:
        return Person(self.workspace, slack_user_id, endpoint)
