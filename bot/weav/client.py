"""The HTTP client for Weav's External API: it returns failures, and never retries a POST."""

import asyncio
import logging
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic_core import to_json

from bot import VERSION
from bot.weav.models import Conversation, NewConversation
from bot.weav.outcomes import (
    BODY_LIMIT,
    Answer,
    HttpAnswer,
    Outcome,
    cause_of,
    is_too_large,
    outcome_of_answer,
    outcome_of_error,
)
from bot.weav.pages import PAGE_SIZES, Listing, LookUpFailed, Row, page_of_answer

# Takes the operation, the outcome, and the seconds until the whole answer was there.
Observe: TypeAlias = Callable[[str, str, float], None]
MOST_PAGES: Final = 20
MOST_SMALL_PAGES: Final = 100
MOST_ROWS: Final = 10_000  # in case Weav's pages are larger than the bot asks for
# Shorter than the idle timeouts of common servers (5 s and more): a POST on a connection that the
# server is just closing could not be told from one that Weav received.
_KEPT_ALIVE: Final = 4.0
_LONGEST_CONNECT: Final = 5.0
_INFLATE_ANY: Final = zlib.MAX_WBITS | 32  # gzip or zlib, whichever the header says
logger = logging.getLogger(__name__)

# What metrics call an answer: by its status, else by the first digit.
_OUTCOMES: Final[Mapping[int, str]] = {
    HTTPStatus.TOO_MANY_REQUESTS: "not_sent",
    HTTPStatus.SERVICE_UNAVAILABLE: "not_sent",
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "unauthorized",
}
_OTHER_OUTCOMES: Final[Mapping[int, str]] = {2: "ok", 4: "refused"}


@asynccontextmanager
async def weav_client(
    api_url: str,
    token: str,
    seconds: float,
    observe: Observe | None = None,
    *,
    user_agent: str = f"weav-slack/{VERSION}",
    connections: int = 256,
) -> AsyncIterator["WeavClient"]:
    """Open the one client of the process; `seconds` is the timeout for a whole answer.

    Connecting may take half of that, at most 5 s, or nothing is sent. More than `connections`
    concurrent requests wait for a free connection, for the same time.
    """
    connector = aiohttp.TCPConnector(
        limit=connections, keepalive_timeout=_KEPT_ALIVE, ssl=_tls_context()
    )
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    async with AiohttpTransport(verify=_tls_context(), client=session) as transport:
        yield WeavClient(transport, api_url.rstrip("/"), token, seconds, user_agent, observe)


@dataclass(eq=False, repr=False)
class WeavClient:
    """Sends requests to Weav; failures of Weav or the network are return values.

    Requests go straight to the transport. `httpx.AsyncClient` would only handle redirects, cookies
    and proxies, which are unwanted here, and leave a reference cycle for each response.
    """

    _transport: httpx.AsyncBaseTransport
    _api_url: str
    _token: str
    _seconds: float
    _user_agent: str
    _observe: Observe | None

    def __post_init__(self) -> None:
        connect = min(self._seconds / 2, _LONGEST_CONNECT)
        self._timeout = httpx.Timeout(self._seconds, connect=connect, pool=connect).as_dict()
        self._headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": self._user_agent,
        }

    async def create_conversation(self, new: NewConversation) -> Outcome:
        """Send the POST exactly once: neither httpx nor aiohttp retries one."""
        return outcome_of_answer(await self.ask("POST", "/conversations", json=new.body()))

    async def customer_conversations(
        self, customer_id: UUID
    ) -> tuple[Conversation, ...] | LookUpFailed:
        """Read all pages, because Weav does not document their order."""
        listed = await self.all_pages(
            Listing(
                "/customers/{id}/conversations",
                "this customer's conversations",
                "Weav does not know this customer.",
                Conversation.read,
                customer_id,
            )
        )
        if isinstance(listed, LookUpFailed):
            return listed
        return tuple({conversation.id: conversation for conversation in listed}.values())

    async def all_pages(
        self, listing: Listing[Row], *, without_too_large: bool = False
    ) -> tuple[Row, ...] | LookUpFailed:
        """Read a whole list, or fail if it has more than MOST_PAGES pages or MOST_ROWS rows.

        A page over BODY_LIMIT is read again in smaller pages, MOST_SMALL_PAGES of them at most.
        `without_too_large`: skip a row that alone is over the limit, instead of failing.
        """
        found: list[Row] = []
        position, left, small_left = 0, MOST_PAGES, MOST_SMALL_PAGES
        (size, *smaller), larger = PAGE_SIZES, list[int]()
        while left and small_left and len(found) <= MOST_ROWS:
            number = position // size + 1
            where = {"per_page": size, "page": number}
            answer = await self.ask("GET", listing.path, listing.id, params=where)
            if larger:
                small_left -= 1
            else:
                left -= 1
            if is_too_large(answer) and smaller:
                larger.append(size)
                size, *smaller = smaller
                continue
            if not (is_too_large(answer) and without_too_large):
                page = await page_of_answer(listing, size, number, answer)
                if isinstance(page, LookUpFailed):
                    return page
                found.extend(page.rows)
                if page.is_last:
                    return tuple(found)
            position += size
            # Back to the larger size as soon as a page of it can begin here.
            while larger and position % larger[-1] == 0:
                size, smaller = larger.pop(), [size, *smaller]
        return LookUpFailed(f"Weav has more of {listing.what} than the bot looks through.")

    async def ask(
        self,
        method: str,
        path: str,
        id_: object = "",
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, int | str] | None = None,
    ) -> Answer:
        """Send one request and return the answer; the caller decides what it means.

        `id_` replaces `{id}` in `path`. Metrics name the operation by `path` without the ID.
        """
        request = self._request(method, path.format(id=id_), json, params)
        began, outcome = perf_counter(), "no_answer"
        try:
            answer = await self._answer(request)
            status = answer.status
            outcome = _OUTCOMES.get(status) or _OTHER_OUTCOMES.get(status // 100, "server_error")
        except Exception as error:  # noqa: BLE001
            # Also raw aiohttp errors and worse, and none may count as "not sent" by mistake.
            _log_failure(request, error)
            return outcome_of_error(error)
        else:
            return answer
        finally:
            if self._observe:
                self._observe(f"{method} {path}", outcome, perf_counter() - began)

    def _request(
        self,
        method: str,
        path: str,
        json: Mapping[str, Any] | None,
        params: Mapping[str, int | str] | None,
    ) -> httpx.Request:
        body, headers = None, self._headers
        if json is not None:
            body, headers = to_json(json), headers | {"Content-Type": "application/json"}
        return httpx.Request(
            method,
            f"{self._api_url}{path}",
            params=params,
            headers=headers,
            content=body,
            extensions={"timeout": self._timeout},
        )

    async def _answer(self, request: httpx.Request) -> HttpAnswer:
        """Send the request with one deadline for the whole answer, however slowly it comes in."""
        response = None
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._transport.handle_async_request(request)
                async with aclosing(response):
                    body = await _body(response)
        except Exception as error:
            if response is None or request.method == "GET":
                raise
            # Once a write has its status, a broken body does not change what Weav did.
            _log_failure(request, error)
            body = b""
        body = body.replace(self._token.encode(), b"(token)")
        return HttpAnswer(response.status_code, response.headers, body)


@cache
def _tls_context() -> ssl.SSLContext:
    """Load the trusted certificates once in a process: it takes 40 ms of CPU."""
    return httpx.create_ssl_context()


async def _body(response: httpx.Response) -> bytes:
    """Read at most a little more than BODY_LIMIT, before and after decompression."""
    raw = bytearray()
    async for chunk in cast("httpx.AsyncByteStream", response.stream):
        raw += chunk
        if len(raw) > BODY_LIMIT:
            break
    if response.headers.get("Content-Encoding", "identity").lower() == "identity":
        return bytes(raw)
    inflater = zlib.decompressobj(_INFLATE_ANY)
    body = inflater.decompress(raw, BODY_LIMIT + 1)
    return body if inflater.eof or len(body) > BODY_LIMIT else b""


def _log_failure(request: httpx.Request, error: Exception) -> None:
    what = type(cause_of(error)).__name__
    logger.warning("no answer from Weav to %s: %s", request.method, what)
