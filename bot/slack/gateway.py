"""Slack's Web API as values: what it answered, what it refused, what stayed unknown.

The SDK's own repetition of calls is switched off where the client is made: it would post a card
twice after a reset connection. What is repeated here is certain not to have been done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.cards import Card

# https://docs.slack.dev/reference/methods/views.open has the first two; others were seen.
TRIGGER_GONE = frozenset(
    {"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"}
)
# Slack's own trouble: the call may have been carried out.
UNCERTAIN = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
HTTP_OK = 200
HTTP_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Done:
    """Slack said yes; where and when is known for messages posted through the Web API."""

    slack_channel_id: str = ""
    message_ts: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """`code` is Slack's, or ours in the same spelling; `certain` means that nothing was done."""

    code: str
    certain: bool = True
    retry_after: float | None = None


Result = Done | Failed


class SlackGateway:
    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session

    async def open_view(self, trigger_id: str, view: View) -> Result:
        """Never waits: the trigger lives for 3 s.

        Asked again once after a reset connection, since a trigger cannot open two forms.
        """
        result = await _ask(lambda: self._client.views_open(trigger_id=trigger_id, view=view))
        if isinstance(result, Failed) and result.code == "connection_lost":
            result = await _ask(lambda: self._client.views_open(trigger_id=trigger_id, view=view))
            if isinstance(result, Failed) and "exchanged" in result.code:
                return Done()  # the first one had got through
        return result

    async def update_view(self, view_id: str, view: View) -> Result:
        """`not_found`: the person has closed it."""
        return await _patiently(
            lambda: self._client.views_update(view_id=view_id, view=view), seconds=10
        )

    async def post(self, slack_channel_id: str, card: Card, thread_ts: str = "") -> Result:
        """Post to a channel, or to a person when given a user id.

        Slack allows about one post a second and channel, so a burst waits its turn.
        """
        return await _patiently(
            lambda: self._client.chat_postMessage(
                channel=slack_channel_id,
                text=card.text,
                blocks=card.blocks,
                thread_ts=thread_ts or None,
                unfurl_links=False,
                unfurl_media=False,
            ),
            seconds=120,
        )

    async def respond(
        self,
        response_url: str,
        card: Card,
        *,
        in_channel: bool = False,
        replace_original: bool = False,
        thread_ts: str = "",
    ) -> Result:
        """Answer where the bot is no member: 5 uses in 30 minutes."""
        body: dict[str, Any] = {
            "response_type": "in_channel" if in_channel else "ephemeral",
            "replace_original": replace_original,
            "text": card.text,
            "blocks": card.blocks,
        }
        if thread_ts:
            body["thread_ts"] = thread_ts
        webhook = AsyncWebhookClient(response_url, session=self._session, retry_handlers=[])
        return await _ask(lambda: webhook.send_dict(body))


async def _patiently(call: Callable[[], Awaitable[Any]], *, seconds: float) -> Result:
    """Repeat what was certainly not done: rate limits (as long as Slack says) and no connection."""
    deadline = asyncio.get_running_loop().time() + seconds
    pause = 0.5
    while True:
        result = await _ask(call)
        wait = _wait(result, pause)
        if wait is None or asyncio.get_running_loop().time() + wait > deadline:
            return result
        await asyncio.sleep(wait)
        pause = min(pause * 2, 8)


def _wait(result: Result, pause: float) -> float | None:
    match result:
        case Failed(retry_after=float(after)):
            return after
        case Failed(code="not_reached"):
            return pause
        case _:
            return None


async def _ask(call: Callable[[], Awaitable[Any]]) -> Result:
    try:
        answer = await call()
    except SlackApiError as error:
        return _refusal(error)
    except aiohttp.ClientConnectorError:
        return Failed("not_reached")
    except (aiohttp.ServerDisconnectedError, ConnectionError):
        return Failed("connection_lost", certain=False)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Failed("no_answer", certain=False)
    if answer.status_code != HTTP_OK:  # a response_url: the Web API's errors are raised
        return _webhook_refusal(answer.status_code, answer.headers)
    if hasattr(answer, "get"):
        return Done(_text(answer.get("channel")), _text(answer.get("ts")))
    return Done()


def _refusal(error: SlackApiError) -> Failed:
    response: Any = error.response
    status = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    data = getattr(response, "data", None)
    answer = data if isinstance(data, dict) else {}
    code = answer.get("error")
    if status == HTTP_TOO_MANY or code in {"ratelimited", "rate_limited"}:
        return Failed("ratelimited", retry_after=_seconds(response.headers))
    if not isinstance(code, str) or not code:
        return Failed(f"http_{status}", certain=False)
    if code == "invalid_arguments" and "trigger_id" in str(answer.get("response_metadata")):
        return Failed("expired_trigger_id")  # how Slack also says it, seen in issue threads
    return Failed(code, certain=code not in UNCERTAIN)


def _webhook_refusal(status: int, headers: Any) -> Failed:  # noqa: ANN401 # two SDK types
    if status == HTTP_TOO_MANY:
        return Failed("ratelimited", retry_after=_seconds(headers))
    return Failed(f"http_{status}", certain=status < 500)  # noqa: PLR2004 # HTTP's own line


def _seconds(headers: Any) -> float:  # noqa: ANN401 # aiohttp's multidict or a dict
    """Slack sends whole seconds; anything else counts as one."""
    lowered = {str(name).lower(): value for name, value in headers.items()}
    try:
        return min(max(float(lowered["retry-after"]), 0.0), 60.0)
    except (KeyError, TypeError, ValueError):
        return 1.0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
