"""The Web API client: counts every call by what became of it, and learns what the bot may do."""

from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.figures import Figures
from bot.slack.asking import code_of
from bot.slack.installation import Installation
from bot.slack.lanes import Lanes

OK: Final = "ok"
REFUSED: Final = "refused"
UNAUTHORIZED: Final = "unauthorized"
RATE_LIMITED: Final = "rate_limited"
SERVER_ERROR: Final = "server_error"
NO_ANSWER: Final = "no_answer"

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

_OPEN: Final = "views.open"
_BY_THE_APP: Final = "apps."


class SlackClient(AsyncWebClient):
    """`api_call` is what every method of the SDK goes through."""

    def __init__(
        self,
        token: str,
        figures: Figures,
        installation: Installation,
        lanes: Lanes,
        **options: Any,  # noqa: ANN401 - the SDK's
    ) -> None:
        super().__init__(token, **options)
        self._figures = figures
        self._installation = installation
        self._lanes = lanes

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:  # noqa: ANN401
        began = perf_counter()
        outcome = NO_ANSWER
        try:
            response = await self._answered(api_method, **arguments)
            outcome = OK
        except SlackApiError as error:
            outcome = outcome_of(error.response)
            self._learn(api_method, error.response)
            raise
        finally:
            seconds = perf_counter() - began
            self._figures.slack_calls.labels(api_method, outcome).observe(seconds)
        self._learn(api_method, response)
        if api_method == _OPEN:
            self._figures.form_is_open()
        return response

    async def _answered(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:  # noqa: ANN401
        """Raise `ClientPayloadError` for what is no answer of the Web API's.

        The SDK takes whatever an answer holds for an object, and bytes for a success.
        """
        try:
            async with self._lanes.lane():
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
        began = perf_counter()
        outcome = NO_ANSWER
        webhook = AsyncWebhookClient(response_url, session=self.session, retry_handlers=[])
        try:
            response = await webhook.send_dict(body)
            outcome = OK if response.status_code == HTTPStatus.OK else outcome_of(response)
        finally:
            seconds = perf_counter() - began
            self._figures.slack_calls.labels("response_url", outcome).observe(seconds)
        return response

    def _learn(self, api_method: str, response: Any) -> None:  # noqa: ANN401 - two SDK types
        if api_method == _OPEN and "expired" in code_in(response):
            self._figures.triggers_expired.inc()
        if not api_method.startswith(_BY_THE_APP):
            self._installation.learn_scopes(getattr(response, "headers", {}))


def outcome_of(response: object) -> str:
    """Sort a refusal: the SDK gives its own response, or aiohttp's for what is no JSON."""
    status = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    code = code_in(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in {"ratelimited", "rate_limited"}:
        return RATE_LIMITED
    if code in REJECTED:
        return UNAUTHORIZED
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return REFUSED if code or refused else SERVER_ERROR


def code_in(response: object) -> str:
    """Slack's own word for what is wrong; empty for an answer that is none of the Web API's."""
    return code_of(getattr(response, "data", None))
