"""GET /metrics: the figures as text, and what only the ledger knows, read at each scrape."""

import platform

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import VERSION
from bot.figures import Figures
from bot.ledger import Ledger, LedgerUnavailable, State

# Those that something can remain to be done for.
_UNFINISHED = tuple(State)


class Metrics:
    def __init__(self, figures: Figures, ledger: Ledger, mode: str) -> None:
        self._figures = figures
        self._ledger = ledger
        figures.build.info({"version": VERSION, "python": platform.python_version(), "mode": mode})

    def routes(self) -> list[Route]:
        return [Route("/metrics", self._scrape)]

    async def _scrape(self, _: Request) -> Response:
        await self._read_ledger()
        text = generate_latest(self._figures.registry)
        return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})

    async def _read_ledger(self) -> None:
        """Leave the last numbers when the database does not answer, and say so."""
        try:
            backlog = await self._ledger.backlog()
        except LedgerUnavailable:
            self._figures.ledger_up.set(0)
            return
        self._figures.ledger_up.set(1)
        for state in _UNFINISHED:
            self._figures.ledger_rows.labels(state.value).set(backlog.counts.get(state, 0))
        self._figures.ledger_oldest.set(backlog.oldest)
        self._figures.queue.set(backlog.counts.get(State.QUEUED, 0))
