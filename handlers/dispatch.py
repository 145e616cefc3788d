"""One payload in, one answer out: its reference, the access check, then Bolt."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, assert_never

import aiohttp
from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.refusals import (
    post_to_message,
    refusal_message,
    refusal_offer,
    refusal_under_field,
)
from bot.access.rules import AccessCheck, Denial, Denied, requester_of
from bot.form.open_forms import OpenForms
from bot.home.service import HomeService
from bot.logs import get_logger, new_reference, reference
from bot.metrics import Metrics, start_timer
from bot.slack import ids
from bot.slack.cache import put_bounded
from bot.slack.notifier import Notifier
from bot.slack.payloads import (
    AppHomeOpened,
    BlockActions,
    GlobalShortcut,
    Impersonal,
    MessageShortcut,
    OtherEvent,
    Payload,
    SlashCommand,
    SslCheck,
    UrlVerification,
    ViewClosed,
    ViewSubmission,
    read_payload,
)
from handlers.command_text import OpenForm, ParsedCommand, Subcommand, parse_command
from handlers.errors import Notice, answer_failure, answer_privately, field_for_errors

log = get_logger("weav_slack.dispatch")
# The parts of a payload that Bolt needs for routing. In the others it looks for ids that the bot
# does not use, and raises if one has an unexpected type.
_ROUTED_BY: Final = ("type", "command", "callback_id", "action_id", "actions", "view")
# Slack repeats an event for six minutes.
_EVENTS_REMEMBERED: Final = 10_000


def bolt(token: str, slack_api_url: str, session: aiohttp.ClientSession) -> AsyncApp:
    """Make a Bolt app that makes no calls of its own to Slack, so `views.open` is the first."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # By default Bolt calls auth.test before the first listener; here the token is known.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    logger = logging.getLogger("slack_bolt")
    level = logger.level
    # Bolt warns if SLACK_BOT_TOKEN is in the environment and a client is passed, too.
    logger.setLevel(logging.ERROR)
    app = AsyncApp(
        name="weav-slack",  # without a name Bolt reads source files to find one
        client=AsyncWebClient(base_url=slack_api_url, session=session, retry_handlers=[]),
        authorize=authorize,
        logger=logger,
        process_before_response=True,
        request_verification_enabled=False,  # `HttpTransport` does it, before anything is parsed
        # The app subscribes to no message events and has no functions.
        ignoring_self_events_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        raise_error_for_unhandled_request=True,
    )
    logger.setLevel(level)
    return app


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """`answered`: the transport sets it once Slack has the response; None: nobody waits for it."""

    response: BoltResponse
    answered: asyncio.Event | None = None


@dataclass(eq=False, repr=False)
class Dispatcher:
    """Bolt injects `context` into listeners by name, with these values of the payload.

    `interaction`: the payload. `parsed`: the text after a command. `identified`: see `Admitted`.
    `answered`: set once Slack has the answer to a submission. `arrived_at`: when the payload
    arrived, before the access check, on the event loop's clock. `acknowledged`: Slack gets an
    empty answer, so the listener cannot say anything in it.
    """

    _app: AsyncApp
    _context: Mapping[str, object]
    _access_check: AccessCheck
    _admins: frozenset[str]
    _open_forms: OpenForms
    _home: HomeService
    _notifier: Notifier
    _metrics: Metrics
    _seen_events: dict[str, None] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for reason in Denial:  # a counter begins at 0: see `Metrics`
            self._metrics.refusals.labels(reason.value)

    async def answer(self, sent: object) -> Acknowledgement:
        """Answer one payload; all its log lines share one reference.

        An exception on the way is told to the user like one in a listener. Raise `MalformedPayload`
        for a payload that cannot be read.
        """
        began, arrived_at = start_timer(), asyncio.get_running_loop().time()
        payload = read_payload(sent)
        answered = asyncio.Event()
        with new_reference():
            try:
                response = await self._respond(payload, sent, answered, arrived_at)
            except Exception as error:  # noqa: BLE001 - the user is told of any failure
                response = self._answer_failure(payload, error)
            self._note_time(payload, began)
        return Acknowledgement(response, answered if isinstance(payload, ViewSubmission) else None)

    def count_refused(self, reason: str, why: str = "") -> None:
        """Log and count a request that was not dispatched; `reason` is a metric's label."""
        log.warning("request_refused", reason=why or reason)
        self._metrics.refusals.labels(reason).inc()

    async def _respond(
        self,
        payload: Payload | Impersonal,
        sent: Any,  # noqa: ANN401 - JSON
        answered: asyncio.Event,
        arrived_at: float,
    ) -> BoltResponse:
        if isinstance(payload, Impersonal):
            return _answer_impersonal(payload)
        if isinstance(payload, AppHomeOpened) and self._is_repeated(payload.event_id):
            return BoltResponse(status=200, body="")
        if isinstance(payload, ViewSubmission):
            self._open_forms.submitted(payload.view.id)
        parsed = parse_command(payload.text) if isinstance(payload, SlashCommand) else None
        opens_form = _opens_form(payload, parsed)
        decision = await self._access_check.decide(
            requester_of(payload),
            reveals_nothing=opens_form or parsed in (Subcommand.HELP, Subcommand.CHECK),
        )
        if isinstance(decision, Denied):
            return self._refuse(payload, decision.reason)
        # The answer to a payload that opens a modal is empty, so it need not wait for the listener.
        acknowledged = opens_form or parsed is Subcommand.DEFAULTS
        context = {
            **self._context,
            "interaction": payload,
            "parsed": parsed,
            "identified": decision.identified,
            "answered": answered,
            "arrived_at": arrived_at,
            "acknowledged": acknowledged,
        }
        dispatching = self._dispatch(sent, context)
        if not acknowledged:
            return await dispatching
        self._notifier.spawn(dispatching, "dispatch", payload.slack_user_id, payload.response_url)
        return BoltResponse(status=200, body="")

    async def _dispatch(self, sent: dict[str, Any], context: dict[str, object]) -> BoltResponse:
        body: dict[str, Any] = {name: sent[name] for name in _ROUTED_BY if name in sent}
        if isinstance(view := sent.get("view"), dict):
            body["view"] = {"type": "modal", **view}  # Bolt breaks on a view without a type
        if isinstance(event := sent.get("event"), dict):
            body["event"] = {"type": event.get("type")}
        # "socket_mode" tells Bolt that the payload is decoded and verified; both transports do so.
        request = AsyncBoltRequest(mode="socket_mode", body=body, context=context)
        response = await self._app.async_dispatch(request)
        if response.status != HTTPStatus.OK:
            raise RuntimeError(f"Bolt answered with the status {response.status}")
        return response

    def _is_repeated(self, event_id: str) -> bool:
        """Whether this process has taken the event; another replica may draw the same tab again.

        Slack's retry header does not count: the first delivery may have been answered too late, or
        its process may have died.
        """
        repeated = bool(event_id) and event_id in self._seen_events
        put_bounded(self._seen_events, event_id, None, _EVENTS_REMEMBERED)
        return repeated

    def _refuse(self, payload: Payload, reason: Denial) -> BoltResponse:
        """Return 200 always: on any other status Slack shows its own error."""
        self._metrics.refusals.labels(reason.value).inc()
        log.info("denied", reason=reason.value, kind=payload.kind, user=payload.slack_user_id)
        message, temporary = refusal_message(reason, self._admins), reason is Denial.NOT_KNOWN
        match payload:
            case ViewClosed():
                return BoltResponse(status=200, body="")
            case AppHomeOpened() if temporary:
                self._home.opened(payload, known=False)
                return BoltResponse(status=200, body="")
            case AppHomeOpened() | BlockActions(in_home_tab=True) if not temporary:
                self._home.say(message, payload.slack_user_id)  # it replaces the whole tab
                return BoltResponse(status=200, body="")
            case ViewSubmission():
                if reason is Denial.CHANNEL:
                    message = post_to_message(payload.view.value(ids.POST_TO), self._admins)
                if not temporary and field_for_errors(payload.view):
                    # An error under a field cannot mention the admins.
                    self._notifier.tell(message, payload.slack_user_id, payload.response_url)
        notice = Notice(message, refusal_under_field(reason), refusal_offer(reason))
        return answer_privately(payload, notice, self._notifier)

    def _answer_failure(self, payload: Payload | Impersonal, error: Exception) -> BoltResponse:
        """Tell the user of the failure; return 200 even if that fails, too."""
        try:
            if not isinstance(payload, Impersonal):
                return answer_failure(error, payload, self._notifier, self._metrics)
        except Exception:
            log.exception("not_told", reference=reference())
        return BoltResponse(status=200, body="")

    def _note_time(self, payload: Payload | Impersonal, began: float) -> None:
        """Record the answer's duration; a failure of the metrics does not change the answer."""
        try:
            self._metrics.note_answer(payload.kind, began)
        except Exception:
            log.exception("failed", reference=reference())
            with contextlib.suppress(Exception):
                self._metrics.failures.labels("handler").inc()


def _answer_impersonal(payload: Impersonal) -> BoltResponse:
    match payload:
        case UrlVerification(challenge=challenge):
            # https://docs.slack.dev/reference/events/url_verification
            return BoltResponse(status=200, body={"challenge": challenge})
        case SslCheck() | OtherEvent():
            return BoltResponse(status=200, body="")
        case _:
            assert_never(payload)


def _opens_form(payload: Payload, parsed: ParsedCommand | None) -> bool:
    """Whether the payload opens a form; a user who is not identified yet sees no names in it."""
    match payload:
        case MessageShortcut() | GlobalShortcut():
            return True
        case BlockActions():
            return payload.clicked.action_id == ids.REOPEN
        case _:
            return isinstance(parsed, OpenForm)
