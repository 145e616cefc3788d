"""The endpoints for an operator's tools: /healthz, /readyz and /metrics."""

import asyncio
import platform
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import VERSION
from bot.ledger import Ledger, LedgerUnavailable, State
from bot.logs import get_logger
from bot.metrics import Metrics
from bot.slack.api import Done, ask
from bot.slack.client import REJECTED, Installation

log = get_logger("weav_slack.health")
# Seconds. Often enough to keep a connection warm for the next trigger, which lives for 3 s.
POLL_EVERY = 30.0
POLL_AGAIN_AFTER = 3.0
# Failed calls in a row after which Slack counts as away: 12 s if something else answers, a minute
# if nothing does (10 s each). A proxy can restart in that time, and the alert, which waits for two
# more minutes, is still early enough.
MAX_MISSED = 5


class SlackTokenRejected(Exception):
    """Slack answered and does not accept the bot token; the text is Slack's code."""


@dataclass(eq=False, repr=False)
class Health:
    """`probes` are called at each `/readyz`. Weav has none: the bot is ready without it."""

    _client: AsyncWebClient
    _installation: Installation
    _probes: Mapping[str, Callable[[], Awaitable[bool]]]
    _slack_accepts_us: bool = field(default=False, init=False)
    _missed: int = field(default=0, init=False)

    async def poll_slack(self) -> bool:
        """Call auth.test, which also warms the connection; raise `SlackTokenRejected`."""
        answer = await ask(self._client.auth_test())
        if isinstance(answer, Done):
            self._installation.learn_workspace(answer.answer)
            self._slack_accepts_us, self._missed = True, 0
            return True
        self._missed += 1
        rejected = answer.code in REJECTED
        if rejected or self._missed >= MAX_MISSED:
            self._slack_accepts_us = False
        if rejected:
            raise SlackTokenRejected(answer.code)
        log.warning("slack_not_reached", code=answer.code)
        return False

    async def keep_polling_slack(self) -> None:
        """Call Slack from time to time; raise `SlackTokenRejected` for a token that never worked.

        A token that worked before is retried, because Slack has rejected good tokens in outages.
        """
        worked = False
        while True:
            try:
                reached = await self.poll_slack()
            except SlackTokenRejected as error:
                if not worked:
                    raise
                reached = False
                log.error("slack_token_rejected", code=str(error))  # noqa: TRY400 # no bug
            worked = worked or reached
            await asyncio.sleep(POLL_EVERY if reached else POLL_AGAIN_AFTER)

    async def checks(self) -> dict[str, bool]:
        """Call the probes; Slack's state is known from the last calls of `poll_slack`."""
        answers = await asyncio.gather(*(probe() for probe in self._probes.values()))
        return {"slack": self._slack_accepts_us, **dict(zip(self._probes, answers, strict=True))}

    def routes(self) -> list[Route]:
        return [Route("/healthz", _alive), Route("/readyz", self._ready)]

    async def _ready(self, _: Request) -> Response:
        checks = await self.checks()
        return JSONResponse(checks, 200 if all(checks.values()) else 503)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok")


class MetricsPage:
    def __init__(
        self,
        metrics: Metrics,
        ledger: Ledger,
        checks: Callable[[], Awaitable[Mapping[str, bool]]],
        mode: str,
    ) -> None:
        """`checks` returns the results of /readyz by name."""
        self._metrics = metrics
        self._ledger = ledger
        self._checks = checks
        metrics.build.info({"version": VERSION, "python": platform.python_version(), "mode": mode})

    def routes(self) -> list[Route]:
        return [Route("/metrics", self._scrape)]

    async def _scrape(self, _: Request) -> Response:
        await asyncio.gather(self._read_ledger(), self._read_checks())
        text = generate_latest(self._metrics.registry)
        return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})

    async def _read_checks(self) -> None:
        for check, is_well in (await self._checks()).items():
            self._metrics.ready.labels(check).set(is_well)

    async def _read_ledger(self) -> None:
        """Read the gauges; if the database is away, keep the last values and say so."""
        try:
            backlog = await self._ledger.backlog()
            looks_oldest = await self._ledger.due.oldest()
        except LedgerUnavailable:
            self._metrics.ledger_up.set(0)
            return
        self._metrics.ledger_up.set(1)
        for state in State:
            self._metrics.ledger_rows.labels(state.value).set(backlog.counts.get(state, 0))
        self._metrics.ledger_oldest.set(backlog.oldest)
        self._metrics.looks_oldest.set(looks_oldest)
        self._metrics.queue.set(backlog.counts.get(State.QUEUED, 0))
