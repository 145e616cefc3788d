"""Where Slack rings: what it signed is handed to Bolt, from either door alike."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.desk import Admission, Speaker
from bot.figures import Figures, begin_ring
from bot.logs import get_logger, new_reference
from handlers.guard import Guard
from handlers.visits import Visit, kind_of, read_visit

log = get_logger("weav_slack.doorbell")


class Doorbell:
    """`context` goes to every listener by name, with what is known of the payload.

    `answered` is set when Slack has the answer to a submission. `admission`: what the guard says of
    whoever opened a form, who is not waited for. `rung_at`: when Slack asked, before the guard
    looked, on the event loop's clock. `acknowledged`: Slack has its answer, nothing can be said in
    it any more.
    """

    def __init__(
        self,
        app: AsyncApp,
        context: Mapping[str, object],
        guard: Guard,
        speaker: Speaker,
        figures: Figures,
    ) -> None:
        self._app = app
        self._context = context
        self._guard = guard
        self._speaker = speaker
        self._figures = figures

    async def ring(self, payload: dict[str, Any], answered: asyncio.Event) -> BoltResponse:
        """Answer one payload; all that is logged on the way has one reference."""
        began, rung_at = begin_ring(), asyncio.get_running_loop().time()
        with new_reference():
            visit = read_visit(payload)
            response = await self._guard.refusal(visit)
            if response is None:
                response = await self._answer(payload, visit, answered, rung_at)
        self._figures.rung(kind_of(payload), began)
        return response

    def refuse(self, reason: str, why: str = "") -> None:
        """Note what was not even looked at; `reason` is one of a few words."""
        log.warning("request_refused", reason=why or reason)
        self._figures.refusals.labels(reason).inc()

    async def _answer(
        self,
        payload: dict[str, Any],
        visit: Visit | None,
        answered: asyncio.Event,
        rung_at: float,
    ) -> BoltResponse:
        opening = visit if visit is not None and visit.opens_modal else None
        context = {
            "answered": answered,
            "admission": Admission(
                partial(self._guard.knows, visit), partial(self._guard.lets_in, visit)
            ),
            "rung_at": rung_at,
            "acknowledged": opening is not None,
        }
        dispatching = self._dispatch(payload, context)
        if opening is None:
            return await dispatching
        # Who opens a form says nothing in Slack's answer, which would wait for all of it.
        self._speaker.spawn(dispatching, "dispatch", opening.slack_user_id, opening.response_url)
        return BoltResponse(status=200, body="")

    async def _dispatch(
        self, payload: dict[str, Any], context: Mapping[str, object]
    ) -> BoltResponse:
        # "socket_mode" tells Bolt that the payload is read and verified: true of both ways here.
        request = AsyncBoltRequest(
            mode="socket_mode", body=payload, context={**self._context, **context}
        )
        return await self._app.async_dispatch(request)
