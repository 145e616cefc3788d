"""Rejects requests from other web pages.

The servers listen on loopback, but any web page can make a browser send requests there: from its
own origin, or under its own host name (DNS rebinding; the Host header shows it).
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NAMES = ("127.0.0.1", "localhost")
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Guard:
    """Answers 403 to a foreign Host or Origin; adds strict security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        if scope["type"] == "lifespan" or _is_local(scope):
            await self._app(scope, receive, send_guarded)
        else:
            refusal = PlainTextResponse("This is a sandbox for this machine only.", 403)
            await refusal(scope, receive, send_guarded)


def _is_local(scope: Scope) -> bool:
    headers, port = Headers(scope=scope), scope["server"][1]
    hosts = {f"{name}:{port}" for name in _NAMES}
    origin = headers.get("origin")
    return headers.get("host", "").lower() in hosts and (
        origin is None or origin.removeprefix("http://") in hosts
    )
