"""The Web API client: counts calls, bounds those of methods at once, reads answers with limits.

The SDK itself reads whatever comes to its end, and follows redirects with what it posts.
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

# As many connections are kept warm; each new one costs a TLS handshake.
CALLS_AT_ONCE: Final = 8
# Seconds. A trigger lives for 3 s, and calls that hang, for up to 10 s, must not hold it up: who
# waits goes without a place when none has become free for so long, or after so long in any case.
STANDSTILL: Final = 0.3
LONGEST_QUEUE: Final = 2.0
# Bytes of an answer that are read, after decompression; a view is 250 kB at most.
ANSWER_LIMIT: Final = 1024 * 1024
# https://docs.slack.dev/reference/methods/auth.test#errors, those that no waiting mends.
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
_OPEN: Final = "views.open"
_BY_THE_APP: Final = "apps."
_SCOPES_HEADER: Final = "x-oauth-scopes"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=3)
# Slack closes idle connections later than this; each new one costs a command a TLS handshake.
_KEPT_ALIVE: Final = 60.0
# Hardly ever reached: `Bulkhead` says how many calls there are while Slack answers.
_MOST_CONNECTIONS: Final = 100


def code_of(answer: object) -> str:
    """Slack's word; empty for what cannot be one, so that nothing else is shown or logged."""
    if not isinstance(answer, Mapping):
        return ""
    code = answer.get("error")
    if code == "invalid_arguments" and "trigger_id" in str(answer.get("response_metadata")):
        return "expired_trigger_id"  # how Slack also says it, seen in issue threads
    return code if isinstance(code, str) and code.isidentifier() else ""


class Installation:
    """What Slack says of this installation, learnt from its answers.

    Empty and None until it has said so for the first time; `enterprise_id` stays empty outside
    Enterprise Grid.
    """

    def __init__(self) -> None:
        self.team_id = ""
        self.enterprise_id = ""
        self.scopes: frozenset[str] | None = None
        self._header = ""

    def learn_home(self, answer: object) -> None:
        """Read https://docs.slack.dev/reference/methods/auth.test."""
        self.team_id = text_at(answer, "team_id")
        self.enterprise_id = text_at(answer, "enterprise_id")

    def learn_scopes(self, headers: Mapping[str, str]) -> None:
        """Every answer of the Web API has them: https://docs.slack.dev/authentication/tokens."""
        header = headers.get(_SCOPES_HEADER, "")
        if header and header != self._header:
            self._header = header
            self.scopes = frozenset(each.strip() for each in header.split(","))

    def may(self, *scopes: str) -> bool | None:
        """Whether any of them is granted; None: not known yet."""
        return None if self.scopes is None else any(each in self.scopes for each in scopes)


class Bulkhead:
    def __init__(
        self, standstill: float = STANDSTILL, longest_queue: float = LONGEST_QUEUE
    ) -> None:
        self._free = asyncio.Semaphore(CALLS_AT_ONCE)
        self._moved_at = 0.0
        self._standstill = standstill
        self._longest_queue = longest_queue

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        has_lane = await self._queue()
        try:
            yield
        finally:
            if has_lane:
                self._moved_at = asyncio.get_running_loop().time()
                self._free.release()

    async def _queue(self) -> bool:
        if not self._free.locked():
            return await self._free.acquire()
        clock = asyncio.get_running_loop().time
        latest = clock() + self._longest_queue
        while clock() < latest:
            try:
                async with asyncio.timeout(self._standstill):
                    return await self._free.acquire()
            except TimeoutError:
                if clock() - self._moved_at >= self._standstill:
                    break
        return False


class SlackAnswer(aiohttp.ClientResponse):
    """Give it to a session as `response_class`; what is wrong raises an `aiohttp.ClientError`."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Raise `ClientResponseError` for a redirect: Slack answers where it is asked."""
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
    """`api_call` is what every method of the SDK goes through."""

    def __init__(
        self,
        token: str,
        metrics: Metrics,
        installation: Installation,
        bulkhead: Bulkhead,
        **options: Any,  # noqa: ANN401 - the SDK's
    ) -> None:
        super().__init__(token, **options)
        self._metrics = metrics
        self._installation = installation
        self._bulkhead = bulkhead

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:  # noqa: ANN401
        began, outcome, headers = perf_counter(), "no_answer", {}
        try:
            response = await self._answered(api_method, **arguments)
            outcome, headers = "ok", response.headers
        except SlackApiError as error:
            outcome, headers = outcome_of(error.response), error.response.headers
            if api_method == _OPEN and "expired" in code_in(error.response):
                self._metrics.triggers_expired.inc()
            raise
        finally:
            seconds = perf_counter() - began
            self._metrics.slack_calls.labels(api_method, outcome).observe(seconds)
            if not api_method.startswith(_BY_THE_APP):
                self._installation.learn_scopes(headers)
        if api_method == _OPEN:
            self._metrics.form_is_open()
        return response

    async def _answered(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:  # noqa: ANN401
        """Raise `ClientPayloadError` for what is no answer of the Web API's.

        The SDK takes whatever an answer holds for an object, and bytes for a success.
        """
        try:
            async with self._bulkhead.place():
                response = await super().api_call(api_method, **arguments)
        except aiohttp.ClientError:
            raise  # a certificate that is not trusted is a ValueError as well
        except (AttributeError, RecursionError, ValueError) as error:
            raise aiohttp.ClientPayloadError("no answer of the Web API's") from error
        if not isinstance(response.data, dict):
            raise aiohttp.ClientPayloadError("no answer of the Web API's")
        return response

    async def answer_at(self, response_url: str, body: dict[str, Any]) -> WebhookResponse:
        """Use a response_url, whose refusals come back as a status; it is timed as a method."""
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
    """Sort a refusal for the figures."""
    status, code = status_of(response), code_in(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in RATE_LIMITS:
        return "rate_limited"
    if code in REJECTED:
        return "unauthorized"
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return "refused" if code or refused else "server_error"


def status_of(response: object) -> int:
    """Read the SDK's own response, or aiohttp's, which it gives for what is no JSON."""
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    return status


def code_in(response: object) -> str:
    """Slack's own word for what is wrong; empty for an answer that is none of the Web API's."""
    return code_of(getattr(response, "data", None))


def slack_session() -> aiohttp.ClientSession:
    """Open the one session of the process: one for each call would open a connection each."""
    connector = aiohttp.TCPConnector(limit=_MOST_CONNECTIONS, keepalive_timeout=_KEPT_ALIVE)
    return aiohttp.ClientSession(
        timeout=_TIMEOUT,
        connector=connector,
        response_class=SlackAnswer,
        json_serialize=_as_json,
    )


def _as_json(value: Any) -> str:  # noqa: ANN401 - whatever is sent
    try:
        return to_json(value).decode()  # a form in 10 us, where json.dumps takes 50
    except ValueError:  # half a surrogate pair, which json.dumps can write
        return json.dumps(value)


def slack_client(
    token: str,
    api_url: str,
    session: aiohttp.ClientSession,
    metrics: Metrics,
    installation: Installation,
) -> SlackClient:
    # Below INFO the SDK writes out whole requests and answers, and a logger without a level of its
    # own counts as that, whether anybody listens or not.
    logger = logging.getLogger("weav_slack.slack_sdk")
    logger.setLevel(logging.INFO)
    return SlackClient(
        token,
        metrics,
        installation,
        Bulkhead(),
        base_url=api_url,
        session=session,
        logger=logger,
        retry_handlers=[],  # `SlackApi` decides what is asked again
        user_agent_suffix=f"weav-slack/{VERSION}",
    )
