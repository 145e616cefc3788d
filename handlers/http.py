"""The request URL: read what Slack posts within limits, verify the signature, decode."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_sdk.signature import SignatureVerifier
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from bot.slack.payloads import MalformedPayload
from handlers.dispatch import Dispatcher

# A slash command has a dozen fields.
_MOST_FIELDS: Final = 100
EVENTS = "/slack/events"
LONGEST_BODY = 1 << 20
UPLOAD_WITHIN = 10.0
CLIENT_GONE: Final = "gone"  # a client that hung up


def decode_body(body: bytes) -> Any:  # noqa: ANN401 - JSON, for `read_payload`
    """Decode what Slack posts to the request URL; raise `MalformedPayload`.

    Events are JSON, everything else is form-encoded. Bolt's own decoding loses a slash command with
    the word "payload" in its text.
    """
    if body.startswith(b"{"):  # in form encoding it would be %7B
        try:
            return from_json(body)
        except ValueError as error:
            raise MalformedPayload("neither a form nor JSON") from error
    if body.count(b"&") >= _MOST_FIELDS:
        raise MalformedPayload("more fields than Slack sends")
    try:
        # The same result as urllib.parse.parse_qsl, which takes 0.4 ms for a submitted form.
        fields = dict(URL.build(query_string=body.decode(), encoded=True).query)
        return from_json(fields["payload"]) if "payload" in fields else fields
    except ValueError as error:
        raise MalformedPayload("not a form, or its payload is not JSON") from error


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why a request was not read to its end, and the response to it."""

    reason: str
    response: Response


class HttpTransport:
    """POST /slack/events; 401 for what Slack did not sign in the last five minutes.

    https://docs.slack.dev/authentication/verifying-requests-from-slack. It wraps all other routes,
    so that Slack does not wait for Starlette's routing and middleware.
    """

    def __init__(self, dispatcher: Dispatcher, signing_secret: str, other_routes: ASGIApp) -> None:
        self._dispatcher = dispatcher
        self._verifier = SignatureVerifier(signing_secret)
        self._other_routes = other_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # `root_path` is where another program has mounted the bot: bot/embedded.py.
        if (
            scope["type"] != "http"
            or scope["path"].removeprefix(scope.get("root_path", "")) != EVENTS
        ):
            await self._other_routes(scope, receive, send)
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return PlainTextResponse("Slack posts", 405, {"allow": "POST"})
        body = await read_body(request)
        if isinstance(body, NotRead):
            if body.reason != CLIENT_GONE:
                self._dispatcher.count_refused(body.reason)
            return body.response
        if not self._signed(body, request.headers):
            self._dispatcher.count_refused("signature")
            return PlainTextResponse("not signed by Slack", 401)
        try:
            answer = await self._dispatcher.answer(decode_body(body))
        except MalformedPayload as error:
            self._dispatcher.count_refused(error.reason, str(error))
            return PlainTextResponse("malformed", 400)
        response = to_starlette_response(answer.response)
        if answer.answered and not await _is_disconnected(request):
            response.background = BackgroundTask(_set_event, answer.answered)
        return response

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return self._verifier.is_valid_request(body, headers)
        except (ValueError, TypeError):  # a timestamp that is no number, a signature not in ASCII
            return False


async def read_body(request: Request) -> bytes | NotRead:
    """Read a body within `LONGEST_BODY` and `UPLOAD_WITHIN`; stop reading a larger one."""
    # uvicorn has checked that the header is a number.
    if int(request.headers.get("content-length", 0)) > LONGEST_BODY:
        return _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(UPLOAD_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LONGEST_BODY:
                    return _too_large()
    except ClientDisconnect:
        return NotRead(CLIENT_GONE, Response(status_code=400))
    except TimeoutError:
        return NotRead("too_slow", PlainTextResponse("too slow", 408, {"connection": "close"}))
    return bytes(body)


def _too_large() -> NotRead:
    return NotRead("too_large", PlainTextResponse("too large", 413, {"connection": "close"}))


async def _is_disconnected(request: Request) -> bool:
    """Ask without waiting; uvicorn reports no error when it answers a closed connection.

    `Request.is_disconnected` does the same with AnyIO: slower, and imported at its first use.
    """
    try:
        async with asyncio.timeout(0):
            return bool((await request.receive())["type"] == "http.disconnect")
    except TimeoutError:
        return False


async def _set_event(event: asyncio.Event) -> None:
    event.set()
