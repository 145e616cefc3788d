"""Puts the parts together: the only place that opens the bot's clients and hands out settings."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import aiohttp
from prometheus_client import CollectorRegistry
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.types import ASGIApp

from bot.clients import slack_client, slack_session, weav_connection
from bot.desk import LOOKS, SPREAD, Desk, Limits, Outsiders, Patience
from bot.event_loop import STALLED, EventLoopWatch
from bot.figures import Figures
from bot.gatekeeping import diagnosis, guard
from bot.health import Health
from bot.ledger import Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.settings import Settings
from bot.slack import audience
from bot.slack.client import SlackClient
from bot.slack.gateway import SlackGateway
from bot.slack.installation import Installation
from bot.slack.lookups import Lookups
from bot.tasks import Tasks
from bot.weav.client import WeavClient
from handlers import register
from handlers.connection import PING_EVERY, Connection
from handlers.doorbell import Doorbell
from handlers.doors import HttpDoor, SocketDoor

log = get_logger("weav_slack.app")

# Less than the 2 s in which a submission is answered, so that its author learns the reason.
STATEMENT_TIMEOUT = 1.5


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds."""

    lease: float = 15.0  # until the rows of a dead process are taken over
    # Of the 20 s that SIGTERM gives: for answers that are due, then for the work that goes on.
    answers: float = 3.0
    drain: float = 14.0
    looks: tuple[float, ...] = LOOKS
    spread: float = SPREAD  # over which a queue comes back
    limits: Limits = field(default_factory=Limits)
    ping: float = PING_EVERY  # between the pings of Socket Mode
    stalled: float = STALLED  # from when on a standing event loop is in the log


@dataclass(frozen=True, slots=True)
class Bot:
    """`socket` is there in Socket Mode only; `asgi` serves health, and in HTTP mode Slack.

    `event_loop` is for a program whose loop is the bot's alone.
    """

    asgi: ASGIApp
    desk: Desk
    health: Health
    socket: SocketDoor | None
    event_loop: EventLoopWatch


@asynccontextmanager
async def assembled(settings: Settings, pace: Pace) -> AsyncIterator[Bot]:
    """Open everything, and at the end finish what runs and close it in the opposite order.

    Raise LedgerUnavailable or LedgerTooNew: there is no bot without a ledger.
    """
    async with AsyncExitStack() as stack:
        parts = await _parts(stack, settings, pace)
        app = _bolt(settings, parts.session)
        register(app)
        bot = _with_doors(parts, app, pace)
        await bot.desk.start()
        try:
            yield bot
        finally:
            await bot.desk.stop()
            if bot.socket is not None:
                await bot.socket.stop(pace.answers)
            if unfinished := await parts.tasks.drain(pace.drain):
                log.warning("not_drained", tasks=unfinished)
            await bot.desk.finish()


@dataclass(frozen=True, slots=True)
class _Parts:
    settings: Settings
    figures: Figures
    installation: Installation
    session: aiohttp.ClientSession
    client: SlackClient
    ledger: Ledger
    tasks: Tasks
    desk: Desk


async def _parts(stack: AsyncExitStack, settings: Settings, pace: Pace) -> _Parts:
    figures, installation = Figures(CollectorRegistry()), Installation()
    session = await stack.enter_async_context(slack_session())
    client = slack_client(settings, session, figures, installation)
    ledger = await stack.enter_async_context(
        Ledger.open(settings.database_url, lease=pace.lease, statement_timeout=STATEMENT_TIMEOUT)
    )
    weav = WeavClient(await stack.enter_async_context(weav_connection(settings, figures)))
    tasks = Tasks(failed=figures.failures.labels("task").inc)
    audiences = Lookups(tasks, partial(audience.audience, client), audience.KEEP, audience.PASSING)
    desk = Desk(
        ledger=ledger,
        weav=weav,
        slack=SlackGateway(client),
        outsiders=Outsiders(audiences, installation),
        tasks=tasks,
        patience=Patience(
            settings.weav_retry_for, pace.lease, pace.looks, pace.spread, settings.weav_timeout
        ),
        limits=pace.limits,
        renew_every=pace.lease / 3,
        keep_days=settings.ledger_keep_days,
        link=settings.conversation_link,
        figures=figures,
    )
    return _Parts(settings, figures, installation, session, client, ledger, tasks, desk)


def _with_doors(parts: _Parts, app: AsyncApp, pace: Pace) -> Bot:
    settings, ledger, figures = parts.settings, parts.ledger, parts.figures
    doorbell = _doorbell(parts, app)
    probes: dict[str, Callable[[], Awaitable[bool]]] = {"database": lambda: _writable(ledger)}
    socket = None
    if settings.slack_app_token is not None:
        app_token = settings.slack_app_token.get_secret_value()
        socket = SocketDoor(Connection(app_token, parts.client, pace.ping), doorbell)
        probes["socket"] = socket.client.is_connected
    health = Health(parts.client, parts.installation, probes)
    metrics = Metrics(figures, ledger, health.checks, "socket" if socket else "http")
    asgi: ASGIApp = Starlette(routes=[*health.routes(), *metrics.routes()])
    if settings.slack_signing_secret is not None and socket is None:
        asgi = HttpDoor(doorbell, settings.slack_signing_secret.get_secret_value(), asgi)
    event_loop = EventLoopWatch(figures.event_loop_lag.observe, pace.stalled)
    return Bot(asgi, parts.desk, health, socket, event_loop)


def _doorbell(parts: _Parts, app: AsyncApp) -> Doorbell:
    at_the_door = guard(
        parts.settings,
        parts.client,
        parts.installation,
        parts.desk,
        parts.tasks,
        parts.figures,
    )
    context = {
        "desk": parts.desk,
        "figures": parts.figures,
        "diagnosis": diagnosis(parts.settings, parts.desk),
    }
    return Doorbell(app, context, at_the_door, parts.desk.speaker, parts.figures)


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
        name="weav-slack",  # or Bolt reads the sources of the whole stack for one
        client=AsyncWebClient(base_url=settings.slack_api_url, session=session, retry_handlers=[]),
        authorize=authorize,
        logger=logger,
        process_before_response=True,
        request_verification_enabled=False,  # the door does it, before anything is parsed
        # This app has neither events nor functions.
        ignoring_self_events_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        raise_error_for_unhandled_request=True,
    )
    logger.setLevel(level)
    return app


async def _writable(ledger: Ledger) -> bool:
    try:
        await ledger.check_writable()
    except LedgerUnavailable:
        return False
    return True
