"""The real transports in front of a dispatcher with a broken part."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.members import KEEP_MEMBERS, Member, Standing
from bot.access.rules import Access, AccessCheck
from bot.app import Pace
from bot.metrics import Metrics
from bot.sandbox.serving import serve
from bot.sandbox.slack import HttpEndpoint, Person
from bot.slack import ids
from bot.slack.cache import LookupCache
from bot.slack.client import Installation
from bot.slack.notifier import Notifier
from bot.tasks import Tasks
from handlers.dispatch import Dispatcher
from handlers.http import HttpTransport
from handlers.socket_mode import SocketModeConnection, SocketModeTransport
from tests.harness import SECRET, Harness, Mode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from slack_bolt.context.ack.async_ack import AsyncAck

    from bot.sandbox.slack.endpoints import Endpoint
    from bot.slack.blocks import Message

# In every exception raised here; it must not reach a user or the log.
CANARY = "canary-in-a-mistake"


class BrokenIds(frozenset[str]):
    def __contains__(self, _: object) -> bool:
        raise ValueError(CANARY)


class BrokenMetrics(Metrics):
    def note_answer(self, kind: str, began: float) -> None:
        raise ValueError(CANARY, kind, began)


class BrokenNotifier(Notifier):
    def __init__(self) -> None:
        pass

    def tell(self, message: Message, slack_user_id: str, response_url: str = "") -> None:
        raise ValueError(CANARY, message, slack_user_id, response_url)


class BrokenApp(AsyncApp):
    async def async_dispatch(self, req: Any) -> Any:  # noqa: ANN401 - Bolt's own
        raise ValueError(CANARY, req)


class UnreadableIds(frozenset[str]):
    def __iter__(self) -> Iterator[str]:
        raise ValueError(CANARY)


async def as_unknown(_: str) -> Member | None:
    return None


async def as_guest(_: str) -> Member | None:
    return Member(Standing.GUEST)


@dataclass
class Parts:
    """A dispatcher's parts: the real ones, unless a test breaks them; guests may use the bot."""

    harness: Harness
    access: Access = field(default_factory=lambda: Access(guests=True))
    metrics: Metrics = field(default_factory=lambda: Metrics(CollectorRegistry()))
    app: AsyncApp = field(default_factory=lambda: make_app(AsyncApp))
    notifier: Notifier | None = None
    people: Callable[[str], Awaitable[Member | None]] = as_unknown
    installation: Installation = field(default_factory=Installation)
    admins: frozenset[str] = frozenset()

    def dispatcher(self) -> Dispatcher:
        services = self.harness.bot.services
        notifier, open_forms = self.notifier or services.notifier, services.forms.open_forms
        people = LookupCache(Tasks(), self.people, KEEP_MEMBERS)
        check = AccessCheck(self.access, self.installation, people)
        return Dispatcher(
            self.app, {}, check, self.admins, open_forms, services.home, notifier, self.metrics
        )

    @property
    def failures(self) -> float:
        labels = {"where": "handler"}
        return self.metrics.registry.get_sample_value("weav_slack_failures_total", labels) or 0.0


def make_app(kind: type[AsyncApp]) -> AsyncApp:
    """Make a Bolt app that calls Slack for nothing, and answers errors with 500."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-1")  # noqa: S106

    app = kind(
        authorize=authorize, process_before_response=True, request_verification_enabled=False
    )
    app.command(ids.COMMAND)(acknowledge)
    return app


async def acknowledge(ack: AsyncAck) -> None:
    await ack()


@asynccontextmanager
async def person_behind(parts: Parts, mode: Mode) -> AsyncIterator[Person]:
    """Give Ann, whose payloads reach these parts through a real transport."""
    async with _endpoint(parts, mode) as endpoint:
        yield Person(parts.harness.slack, "U0ANN", endpoint)


@asynccontextmanager
async def _endpoint(parts: Parts, mode: Mode) -> AsyncIterator[Endpoint]:
    slack, dispatcher = parts.harness.slack, parts.dispatcher()
    if mode == "http":
        transport = HttpTransport(dispatcher, SECRET, parts.harness.bot.asgi)
        async with serve(transport) as url, HttpEndpoint(f"{url}/slack/events", SECRET) as endpoint:
            yield endpoint
        return
    client = AsyncWebClient(slack.bot_token, base_url=f"{slack.base_url}/api/")
    socket = SocketModeTransport(
        SocketModeConnection(slack.app_token, client, Pace().ping), dispatcher
    )
    connecting = asyncio.create_task(socket.keep_connecting())
    await slack.socket_mode.connected()
    try:
        yield slack.socket_mode
    finally:
        await socket.stop(1)
        connecting.cancel()
        await asyncio.wait({connecting})
