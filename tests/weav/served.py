"""A sandbox Weav on a real socket, and the bot's client for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from bot.sandbox.serving import serve
from bot.sandbox.weav import WeavSandbox
from bot.sandbox.weav.app import TOKEN
from bot.sandbox.weav.store import Resource
from bot.weav.client import WeavClient, weav_client
from bot.weav.models import NewConversation

USER_AGENT = "weav-slack/test"


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

    async def opened(self, **body: object) -> Resource:
        answer = await self.post(**{"channel": "chat", "customer_id": self.customer_id} | body)
        assert answer.status_code == 201, answer.text
        thing: Resource = answer.json()
        return thing


@asynccontextmanager
async def client_of(
    api_url: str, seconds: float = 0.3, connections: int = 256
) -> AsyncIterator[WeavClient]:
    async with weav_client(
        api_url, TOKEN, seconds, user_agent=USER_AGENT, connections=connections
    ) as client:
        yield client


@asynccontextmanager
async def served_weav(token: str = TOKEN, seconds: float = 5.0) -> AsyncIterator[ServedWeav]:
    sandbox = WeavSandbox()
    async with (
        serve(sandbox) as url,
        httpx.AsyncClient(
            base_url=f"{url}/v1",
            headers={"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT},
            timeout=seconds,
        ) as http,
        weav_client(f"{url}/v1", token, seconds, user_agent=USER_AGENT) as client,
    ):
        yield ServedWeav(sandbox, f"{url}/v1", http, client)
