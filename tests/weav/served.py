"""A sandbox Weav on a real socket, and the bot's client of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from bot.sandbox.serving import serve
from bot.sandbox.weav import WeavSandbox
from bot.sandbox.weav.app import TOKEN
from bot.sandbox.weav.store import Thing
from bot.weav.client import WeavClient, weav_http
from bot.weav.models import NewConversation


@dataclass
class ServedWeav:
    sandbox: WeavSandbox
    api_url: str
    http: httpx.AsyncClient
    client: WeavClient

    @property
    def customer_id(self) -> str:
        return str(next(iter(self.sandbox.store.customers)))

    def new(self, **chosen: str) -> NewConversation:
        return NewConversation.model_validate(
            {"channel": "chat", "customer_id": self.customer_id} | chosen
        )

    async def post(self, **body: object) -> httpx.Response:
        return await self.http.post("/conversations", json=body)

    async def opened(self, **body: object) -> Thing:
        answer = await self.post(**{"channel": "chat", "customer_id": self.customer_id} | body)
        assert answer.status_code == 201, answer.text
        thing: Thing = answer.json()
        return thing


@asynccontextmanager
async def client_of(
    api_url: str, seconds: float = 0.3, connections: int = 256
) -> AsyncIterator[WeavClient]:
    user_agent = "weav-slack/test"
    async with weav_http(api_url, TOKEN, seconds, user_agent, connections=connections) as http:
        yield WeavClient(http)


@asynccontextmanager
async def served_weav(token: str = TOKEN, seconds: float = 5.0) -> AsyncIterator[ServedWeav]:
    sandbox = WeavSandbox()
    async with (
        serve(sandbox) as url,
        weav_http(f"{url}/v1", token, seconds, "weav-slack/test") as http,
    ):
        yield ServedWeav(sandbox, f"{url}/v1", http, WeavClient(http))
