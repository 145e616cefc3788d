"""GET /metrics: the figures as text, and what is looked at for each scrape.

That is the ledger, and what /readyz says; neither asks Slack or Weav anything.
"""

import asyncio
import platform
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import VERSION
from bot.figures import Figures
from bot.ledger import Ledger, LedgerUnavailable, State


class Metrics:
    def __init__(
        self,
        figures: Figures,
        ledger: Ledger,
        checks: Callable[[], Awaitable[Mapping[str, bool]]],
        mode: str,
    ) -> None:
        """`checks` are those of /readyz, by name."""
        self._figures = figures
        self._ledger = ledger
        self._checks = checks
        figures.build.info({"version": VERSION, "python": platform.python_version(), "mode": mode})

    def routes(self) -> list[Route]:
        return [Route("/metrics", self._scrape)]

    async def _scrape(self, _: Request) -> Response:
        await asyncio.gather(self._read_ledger(), self._read_checks())
        text = generate_latest(self._figures.registry)
        return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})

    async def _read_checks(self) -> None:
        for check, is_well in (await self._checks()).items():
            self._figures.ready.labels(check).set(is_well)

    async def _read_ledger(self) -> None:
        """Leave the last numbers when the database does not answer, and say so."""
        try:
            backlog = await self._ledger.backlog()
        except LedgerUnavailable:
            self._figures.ledger_up.set(0)
            return
        self._figures.ledger_up.set(1)
        for state in State:
            self._figures.ledger_rows.labels(state.value).set(backlog.counts.get(state, 0))
        self._figures.ledger_oldest.set(backlog.oldest)
        self._figures.queue.set(backlog.counts.get(State.QUEUED, 0))
