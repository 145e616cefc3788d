"""The composition root: the only module that opens clients and reads settings to pass them on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.types import ASGIApp

from bot.access import audience, members
from bot.access.audience import ChannelAudiences
from bot.access.rules import Access, AccessCheck
from bot.card.lock import CardLocks
from bot.card.post import CardPoster
from bot.card.render import CardDrawer
from bot.card.service import CardService
from bot.directory import Directory, Names, learner
from bot.event_loop import STALLED, EventLoopWatch
from bot.follow.card import CardFollower
from bot.follow.inbox import Inbox
from bot.follow.pace import FollowPace
from bot.follow.refresh import Refresher
from bot.follow.replies import ReplyFollower
from bot.follow.worker import FollowWorker
from bot.form.defaults import READ_EVERY
from bot.form.service import FormService
from bot.health import Health, MetricsPage
from bot.home.diagnosis import Diagnosis
from bot.home.service import REDRAW_ALL_EVERY, REDRAW_EVERY, HomeService
from bot.ledger import Ledger, LedgerUnavailable, Look
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.retry import LOOKS, SPREAD, Backoff, RetryTimes
from bot.settings import Settings
from bot.slack.api import SlackApi
from bot.slack.blocks import Message
from bot.slack.cache import LookupCache
from bot.slack.client import Installation, SlackClient, slack_session
from bot.slack.notifier import Notifier
from bot.submissions.announcer import Announcer, CustomerUses
from bot.submissions.create import ConversationCreator
from bot.submissions.failures import FailureHandler
from bot.submissions.scheduler import Round, Scheduler
from bot.submissions.service import SubmissionService
from bot.submissions.unconfirmed_choices import UnconfirmedChoices
from bot.submissions.worker import Deliverer, Leases, Limits, Worker
from bot.tasks import Tasks
from bot.weav.client import WeavClient, weav_client
from handlers import register
from handlers.dispatch import Dispatcher, bolt
from handlers.http import HttpTransport
from handlers.webhooks import WebhookEndpoint

if TYPE_CHECKING:
    from handlers.socket_mode import SocketModeTransport

log = get_logger("weav_slack.app")

# Seconds. Less than the 2 s for the answer to a submission, so that its author learns the reason.
STATEMENT_TIMEOUT = 1.5
# The number of looks for a change of a card whose answer was lost. The next click waits for them.
CARD_LOOKS = 2
MINUTE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds."""

    lease: float = 10.0  # until the rows of a dead process are taken over
    delivery: float = 15.0  # until a card or a reply that Slack did not take is retried
    # Of the 20 s after SIGTERM: first to send pending answers, then to finish background work.
    answers: float = 3.0
    drain: float = 14.0
    looks: tuple[float, ...] = LOOKS
    spread: float = SPREAD  # over which queued rows are sent once Weav is back
    limits: Limits = field(default_factory=Limits)
    ping: float = 5.0  # between the pings of Socket Mode
    follow: FollowPace = field(default_factory=FollowPace)
    stalled: float = STALLED  # an event loop that stalls for so long is logged


@dataclass(frozen=True, slots=True)
class Follower:
    """Keeps cards up to date: `inbox` by Weav's webhooks, `refresher` by polling without them."""

    worker: FollowWorker
    inbox: Inbox | None
    refresher: Refresher | None
    pace: Pace

    def rounds(self) -> list[Round]:
        if not (self.inbox or self.refresher):
            return []
        rounds: list[Round] = [(self.worker.sweep, self.pace.follow.sweep_every)]
        if self.refresher:
            rounds.append((self.refresher.mark, self.refresher.round_every))
            rounds.append((self.worker.refresh, self.pace.follow.refresh_every))
        return rounds


@dataclass(frozen=True, slots=True)
class Services:
    """What the handlers call, and the background work."""

    forms: FormService
    submissions: SubmissionService
    cards: CardService
    home: HomeService
    diagnosis: Diagnosis | None
    notifier: Notifier
    scheduler: Scheduler
    follower: Follower

    async def start(self) -> None:
        """Start the background loops in the running event loop."""
        await self.forms.defaults.read()
        self.scheduler.start(
            (self.forms.defaults.read, READ_EVERY),
            (self.home.redraw_changed, REDRAW_EVERY),
            (self.home.redraw_all, REDRAW_ALL_EVERY),
            *self.follower.rounds(),
            renew_others=(self.follower.worker.renew, self.follower.pace.lease / 3),
        )


@dataclass(frozen=True, slots=True)
class Bot:
    """`socket` is set in Socket Mode only; `asgi` serves all HTTP routes.

    Use `event_loop` only if nothing else runs on the loop.
    """

    asgi: ASGIApp
    services: Services
    health: Health
    socket: "SocketModeTransport | None"
    event_loop: EventLoopWatch


@asynccontextmanager
async def assembled(settings: Settings, pace: Pace) -> AsyncIterator[Bot]:
    """Open everything and start; at the end, finish running work and close in reverse order.

    Raise LedgerUnavailable or LedgerTooNew: the bot cannot run without its ledger.
    """
    metrics = Metrics(CollectorRegistry())
    tasks = Tasks(failed=metrics.failures.labels("task").inc)
    async with (
        slack_session() as session,
        Ledger.open(
            settings.database_url,
            lease=pace.lease,
            statement_timeout=STATEMENT_TIMEOUT,
        ) as ledger,
        weav_client(
            settings.weav_api_url,
            settings.weav_api_token.get_secret_value(),
            settings.weav_timeout,
            metrics.note_weav_request,
        ) as weav,
    ):
        bot = _Assembly(settings, pace, session, ledger, weav, tasks, metrics).bot()
        await bot.services.start()
        try:
            yield bot
        finally:
            await bot.services.scheduler.stop()
            if bot.socket is not None:
                await bot.socket.stop(pace.answers)
            if unfinished := await tasks.drain(pace.drain):
                log.warning("not_drained", tasks=unfinished)
            await bot.services.scheduler.finish()
            await bot.services.follower.worker.release()


@dataclass(eq=False, repr=False)
class _Assembly:
    """Builds the bot from open connections."""

    settings: Settings
    pace: Pace
    session: aiohttp.ClientSession
    ledger: Ledger
    weav: WeavClient
    tasks: Tasks
    metrics: Metrics

    def __post_init__(self) -> None:
        settings = self.settings
        self.installation = Installation()
        self.token = settings.slack_bot_token.get_secret_value()
        self.client = SlackClient(
            self.token, settings.slack_api_url, self.session, self.metrics, self.installation
        )
        people = LookupCache(self.tasks, partial(members.fetch, self.client), members.KEEP_MEMBERS)
        self.access_check = AccessCheck(_access(settings), self.installation, people)

    def bot(self) -> Bot:
        services = self.services()
        dispatcher = self.dispatcher(services)
        probes: dict[str, Callable[[], Awaitable[bool]]] = {"database": self._is_writable}
        socket = self.socket(dispatcher)
        if socket:
            probes["socket"] = socket.client.is_connected
        health = Health(self.client, self.installation, probes)
        mode = "socket" if socket else "http"
        page = MetricsPage(self.metrics, self.ledger, health.checks, mode)
        routes = [*health.routes(), *page.routes()]
        webhook_secret = self.settings.weav_webhook_secret
        if webhook_secret and services.follower.inbox:
            self.metrics.webhooks_enabled.set(1)
            secret = webhook_secret.get_secret_value()
            routes += WebhookEndpoint(services.follower.inbox, secret, self.metrics).routes()
        asgi: ASGIApp = Starlette(routes=routes)
        if self.settings.slack_signing_secret and not socket:
            secret = self.settings.slack_signing_secret.get_secret_value()
            asgi = HttpTransport(dispatcher, secret, asgi)
        event_loop = EventLoopWatch(self.metrics.event_loop_lag.observe, self.pace.stalled)
        return Bot(asgi, services, health, socket, event_loop)

    def services(self) -> Services:
        settings, pace, tasks = self.settings, self.pace, self.tasks
        ledger, weav, slack = self.ledger, self.weav, SlackApi(self.client)
        # From a conversation's id to its URL in Weav; empty without WEAV_CONVERSATION_URL.
        link = partial((settings.weav_conversation_url or "").replace, "{id}")
        retry_times = RetryTimes(
            settings.weav_retry_for,
            pace.looks,
            pace.spread,
            settings.weav_timeout,
        )
        audiences = LookupCache(
            tasks, partial(audience.fetch, self.client), audience.KEEP_AUDIENCE, audience.UNCACHED
        )
        channel_audiences = ChannelAudiences(audiences, self.installation)
        notifier = Notifier(slack, tasks)
        directory = Directory(weav, tasks)
        forms = FormService(ledger, weav, directory, slack, channel_audiences, tasks, link)
        diagnosis = _diagnosis(settings)
        home = HomeService(
            ledger,
            slack,
            self.access_check,
            settings.slack_admins,
            diagnosis,
            link,
            notifier,
            tasks,
        )

        follows = settings.weav_webhook_secret or settings.weav_refresh_every
        leases = Leases(ledger, pace.lease / 3)
        due, replies = (ledger.due, pace.follow.replies) if follows else (None, None)
        drawer = CardDrawer(Names(ledger.customers, directory), channel_audiences, link)
        locks = CardLocks(ledger.cards, leases.renew_every, due=due, tasks=tasks)
        looks = pace.looks[:CARD_LOOKS]
        cards = CardService(ledger, weav, slack, drawer, locks, notifier, looks, replies)
        follower = self.follower(slack, drawer, locks, forms.defaults.replies)

        uses = CustomerUses(ledger.customers, learner(ledger.customers, directory, tasks))
        # Weav may have sent a webhook before the ledger had the conversation's id.
        schedule_look = partial(ledger.due.mark, look=Look.CARD, delay=pace.follow.card)
        poster = CardPoster(slack, drawer)
        announcer = Announcer(
            ledger,
            slack,
            poster,
            home.publish,
            uses,
            Backoff(shortest=pace.delivery),
            self.metrics,
            schedule_look if follower.inbox else None,
        )
        creator = ConversationCreator(ledger, weav, retry_times, tasks)
        failures = FailureHandler(ledger, slack, tasks)
        deliverer = Deliverer(ledger, announcer, failures, leases, tasks, pace.limits)
        worker = Worker(ledger, creator, poster, announcer, deliverer, failures, leases, tasks)
        choices = UnconfirmedChoices(ledger, worker, announcer, leases)
        return Services(
            forms,
            SubmissionService(ledger, worker, choices, announcer, leases, notifier, tasks),
            cards,
            home,
            diagnosis,
            notifier,
            Scheduler(ledger, worker, leases, tasks, settings.ledger_keep_days, pace.limits),
            follower,
        )

    def follower(
        self, slack: SlackApi, drawer: CardDrawer, locks: CardLocks, mode_of: Callable[[str], str]
    ) -> Follower:
        ledger, weav, pace = self.ledger, self.weav, self.pace.follow
        cards = CardFollower(ledger, weav, slack, drawer, locks, pace)
        replies = ReplyFollower(ledger, weav, slack, drawer, locks, mode_of, pace)
        looks = {Look.CARD: cards.look, Look.REFRESH: cards.look, Look.REPLIES: replies.look}
        worker = FollowWorker(ledger, looks, pace, self.tasks, self.metrics)
        inbox = Inbox(ledger.due, pace) if self.settings.weav_webhook_secret else None
        every = self.settings.weav_refresh_every * MINUTE
        return Follower(worker, inbox, Refresher(ledger.due, every) if every else None, self.pace)

    def dispatcher(self, services: Services) -> Dispatcher:
        app = bolt(self.token, self.settings.slack_api_url, self.session)
        register(app)
        context = {
            "forms": services.forms,
            "submissions": services.submissions,
            "cards": services.cards,
            "home": services.home,
            "notifier": services.notifier,
            "metrics": self.metrics,
            "diagnosis": services.diagnosis,
        }
        return Dispatcher(
            app,
            context,
            self.access_check,
            self.settings.slack_admins,
            services.forms.open_forms,
            services.home,
            services.notifier,
            self.metrics,
        )

    def socket(self, dispatcher: Dispatcher) -> "SocketModeTransport | None":
        if self.settings.slack_app_token is None:
            return None
        # This import takes 15 ms at start, and HTTP mode does not need it.
        from handlers.socket_mode import (  # noqa: PLC0415
            SocketModeConnection,
            SocketModeTransport,
        )

        token = self.settings.slack_app_token.get_secret_value()
        connection = SocketModeConnection(token, self.client, self.pace.ping)
        return SocketModeTransport(connection, dispatcher)

    async def _is_writable(self) -> bool:
        try:
            await self.ledger.check_writable()
        except LedgerUnavailable:
            return False
        return True


def _diagnosis(settings: Settings) -> Diagnosis | None:
    """None if nobody may ask for it: importing the checks takes 30 ms at start."""
    if not settings.slack_admins:
        return None
    from bot.check.checks import examine  # noqa: PLC0415
    from bot.check.report import as_message  # noqa: PLC0415

    async def run_checks() -> Message:
        return as_message(await examine(settings, Path.cwd()))

    return Diagnosis(settings.slack_admins, run_checks)


def _access(settings: Settings) -> Access:
    return Access(
        channels=settings.slack_allowed_channels,
        users=settings.slack_allowed_users,
        denied=settings.slack_denied_users,
        teams=settings.slack_allowed_teams,
        guests=settings.slack_allow_guests,
        external=settings.slack_allow_external,
    )
