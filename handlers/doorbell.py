"""Where Slack rings: what it signed is handed to Bolt, from either door alike."""

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.desk import Admission, Speaker
from bot.figures import Figures, begin_ring
from bot.logs import get_logger, new_reference, reference
from handlers.errors import answer_mistake
from handlers.guard import Guard
from handlers.payloads import Malformed, check_shape, is_ssl_check
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

    async def ring(self, payload: Any, answered: asyncio.Event) -> BoltResponse:  # noqa: ANN401 - JSON
        """Answer one payload; all that is logged on the way has one reference.

        Whatever breaks here is told like a listener's mistake. Raise `Malformed` for what cannot
        be answered.
        """
        began, rung_at = begin_ring(), asyncio.get_running_loop().time()
        with new_reference():
            try:
                response = await self._answer(payload, answered, rung_at)
            except Malformed:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the person learns of it
                response = self._mistaken(payload, error)
            self._note_time(payload, began)
        return response

    def refuse(self, reason: str, why: str = "") -> None:
        """Note what was not even looked at; `reason` is one of a few words."""
        log.warning("request_refused", reason=why or reason)
        self._figures.refusals.labels(reason).inc()

    async def _answer(self, sent: object, answered: asyncio.Event, rung_at: float) -> BoltResponse:
        payload = check_shape(sent)
        if is_ssl_check(payload):
            return BoltResponse(status=200, body="")
        visit = read_visit(payload)
        refusal = await self._guard.refusal(visit)
        if refusal is not None:
            return refusal
        return await self._let_in(payload, visit, answered, rung_at)

    async def _let_in(
        self, payload: dict[str, Any], visit: Visit, answered: asyncio.Event, rung_at: float
    ) -> BoltResponse:
        context = {
            "answered": answered,
            "admission": Admission(
                partial(self._guard.knows, visit), partial(self._guard.lets_in, visit)
            ),
            "rung_at": rung_at,
            "acknowledged": visit.opens_modal,
        }
        dispatching = self._dispatch(payload, context)
        if not visit.opens_modal:
            return await dispatching
        # Who opens a form says nothing in Slack's answer, which would wait for all of it.
        self._speaker.spawn(dispatching, "dispatch", visit.slack_user_id, visit.response_url)
        return BoltResponse(status=200, body="")

    async def _dispatch(
        self, payload: dict[str, Any], context: Mapping[str, object]
    ) -> BoltResponse:
        # "socket_mode" tells Bolt that the payload is read and verified: true of both ways here.
        request = AsyncBoltRequest(
            mode="socket_mode", body=payload, context={**self._context, **context}
        )
        response = await self._app.async_dispatch(request)
        if response.status != HTTPStatus.OK:
            raise RuntimeError(f"Bolt answered with the status {response.status}")
        return response

    def _mistaken(self, payload: Mapping[str, Any], error: Exception) -> BoltResponse:
        """Slack gets its 200 even if nothing can be told."""
        try:
            return answer_mistake(error, payload, self._speaker, self._figures)
        except Exception:
            log.exception("not_told", reference=reference())
            return BoltResponse(status=200, body="")

    def _note_time(self, payload: Mapping[str, Any], began: float) -> None:
        """What was answered stands, whatever is wrong with the figures."""
        try:
            self._figures.rung(kind_of(payload), began)
        except Exception:
            log.exception("failed", reference=reference())
            with contextlib.suppress(Exception):
                self._figures.failures.labels("handler").inc()
