"""Weav's answers, timed by what they were: the transport of the one HTTP client, wrapped."""

from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from time import perf_counter
from typing import Final, TypeAlias

import httpx

# Operation, outcome, seconds until the whole answer.
Observe: TypeAlias = Callable[[str, str, float], None]

# Whatever else stands in a path is an id; Weav's may look like anything.
_WORDS: Final = frozenset({"", "agents", "companies", "conversations", "customers", "messages"})


class TimedTransport(httpx.AsyncBaseTransport):
    """`base_path` is the path of WEAV_API_URL, which is no part of an operation's name."""

    def __init__(self, inner: httpx.AsyncBaseTransport, observe: Observe, base_path: str) -> None:
        self._inner = inner
        self._observe = observe
        self._base_path = base_path.rstrip("/")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        operation = operation_of(request.method, request.url.path.removeprefix(self._base_path))
        began = perf_counter()
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:  # a deadline cancels
            self._observe(operation, "no_answer", perf_counter() - began)
            raise
        outcome = outcome_of_status(response.status_code)

        def ended() -> None:
            self._observe(operation, outcome, perf_counter() - began)

        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - httpx's own rule
        response.stream = _TimedStream(response.stream, ended)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _TimedStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, ended: Callable[[], None]) -> None:
        self._inner = inner
        self._ended = ended

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            yield chunk

    async def aclose(self) -> None:
        self._ended()
        await self._inner.aclose()


def operation_of(method: str, path: str) -> str:
    """Name a request without the ids in it."""
    parts = (part if part in _WORDS else "{id}" for part in path.split("/"))
    return f"{method} {'/'.join(parts)}"


def outcome_of_status(status: int) -> str:
    match status:
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            return "not_sent"
        case _ if status < HTTPStatus.MULTIPLE_CHOICES:
            return "ok"
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return "unauthorized"
        case _ if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return "refused"
        case _:
            return "server_error"
