"""The bot as its own process between sandboxes, and two users: one sends, the other waits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

from bot.ledger import Ledger
from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, SlackSandbox, Workspace
from bot.sandbox.slack.endpoints import Delivery, Endpoint, encoded
from bot.sandbox.weav import WeavSandbox
from bot.slack import ids
from handlers.http import LONGEST_BODY
from tests.harness import JANE, SECRET, environment
from tests.loop_thread import opened_in_thread
from tests.process import answer_of, clean_environment, free_port
from tests.strangers.running import BUGS
from tests.strangers.samples import samples

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.harness import Mode

T = TypeVar("T")
Json = Any

# Ben asks again after the last answer, to measure the bot's work after the answer, too.
AFTERWARDS: Final = 3
PATIENCE: Final = 60.0  # seconds; the test measures how long Ben waits


@dataclass(slots=True)
class Stage:
    loop: asyncio.AbstractEventLoop
    slack: Workspace
    weav: WeavSandbox
    endpoint: Endpoint
    help: Delivery
    payloads: dict[str, Json]
    folder: Path

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the sandboxes' event loop, from a test without one."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def longest_wait(self, payload: Json) -> float:
        """Send it as Ann; return Ben's longest wait for an answer to `help` meanwhile."""
        return self.run(self._longest_wait(payload))

    async def _longest_wait(self, payload: Json) -> float:
        fresh = self._fresh(payload)
        sending = asyncio.create_task(self.endpoint.deliver(fresh))
        await asyncio.sleep(0)
        longest, left = 0.0, AFTERWARDS
        while left:
            left -= sending.done()
            reply = await self.endpoint.deliver(self.help)
            assert b"How it works" in reply.body or b"/weav-conversation" in reply.body
            longest = max(longest, reply.seconds)
        assert (await sending).status in self._statuses_for(fresh)
        return longest

    def _statuses_for(self, sent: Delivery) -> set[int]:
        if len(encoded(sent)) > LONGEST_BODY and isinstance(self.endpoint, HttpEndpoint):
            return {413, 0}  # 0: the bot closes the connection before the whole body is sent
        return {200}

    def _fresh(self, payload: Json) -> Delivery:
        """Give it an unused trigger, since the bot may open a form with it."""
        if "trigger_id" in payload:
            trigger_id = self.slack.triggers.issue("U0ANN", "C0SUPPORT")
            payload = {**payload, "trigger_id": trigger_id}
        if "event" in payload:
            return Delivery("events_api", {**payload, "event_id": f"Ev{uuid4().hex}"})
        return Delivery("slash_commands" if "command" in payload else "interactive", payload)

    def customer(self, **fields: str) -> str:
        """Create a customer in Weav whom the bot has never seen, and return their ID."""
        customer_id = str(uuid4())
        known = {**self.weav.store.customers[JANE], **fields, "id": customer_id}
        self.weav.store.customers[customer_id] = known
        return customer_id

    def conversation(self, customer_id: str, **fields: str) -> None:
        """Create an open conversation of the customer in Weav."""
        given = {"channel": "email", "customer_id": customer_id}
        self.weav.store.create_conversation(given).update(fields)

    async def belongs_to(self, company_id: str) -> None:
        """Have the customers of a company suggested in the channel."""
        async with Ledger.open(f"sqlite:///{self.folder}/ledger.db") as ledger:
            chosen = {ids.COMPANY_ID: company_id}
            await ledger.customers.save_defaults("C0SUPPORT", chosen, "U0ANN")

    def bugs(self) -> list[str]:
        lines = (self.folder / "log").read_text().splitlines()
        return [line for line in lines if any(word in line for word in BUGS)]


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Delete the conversation, so that no card waits for its slot in the channel."""
    process.kill()
    await asyncio.to_thread(process.wait)


def staged(folder: Path, mode: Mode) -> AbstractContextManager[Stage]:
    return opened_in_thread(_staged(folder, mode))


@asynccontextmanager
async def _staged(folder: Path, mode: Mode) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackSandbox().serving())
        weav = WeavSandbox()
        weav_url = await stack.enter_async_context(serve(weav))
        port = free_port()
        names = environment(slack, weav_url, f"sqlite:///{folder}/ledger.db", mode)
        names |= {"PORT": str(port), "LOG_FORMAT": "json"}
        with (folder / "log").open("wb") as written:
            process = subprocess.Popen(  # noqa: ASYNC220 - it is not waited for here
                [sys.executable, "-m", "bot", "run"],
                cwd=folder,
                env=clean_environment(names),
                stderr=written,
            )
        stack.push_async_callback(_ended, process)
        await answer_of(f"http://127.0.0.1:{port}/readyz")
        endpoint: Any = slack.workspace.socket_mode
        if mode == "http":
            address = f"http://127.0.0.1:{port}/slack/events"
            endpoint = await stack.enter_async_context(HttpEndpoint(address, SECRET))
        endpoint.timeout = slack.workspace.triggers.seconds = PATIENCE
        ben = slack.person("U0BEN", endpoint)
        payloads = samples(slack.workspace)
        delivery = ben.command_delivery("help")
        yield Stage(
            asyncio.get_running_loop(), slack.workspace, weav, endpoint, delivery, payloads, folder
        )
