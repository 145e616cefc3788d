"""The Web API client: counts calls, bounds concurrent ones, and limits the size of answers.

The SDK itself reads answers of any size, and follows redirects with the body that it posts.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

import aiohttp
from aiohttp.connector import Connection
from pydantic_core import to_json
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot import VERSION
from bot.metrics import Metrics
from bot.slack.payloads import text_at

# This many connections stay warm; each new one costs a TLS handshake.
CALLS_AT_ONCE: Final = 8
# Seconds. A trigger lives for 3 s, and calls that hang for up to 10 s must not delay it. A call
# that waits goes ahead without a slot when none has become free for STANDSTILL, and after
# LONGEST_QUEUE in any case.
STANDSTILL: Final = 0.3
LONGEST_QUEUE: Final = 2.0
# Bytes after decompression; a view has at most 250 kB.
ANSWER_LIMIT: Final = 1024 * 1024
# The permanent ones of https://docs.slack.dev/reference/methods/auth.test#errors.
REJECTED: Final = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
RATE_LIMITS: Final = frozenset({"ratelimited", "rate_limited"})
_VIEWS_OPEN: Final = "views.open"
_APP_METHODS: Final = "apps."
_SCOPES_HEADER: Final = "x-oauth-scopes"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=3)
# Slack closes idle connections later than this; a new one costs a command a TLS handshake.
_KEEPALIVE: Final = 60.0
# Hardly ever reached: `Bulkhead` bounds the calls while Slack answers.
_MAX_CONNECTIONS: Final = 100


def code_of(answer: object) -> str:
    """Return the error code of a response or its JSON; empty if it is none that Slack would send.

    Anything else must not be shown or logged.
    """
    body = getattr(answer, "data", answer)
    if not isinstance(body, Mapping):
        return ""
    code = body.get("error")
    if code == "invalid_arguments" and "trigger_id" in str(body.get("response_metadata")):
        return "expired_trigger_id"  # Slack reports it so, too, according to issue threads
    return code if isinstance(code, str) and code.isidentifier() else ""


class Installation:
    """The app's workspace and scopes, learnt from Slack's answers.

    The ids are empty and the scopes None until the first answer; `enterprise_id` stays empty
    outside Enterprise Grid.
    """

    def __init__(self) -> None:
        self.team_id = ""
        self.enterprise_id = ""
        self.scopes: frozenset[str] | None = None
        self._header = ""

    def learn_workspace(self, answer: object) -> None:
        """Read https://docs.slack.dev/reference/methods/auth.test."""
        self.team_id = text_at(answer, "team_id")
        self.enterprise_id = text_at(answer, "enterprise_id")

    def learn_scopes(self, headers: Mapping[str, str]) -> None:
        """Every Web API answer lists them: https://docs.slack.dev/authentication/tokens."""
        header = headers.get(_SCOPES_HEADER, "")
        if header and header != self._header:
            self._header = header
            self.scopes = frozenset(each.strip() for each in header.split(","))

    def has_any_scope(self, *scopes: str) -> bool | None:
        """Whether any of these scopes is granted; None: not known yet."""
        return None if self.scopes is None else any(each in self.scopes for each in scopes)


class Bulkhead:
    def __init__(
        self, standstill: float = STANDSTILL, longest_queue: float = LONGEST_QUEUE
    ) -> None:
        self._free = asyncio.Semaphore(CALLS_AT_ONCE)
        self._last_freed = 0.0
        self._standstill = standstill
        self._longest_queue = longest_queue

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        has_slot = await self._wait_for_slot()
        try:
            yield
        finally:
            if has_slot:
                self._last_freed = asyncio.get_running_loop().time()
                self._free.release()

    async def _wait_for_slot(self) -> bool:
        if not self._free.locked():
            return await self._free.acquire()
        clock = asyncio.get_running_loop().time
        latest = clock() + self._longest_queue
        while clock() < latest:
            try:
                async with asyncio.timeout(self._standstill):
                    return await self._free.acquire()
            except TimeoutError:
                if clock() - self._last_freed >= self._standstill:
                    break
        return False


class SlackAnswer(aiohttp.ClientResponse):
    """A session's `response_class` that raises an `aiohttp.ClientError` for a bad answer."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Raise `ClientResponseError` for a redirect: Slack does not send any."""
        answer = await super().start(connection)
        if HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST:
            raise aiohttp.ClientResponseError(self.request_info, (), status=self.status)
        return answer

    async def read(self) -> bytes:
        """Raise `ClientPayloadError` for more than ANSWER_LIMIT."""
        if self._body is None:
            body = bytearray()
            async for chunk in self.content.iter_any():
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    self.close()
                    raise aiohttp.ClientPayloadError("an answer of more than 1 MiB")
            self._body = bytes(body)
        return await super().read()


class SlackClient(AsyncWebClient):
    """Every method of the SDK calls `api_call`."""

    def __init__(
        self,
        token: str,
        api_url: str,
        session: aiohttp.ClientSession,
        metrics: Metrics,
        installation: Installation,
        bulkhead: Bulkhead | None = None,
    ) -> None:
        # Below INFO the SDK formats whole requests and answers, even if no handler writes them.
        # Without a level of its own, this logger would count as below INFO.
        logger = logging.getLogger("weav_slack.slack_sdk")
        logger.setLevel(logging.INFO)
        super().__init__(
            token,
            base_url=api_url,
            session=session,
            logger=logger,
            retry_handlers=[],  # `SlackApi` decides what to retry
            user_agent_suffix=f"weav-slack/{VERSION}",
        )
        self._metrics = metrics
        self._installation = installation
        self._bulkhead = bulkhead or Bulkhead()

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:  # noqa: ANN401
        began, outcome, headers = perf_counter(), "no_answer", {}
        try:
            response = await self._answered(api_method, **arguments)
            outcome, headers = "ok", response.headers
        except SlackApiError as error:
            outcome, headers = outcome_of(error.response), error.response.headers
            if api_method == _VIEWS_OPEN and "expired" in code_of(error.response):
                self._metrics.triggers_expired.inc()
            raise
        finally:
            seconds = perf_counter() - began
            self._metrics.slack_calls.labels(api_method, outcome).observe(seconds)
            if not api_method.startswith(_APP_METHODS):
                self._installation.learn_scopes(headers)
        if api_method == _VIEWS_OPEN:
            self._metrics.note_form_opened()
        return response

    async def _answered(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:  # noqa: ANN401
        """Raise `ClientPayloadError` for anything that is no answer of the Web API.

        The SDK assumes that every body is a JSON object, and treats bytes as success.
        """
        try:
            async with self._bulkhead.slot():
                response = await super().api_call(api_method, **arguments)
        except aiohttp.ClientError:
            raise  # aiohttp's error for an untrusted certificate is also a ValueError
        except (AttributeError, RecursionError, ValueError) as error:
            raise aiohttp.ClientPayloadError("not an answer of the Web API") from error
        if not isinstance(response.data, dict):
            raise aiohttp.ClientPayloadError("not an answer of the Web API")
        return response

    async def answer_at(self, response_url: str, body: dict[str, Any]) -> WebhookResponse:
        """Post to a response_url, timed like a method; errors are HTTP statuses."""
        began, outcome = perf_counter(), "no_answer"
        webhook = AsyncWebhookClient(response_url, session=self.session, retry_handlers=[])
        try:
            response = await webhook.send_dict(body)
            outcome = "ok" if response.status_code == HTTPStatus.OK else outcome_of(response)
        finally:
            seconds = perf_counter() - began
            self._metrics.slack_calls.labels("response_url", outcome).observe(seconds)
        return response


def outcome_of(response: object) -> str:
    """Return the `outcome` label of a refusal for the metrics."""
    status, code = status_of(response), code_of(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in RATE_LIMITS:
        return "rate_limited"
    if code in REJECTED:
        return "unauthorized"
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return "refused" if code or refused else "server_error"


def status_of(response: object) -> int:
    """Read the SDK's response, or aiohttp's, which the SDK passes on if the body is no JSON."""
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    return status


def slack_session() -> aiohttp.ClientSession:
    """Open the process's only session: a session per call would open a connection per call."""
    connector = aiohttp.TCPConnector(limit=_MAX_CONNECTIONS, keepalive_timeout=_KEEPALIVE)
    return aiohttp.ClientSession(
        timeout=_TIMEOUT,
        connector=connector,
        response_class=SlackAnswer,
        json_serialize=_as_json,
    )


def _as_json(value: Any) -> str:  # noqa: ANN401 - whatever is sent
    try:
        return to_json(value).decode()  # a form in 10 us, where json.dumps takes 50
    except ValueError:  # half of a surrogate pair, which only json.dumps can write
        return json.dumps(value)
