"""Puts the parts together: the only place that opens clients and hands out settings."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import httpx
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from bot import VERSION
from bot.desk import LOOKS, Desk, Patience
from bot.health import Health
from bot.ledger import Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.settings import Settings
from bot.slack.gateway import SlackGateway
from bot.tasks import Tasks
from bot.weav.client import WeavClient, weav_http
from handlers import register
from handlers.doorbell import Doorbell, HttpDoor, SocketDoor

log = get_logger("weav_slack.app")

SLACK_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=3)
# Slack closes idle connections later than this; each new one costs a command a TLS handshake.
SLACK_KEEPALIVE = 60.0
SLACK_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds."""

    lease: float = 15.0  # until the rows of a dead process are taken over
    # Of the 20 s that SIGTERM gives: for answers that are due, then for the work that goes on.
    answers: float = 3.0
    drain: float = 14.0
    looks: tuple[float, ...] = LOOKS


@dataclass(frozen=True, slots=True)
class Bot:
    """`socket` is there in Socket Mode only; `asgi` serves health, and in HTTP mode Slack."""

    asgi: Starlette
    desk: Desk
    health: Health
    socket: SocketDoor | None


@asynccontextmanager
async def assembled(settings: Settings, pace: Pace) -> AsyncIterator[Bot]:
    """Open everything, and at the end finish what runs and close it in the opposite order.

    Raise LedgerUnavailable or LedgerTooNew: there is no bot without a ledger.
    """
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(_slack_session())
        ledger = await stack.enter_async_context(
            Ledger.open(settings.database_url, lease=pace.lease)
        )
        weav = WeavClient(await stack.enter_async_context(_weav_http(settings)))
        client = slack_client(settings, session)
        tasks = Tasks()
        desk = Desk(
            ledger=ledger,
            weav=weav,
            slack=SlackGateway(client, session),
            tasks=tasks,
            patience=Patience(settings.weav_retry_for, pace.lease, pace.looks),
            renew_every=pace.lease / 3,
            keep_days=settings.ledger_keep_days,
            link=settings.conversation_link,
        )
        app = _bolt(settings, session)
        register(app)
        bot = _with_doors(settings, app, client, ledger, desk)
        desk.start()
        try:
            yield bot
        finally:
            await desk.stop()
            if bot.socket is not None:
                await bot.socket.stop(pace.answers)
            if unfinished := await tasks.drain(pace.drain):
                log.warning("not_drained", tasks=unfinished)
            await desk.finish()


def _with_doors(
    settings: Settings, app: AsyncApp, client: AsyncWebClient, ledger: Ledger, desk: Desk
) -> Bot:
    doorbell = Doorbell(app, {"desk": desk})
    probes: dict[str, Callable[[], Awaitable[bool]]] = {"database": lambda: _writable(ledger)}
    routes: list[Route] = []
    socket = None
    if settings.slack_app_token is not None:
        socket = SocketDoor(app, settings.slack_app_token.get_secret_value(), client, doorbell)
        probes["socket"] = socket.client.is_connected
    elif settings.slack_signing_secret is not None:
        door = HttpDoor(doorbell, settings.slack_signing_secret.get_secret_value())
        routes.append(Route("/slack/events", door.answer, methods=["POST"]))
    health = Health(client, probes)
    return Bot(Starlette(routes=[*routes, *health.routes()]), desk, health, socket)


def _bolt(settings: Settings, session: aiohttp.ClientSession) -> AsyncApp:
    """Bolt without look-ups of its own: nothing is asked of Slack before `views.open`."""
    token = settings.slack_bot_token.get_secret_value()

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # One workspace, one token: Bolt's own way asks auth.test before the first listener runs.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    logger = logging.getLogger("slack_bolt")
    level = logger.level
    # It would complain that SLACK_BOT_TOKEN is in the environment and a client is given as well.
    logger.setLevel(logging.ERROR)
    app = AsyncApp(
        client=AsyncWebClient(base_url=settings.slack_api_url, session=session, retry_handlers=[]),
        authorize=authorize,
        logger=logger,
        process_before_response=True,
        request_verification_enabled=False,  # the door does it, before anything is parsed
        raise_error_for_unhandled_request=True,
    )
    logger.setLevel(level)
    return app


def slack_client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(
        settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=[],  # the gateway's business
        user_agent_suffix=f"weav-slack/{VERSION}",
    )


def _slack_session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=SLACK_CONNECTIONS, keepalive_timeout=SLACK_KEEPALIVE)
    return aiohttp.ClientSession(timeout=SLACK_TIMEOUT, connector=connector)


def _weav_http(settings: Settings) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    return weav_http(
        settings.weav_api_url,
        settings.weav_api_token.get_secret_value(),
        settings.weav_timeout,
        f"weav-slack/{VERSION}",
    )


async def _writable(ledger: Ledger) -> bool:
    try:
        await ledger.check_writable()
    except LedgerUnavailable:
        return False
    return True
