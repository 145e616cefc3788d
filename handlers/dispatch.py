"""One payload in, one answer out: its reference, the access check, then Bolt."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.access.members import UNTOLD, USERS_READ, Member, Standing
from bot.access.refusals import (
    post_to_message,
    refusal_message,
    refusal_offer,
    refusal_text,
    refusal_under_field,
)
from bot.access.rules import Access, Denial, Requester, barred
from bot.form.service import Admission
from bot.logs import get_logger, new_reference, reference
from bot.metrics import Metrics, start_timer
from bot.slack.cache import LookupCache
from bot.slack.installation import Installation
from bot.slack.notify import Notifier
from bot.slack.options import options
from bot.slack.payloads import MalformedPayload, check_shape, is_ssl_check
from handlers.errors import answer_mistake
from handlers.requester import Visit, kind_of, read_visit

log = get_logger("weav_slack.dispatch")
# Seconds of Slack's 3 that a submission, an action or an option request may wait for users.info.
LOOK_UP_WITHIN: Final = 0.5
# A form is never waited for; what Slack says of the person later is told later.
TELL_WITHIN: Final = 8.0


class AccessCheck:
    def __init__(
        self,
        access: Access,
        installation: Installation,
        people: LookupCache[Member],
        notifier: Notifier,
        metrics: Metrics,
    ) -> None:
        self._access = access
        self._installation = installation
        self._people = people
        self._notifier = notifier
        self._metrics = metrics
        for reason in Denial:  # a counter begins at 0: see `Metrics`
            metrics.refusals.labels(reason.value)

    async def refusal(self, visit: Visit) -> BoltResponse | None:
        """Answer whoever is not let in; None: come in."""
        why = await self._why_not(visit)
        return None if why is None else self._turned_away(visit, why)

    async def lets_in(self, visit: Visit) -> bool:
        """Judge again whoever opened a form, now that there is time to ask Slack who they are."""
        return await self._why_not(replace(visit, shows_nothing=False)) is None

    def knows(self, visit: Visit) -> bool:
        """Whether what is known already lets in whoever opens a form: then it may name others."""
        visitor, unasked = self._unasked(visit)
        if not self._is_worth_asking(visitor, unasked):
            return unasked is None
        member = self._people.known(visit.slack_user_id)
        return member is not None and barred(self._access, self._visitor(visit, member)) is None

    async def _why_not(self, visit: Visit) -> Denial | None:
        visitor, unasked = self._unasked(visit)
        if not self._is_worth_asking(visitor, unasked):
            return unasked
        if visit.shows_nothing and unasked is None:
            return self._without_waiting(visit)
        member = await self._people.find(visit.slack_user_id, LOOK_UP_WITHIN)
        if member is None:
            return Denial.NOT_KNOWN
        return barred(self._access, self._visitor(visit, member))

    def _unasked(self, visit: Visit) -> tuple[Requester, Denial | None]:
        """Judge by the payload alone."""
        visitor = self._visitor(visit, UNTOLD)
        unasked = barred(self._access, visitor)
        if visit.shows_nothing and unasked is Denial.TEAM and not visitor.team_id:
            unasked = None  # a message shortcut need not name it, and its submission does
        return visitor, unasked

    def _is_worth_asking(self, visitor: Requester, unasked: Denial | None) -> bool:
        """Whether users.info might change what the payload says.

        On Enterprise Grid that names one of somebody's workspaces, which may be a sister of ours,
        or their organisation, which tells of no workspace.
        """
        if self._installation.may(USERS_READ) is False:
            return False
        match unasked:
            case None:
                return not self._access.guests
            case Denial.EXTERNAL:
                return bool(visitor.home_enterprise) and not visitor.enterprise_id
            case Denial.TEAM:
                return bool(visitor.home_enterprise)
            case _:
                return False

    def _without_waiting(self, visit: Visit) -> Denial | None:
        """Judge by what is known: a form shows nothing, and its submission is looked at again.

        To whom nothing is known of, it shows nothing of what the bot knows: see `knows`.
        """
        member = self._people.known(visit.slack_user_id)
        if member is None:
            if self._installation.may(USERS_READ):
                self._notifier.spawn(
                    self._tell_later(visit), "guard", visit.slack_user_id, visit.response_url
                )
            return None
        self._people.start(visit.slack_user_id)
        return barred(self._access, self._visitor(visit, member))

    async def _tell_later(self, visit: Visit) -> None:
        member = await self._people.find(visit.slack_user_id, TELL_WITHIN)
        why = member and barred(self._access, self._visitor(visit, member))
        if why:
            self._note(visit, why)
            self._tell(visit, why)

    def _visitor(self, visit: Visit, member: Member) -> Requester:
        known, standing = self._installation, member.standing
        return Requester(
            slack_user_id=visit.slack_user_id,
            team_id=visit.team_id or member.team_id,
            home=known.team_id or visit.home,
            enterprise_id=visit.enterprise_id or member.enterprise_id,
            home_enterprise=known.enterprise_id if known.team_id else visit.home_enterprise,
            teams=member.teams,
            stranger=standing is Standing.STRANGER,
            guest=None if standing is Standing.UNTOLD else standing is Standing.GUEST,
            slack_channel_id=visit.slack_channel_id,
        )

    def _turned_away(self, visit: Visit, why: Denial) -> BoltResponse:
        """200 in any case, or Slack would show its own error."""
        self._note(visit, why)
        match visit.kind:
            case "command":
                text = refusal_text(why, self._access.admins)
                return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})
            case "block_suggestion":
                return BoltResponse(status=200, body={"options": options([refusal_offer(why)])})
            case "view_submission" if visit.block_id:
                if why is not Denial.NOT_KNOWN:
                    self._tell(visit, why)  # with the names that an error cannot show
                errors = {visit.block_id: refusal_under_field(why)}
                body = {"response_action": "errors", "errors": errors}
                return BoltResponse(status=200, body=body)
            case "view_closed":
                return BoltResponse(status=200, body="")
            case _:
                self._tell(visit, why)
                return BoltResponse(status=200, body="")

    def _note(self, visit: Visit, why: Denial) -> None:
        self._metrics.refusals.labels(why.value).inc()
        log.info("turned_away", reason=why.value, kind=visit.kind, user=visit.slack_user_id)

    def _tell(self, visit: Visit, why: Denial) -> None:
        message = refusal_message(why, self._access.admins)
        if why is Denial.CHANNEL and visit.kind == "view_submission":
            message = post_to_message(visit.slack_channel_id, self._access.admins)
        self._notifier.tell(message, visit.slack_user_id, visit.response_url)


class Dispatcher:
    """`context` goes to every listener by name, with what is known of the payload.

    `answered` is set when Slack has the answer to a submission. `admission`: what the guard says of
    whoever opened a form, who is not waited for. `asked_at_clock`: when Slack asked, before the
    guard looked, on the event loop's clock. `acknowledged`: Slack has its answer, nothing can be
    said in it any more.
    """

    def __init__(
        self,
        app: AsyncApp,
        context: Mapping[str, object],
        guard: AccessCheck,
        notifier: Notifier,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._context = context
        self._guard = guard
        self._notifier = notifier
        self._metrics = metrics

    async def ring(self, payload: Any, answered: asyncio.Event) -> BoltResponse:  # noqa: ANN401 - JSON
        """Answer one payload; all that is logged on the way has one reference.

        Whatever breaks here is told like a listener's mistake. Raise `MalformedPayload` for what
        cannot be answered.
        """
        began, asked_at_clock = start_timer(), asyncio.get_running_loop().time()
        with new_reference():
            try:
                response = await self._answer(payload, answered, asked_at_clock)
            except MalformedPayload:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the person learns of it
                response = self._mistaken(payload, error)
            self._note_time(payload, began)
        return response

    def refuse(self, reason: str, why: str = "") -> None:
        """Note what was not even looked at; `reason` is one of a few words."""
        log.warning("request_refused", reason=why or reason)
        self._metrics.refusals.labels(reason).inc()

    async def _answer(
        self, sent: object, answered: asyncio.Event, asked_at_clock: float
    ) -> BoltResponse:
        payload = check_shape(sent)
        if is_ssl_check(payload):
            return BoltResponse(status=200, body="")
        visit = read_visit(payload)
        refusal = await self._guard.refusal(visit)
        if refusal is not None:
            return refusal
        return await self._let_in(payload, visit, answered, asked_at_clock)

    async def _let_in(
        self, payload: dict[str, Any], visit: Visit, answered: asyncio.Event, asked_at_clock: float
    ) -> BoltResponse:
        context = {
            "answered": answered,
            "admission": Admission(
                partial(self._guard.knows, visit), partial(self._guard.lets_in, visit)
            ),
            "asked_at_clock": asked_at_clock,
            "acknowledged": visit.opens_modal,
        }
        dispatching = self._dispatch(payload, context)
        if not visit.opens_modal:
            return await dispatching
        # Who opens a form says nothing in Slack's answer, which would wait for all of it.
        self._notifier.spawn(dispatching, "dispatch", visit.slack_user_id, visit.response_url)
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
            return answer_mistake(error, payload, self._notifier, self._metrics)
        except Exception:
            log.exception("not_told", reference=reference())
            return BoltResponse(status=200, body="")

    def _note_time(self, payload: Mapping[str, Any], began: float) -> None:
        """What was answered stands, whatever is wrong with the figures."""
        try:
            self._metrics.rung(kind_of(payload), began)
        except Exception:
            log.exception("failed", reference=reference())
            with contextlib.suppress(Exception):
                self._metrics.failures.labels("handler").inc()
