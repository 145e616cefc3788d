"""The Web API and the response URLs over HTTP, with injected faults."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.sandbox.serving import drop_connection
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.faults import RESPONSE_URL, SlackFault
from bot.sandbox.slack.methods.registry import call_method
from bot.sandbox.slack.records import ApiCall
from bot.sandbox.slack.response_urls import use_response_url
from bot.sandbox.slack.wire import Json, json_object
from bot.sandbox.slack.workspace import Workspace

_JSON = "application/json; charset=utf-8"


@dataclass(slots=True)
class _Call:
    request: Request
    method: str
    arguments: Json
    run: Callable[[], Response]
    at: float = field(default_factory=time.time)


class WebApi:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def call(self, request: Request) -> Response:
        """POST or GET /api/{method}, form-encoded or JSON."""
        method = request.path_params["method"]
        try:
            arguments = await _arguments(request)
        except SlackError as error:
            return _answered(error.as_json(), 200)
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        from_argument = str(arguments.pop("token", ""))
        token = bearer if scheme.lower() == "bearer" else from_argument

        def run() -> Response:
            try:
                answer = call_method(self._workspace, method, token, arguments)
            except SlackError as error:
                answer = error.as_json()
            scopes = ",".join(self._workspace.scopes)
            return _answered(answer, 200, {"x-oauth-scopes": scopes})

        return await self._with_faults(_Call(request, method, arguments, run))

    async def respond(self, request: Request) -> Response:
        """POST to a response URL."""
        arguments = json_object(await request.body())

        def run() -> Response:
            try:
                use_response_url(self._workspace, request.url.path, arguments)
            except SlackError as error:
                status = 400 if error.code.startswith(("invalid", "no_text", "msg")) else 404
                return _answered(error.as_json(), status)
            return PlainTextResponse("ok")

        return await self._with_faults(_Call(request, RESPONSE_URL, arguments or {}, run))

    async def _with_faults(self, call: _Call) -> Response:
        fault = self._workspace.faults.take(call.method, call.arguments) or SlackFault(call.method)
        await asyncio.sleep(fault.delay)
        if fault.drop == "before":
            return await self._dropped(call)
        response = _faulty(fault) if fault.answers else call.run()
        if fault.drop == "after":
            return await self._dropped(call)
        self._record(call, response.status_code, bytes(response.body))
        await asyncio.sleep(fault.late)
        return response

    async def _dropped(self, call: _Call) -> Response:
        self._record(call, 0, b"")
        await drop_connection(call.request.scope)
        return Response()

    def _record(self, call: _Call, status: int, body: bytes) -> None:
        peer = call.request.client.port if call.request.client else 0
        answer = json_object(body) or {"text": body.decode()}
        seconds = time.time() - call.at
        self._workspace.record_call(
            ApiCall(call.method, call.arguments, answer, status, call.at, seconds, peer)
        )


def _answered(answer: Json, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(answer), status, headers, media_type=_JSON)


def _faulty(fault: SlackFault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.body is not None:
        return Response(fault.body, fault.status, headers, media_type="text/html")
    code = fault.error or "internal_error"
    return _answered({"ok": False, "error": code}, fault.status, headers)


async def _arguments(request: Request) -> Json:
    """Merge query and body, as Slack does; raise SlackError if the body cannot be parsed."""
    arguments: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    body = await request.body()
    if not body:
        return arguments
    if kind == "application/json":
        sent = json_object(body)
        if sent is None:
            raise SlackError("invalid_json")
        return arguments | sent
    if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return arguments | dict(await request.form())
    raise SlackError("invalid_post_type")
