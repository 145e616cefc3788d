"""Serves the page: its files, its event stream, and the endpoints for what people do."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.sandbox.page.actions import Action
from bot.sandbox.page.in_weav import WeavAction, perform_in_weav
from bot.sandbox.page.people import perform
from bot.sandbox.page.seen import app_json, is_visible, slack_json, weav_json
from bot.sandbox.page.switches import SwitchBoard, Switches
from bot.sandbox.slack import Endpoint, Person, Workspace
from bot.sandbox.slack.feed import Subscription
from bot.sandbox.slack.wire import Json
from bot.sandbox.weav import WeavSandbox
from bot.sandbox.weav.store import Invalid

_STATIC = Path(__file__).with_name("static")
# After this long without an event, send a comment: only a write reveals that the client has gone.
_QUIET_SECONDS = 15.0
_ACTION: TypeAdapter[Action] = TypeAdapter(Action)
_WEAV_ACTION: TypeAdapter[WeavAction] = TypeAdapter(WeavAction)


@dataclass(frozen=True, slots=True)
class SandboxPage:
    """`manifest` is the app's manifest: its commands, shortcuts and home tab."""

    workspace: Workspace
    weav: WeavSandbox
    board: SwitchBoard
    endpoint: Endpoint
    manifest: Mapping[str, Any]

    def asgi(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", _index),
                Mount("/static", StaticFiles(directory=_STATIC)),
                Route("/api/events", self._events),
                Route("/api/switches", self._switch, methods=["POST"]),
                Route("/api/as/{slack_user_id}", self._perform, methods=["POST"]),
                Route("/api/weav", self._perform_in_weav, methods=["POST"]),
            ]
        )

    def end(self) -> None:
        """End all event streams, before their server stops."""
        self.workspace.feed.publish("end", {})

    async def _events(self, request: Request) -> Response:
        """GET ?as=USER: a snapshot, then every change."""
        slack_user_id = request.query_params.get("as", "")
        if not self._is_person(slack_user_id):
            return _problem(f"There is nobody called {slack_user_id!r}.", 404)
        headers = {"x-accel-buffering": "no"}
        stream = self._stream(slack_user_id)
        return StreamingResponse(stream, headers=headers, media_type="text/event-stream")

    async def _stream(self, slack_user_id: str) -> AsyncIterator[str]:
        changes = self.workspace.events()
        yield _line("snapshot", self._snapshot(slack_user_id))
        while line := await self._next(changes, slack_user_id):
            yield line

    async def _next(self, changes: Subscription, slack_user_id: str) -> str:
        """Return the next line; empty after `end`, because a stream that is cut logs an error."""
        try:
            async with asyncio.timeout(_QUIET_SECONDS):
                async for event in changes:
                    if event.kind == "end":
                        return ""
                    if is_visible(self.workspace, slack_user_id, event):
                        return _line(event.kind, event.data)
        except TimeoutError:
            pass
        return ": still here\n\n"

    def _snapshot(self, slack_user_id: str) -> Json:
        return {
            "me": slack_user_id,
            "app": app_json(self.manifest),
            "slack": slack_json(self.workspace, slack_user_id),
            "weav": weav_json(self.weav),
            "switches": self.board.switches.model_dump(),
        }

    async def _switch(self, request: Request) -> Response:
        try:
            switches = Switches.model_validate_json(await request.body())
        except ValidationError as error:
            return _problem(str(error), 422)
        try:
            await self.board.apply(switches)
        except OSError as error:
            return _problem(f"Weav cannot start again: its port was taken ({error.strerror}).", 409)
        return JSONResponse({})

    async def _perform(self, request: Request) -> Response:
        slack_user_id = request.path_params["slack_user_id"]
        if not self._is_person(slack_user_id):
            return _problem(f"There is nobody called {slack_user_id!r}.", 404)
        try:
            action = _ACTION.validate_json(await request.body())
        except ValidationError as error:
            return _problem(str(error), 422)
        person = Person(self.workspace, slack_user_id, self.endpoint)
        try:
            return JSONResponse(await perform(person, action))
        except LookupError as error:
            return _problem(f"That no longer exists: {error}", 409)

    async def _perform_in_weav(self, request: Request) -> Response:
        try:
            perform_in_weav(self.weav.store, _WEAV_ACTION.validate_json(await request.body()))
        except ValidationError as error:
            return _problem(str(error), 422)
        except Invalid as error:
            reasons = [reason for each in error.problems.values() for reason in each]
            return _problem(" ".join(reasons), 422)
        except KeyError:
            return _problem("That conversation no longer exists.", 409)
        return JSONResponse({})

    def _is_person(self, slack_user_id: str) -> bool:
        user = self.workspace.users.get(slack_user_id)
        return user is not None and not user.is_bot


async def _index(_: Request) -> Response:
    return FileResponse(_STATIC / "index.html")


def _line(kind: str, data: Any) -> str:  # noqa: ANN401 - JSON
    return f"data: {json.dumps({'kind': kind, 'data': data})}\n\n"


def _problem(sentence: str, status: int) -> Response:
    return JSONResponse({"problem": sentence}, status)
