"""Weav's endpoints from `openapi.yaml`, on top of the store."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from bot.sandbox.weav.rules import cleaned
from bot.sandbox.weav.store import Invalid, Resource, Store

Abilities = Callable[[str], Iterable[str] | None]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Listing:
    """The format of lists, where the documentation is silent.

    `bare`: `links` and `meta` are empty, as in its samples. `newest_first`: the order, to catch
    clients that rely on one.
    """

    bare: bool = False
    newest_first: bool = False


class AsciiJson(JSONResponse):
    """Escapes non-ASCII characters, as PHP's json_encode does, so lone surrogates are possible."""

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode()


class Endpoints:
    def __init__(self, store: Store, listing: Listing) -> None:
        self.store = store
        self.listing = listing

    async def create_conversation(self, request: Request) -> Response:
        return AsciiJson(self.store.create_conversation(await _body(request)), 201)

    async def update_conversation(self, request: Request) -> Response:
        conversation = _find(self.store.conversations, request)
        return AsciiJson(self.store.update_conversation(conversation, await _body(request)))

    async def get_conversation(self, request: Request) -> Response:
        return AsciiJson(_find(self.store.conversations, request))

    async def list_messages(self, request: Request) -> Response:
        conversation = _find(self.store.conversations, request)
        return self._page(request, self.store.messages.get(conversation["id"], ()))

    async def create_customer(self, request: Request) -> Response:
        return AsciiJson(self.store.create_customer(await _body(request)), 201)

    async def get_customer(self, request: Request) -> Response:
        return AsciiJson(_find(self.store.customers, request))

    async def list_customer_conversations(self, request: Request) -> Response:
        customer = _find(self.store.customers, request)
        return self._page(request, _where(self.store.conversations, "customer_id", customer["id"]))

    async def list_company_customers(self, request: Request) -> Response:
        company_id = request.path_params["id"].lower()
        return self._page(request, _where(self.store.customers, "company_id", company_id))

    async def list_agents(self, request: Request) -> Response:
        return self._page(request, self.store.agents.values())

    async def create_agent(self, request: Request) -> Response:
        return AsciiJson(self.store.create_agent(await _body(request)), 201)

    def _page(self, request: Request, resources: Iterable[Resource]) -> Response:
        size = _number(request, "per_page", 15, 100)
        page = _number(request, "page", 1, 10**9)
        rows = list(resources)[:: -1 if self.listing.newest_first else 1]
        shown = rows[(page - 1) * size : page * size]
        if self.listing.bare:
            return AsciiJson({"data": shown, "links": {}, "meta": {}})
        last = max(ceil(len(rows) / size), 1)

        def link(number: int) -> str | None:
            url = request.url.include_query_params(page=number, per_page=size)
            return str(url) if 1 <= number <= last else None

        numbers = {"first": 1, "last": last, "prev": page - 1, "next": page + 1}
        links = {name: link(number) for name, number in numbers.items()}
        meta = {"current_page": page, "last_page": last, "per_page": size, "total": len(rows)}
        return AsciiJson({"data": shown, "links": links, "meta": meta})


def weav_api(endpoints: Endpoints, abilities: Abilities) -> Starlette:
    """`abilities` returns the abilities of a token, or None for an unknown one."""
    routes = [
        ("POST", "/conversations", endpoints.create_conversation),
        ("GET", "/conversations/{id}", endpoints.get_conversation),
        ("PUT", "/conversations/{id}", endpoints.update_conversation),
        ("GET", "/conversations/{id}/messages", endpoints.list_messages),
        ("POST", "/customers", endpoints.create_customer),
        ("GET", "/customers/{id}", endpoints.get_customer),
        ("GET", "/customers/{id}/conversations", endpoints.list_customer_conversations),
        ("GET", "/companies/{id}/customers", endpoints.list_company_customers),
        ("GET", "/agents", endpoints.list_agents),
        ("POST", "/agents", endpoints.create_agent),
    ]
    return Starlette(
        routes=[Mount("/v1", routes=[_route(*each, abilities) for each in routes])],
        exception_handlers={HTTPException: _refuse, Invalid: _refuse_invalid},
    )


def _route(method: str, path: str, endpoint: Endpoint, abilities: Abilities) -> Route:
    needed = f"external-api:{'read' if method == 'GET' else 'write'}"

    async def guarded(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        granted = abilities(token) if scheme.lower() == "bearer" else None
        if granted is None:
            raise HTTPException(401, "Unauthenticated.")
        if needed not in granted:
            raise HTTPException(403, "Invalid ability provided.")
        return await endpoint(request)

    return Route(path, guarded, methods=[method])


async def _body(request: Request) -> Resource:
    try:
        return cleaned(await request.json())
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}


def _find(resources: Mapping[str, Resource], request: Request) -> Resource:
    resource = resources.get(request.path_params["id"].lower())
    if resource is None:
        raise HTTPException(404, "Not found.")
    return resource


def _where(resources: Mapping[str, Resource], field: str, value: str) -> list[Resource]:
    return [resource for resource in resources.values() if resource[field] == value]


def _number(request: Request, name: str, default: int, highest: int) -> int:
    text = request.query_params.get(name, str(default))
    if text.isascii() and text.isdigit() and 1 <= int(text) <= highest:
        return int(text)
    label = name.replace("_", " ")
    raise Invalid({name: [f"The {label} field must be between 1 and {highest}."]})


async def _refuse(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return AsciiJson({"message": getattr(error, "detail", "Server Error")}, status)


async def _refuse_invalid(_: Request, error: Exception) -> Response:
    problems: Mapping[str, Any] = getattr(error, "problems", {})
    reasons = [reason for field in problems.values() for reason in field]
    more = len(reasons) - 1
    message = reasons[0]
    if more:
        message += f" (and {more} more error{'s' if more > 1 else ''})"
    return AsciiJson({"message": message, "errors": problems}, 422)
