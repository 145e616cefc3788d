"""Slack's Web API with results as values: done, certainly not done, or unknown.

`SlackClient` switches off the SDK's own retries, which would post a card twice after a reset
connection. This module retries a call only if it certainly did nothing, or if twice is harmless.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook import WebhookResponse

from bot.retry import MESSAGE_UPDATE_WITHIN, POST_WITHIN, VIEW_UPDATE_WITHIN, call_pauses
from bot.slack.blocks import Json, Message
from bot.slack.client import RATE_LIMITS, SlackClient, code_of, status_of
from bot.slack.payloads import at, text_at

# Errors inside Slack: the call may have been carried out.
UNCERTAIN: Final = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout"}
)
# Seconds. Slack sends whole seconds; a Retry-After outside of this range is not Slack's.
SHORTEST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 60.0
_DEFAULT_WAIT: Final = 1.0
# https://docs.slack.dev/reference/methods/views.open has the first two; the others were seen.
TRIGGER_GONE = frozenset(
    {"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"}
)
# Seconds.
OPEN_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Done:
    """Slack did it; channel and timestamp are set for messages posted through the Web API."""

    slack_channel_id: str = ""
    message_ts: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def view(self) -> Mapping[str, Any]:
        """The view as Slack returned it, after it was opened or updated."""
        view = at(self.answer, "view")
        return view if isinstance(view, dict) else {}


@dataclass(frozen=True, slots=True)
class Failed:
    """`code`: Slack's error code, or ours in the same style; `certain`: nothing was done."""

    code: str
    certain: bool = True
    retry_after: float | None = None


ApiResult = Done | Failed
_LOST: Final = Failed("connection_lost", certain=False)


async def ask(call: Awaitable[AsyncSlackResponse | WebhookResponse]) -> ApiResult:
    """Await one SDK call, to the Web API or a response_url, and turn its errors into values."""
    try:
        answer = await call
    except SlackApiError as error:
        return _failure_of(error.response)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        return Failed("not_reached")
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError):
        return _LOST
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError):
        return Failed("no_answer", certain=False)
    if isinstance(answer, WebhookResponse):
        return _read_response_url_answer(answer)
    body: Any = answer.data
    return Done(text_at(body, "channel"), text_at(body, "ts"), body)


def _failure_of(response: Any) -> Failed:  # noqa: ANN401 - the SDK's, or aiohttp's if it is no JSON
    status, code = status_of(response), code_of(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in RATE_LIMITS:
        return Failed("ratelimited", retry_after=_retry_after(response.headers))
    if not code:
        certain = (
            isinstance(response, WebhookResponse) and status < HTTPStatus.INTERNAL_SERVER_ERROR
        )
        return Failed(f"http_{status}", certain=certain)
    return Failed(code, certain=code not in UNCERTAIN)


def _read_response_url_answer(answer: WebhookResponse) -> ApiResult:
    """Accept `ok`, a JSON object like the Web API's, or an empty body; nothing else is from Slack.

    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses does not say
    what an empty 200 means. It counts as success, or the bot would send the message twice.
    """
    if answer.status_code != HTTPStatus.OK:
        return _failure_of(answer)
    body = _json(answer.body)
    if answer.body.strip() in {"", "ok"} or at(body, "ok") is True:
        return Done()
    if code := code_of(body):
        return Failed(code, certain=code not in UNCERTAIN)
    return Failed("no_answer", certain=False)


def _json(body: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _retry_after(headers: Mapping[str, str]) -> float:
    value = headers.get("Retry-After", "").strip()
    if not (value.isascii() and value.isdecimal()):
        return _DEFAULT_WAIT
    return min(max(float(value), SHORTEST_WAIT), LONGEST_WAIT)


class SlackApi:
    def __init__(self, client: SlackClient) -> None:
        self._client = client

    async def open_view(self, trigger_id: str, view: Json) -> ApiResult:
        """Open a modal, or give up after OPEN_WITHIN: the trigger lives for 3 s.

        Retry once after a reset connection, since a trigger cannot open two modals.
        """
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                opened = await ask(self._client.views_open(trigger_id=trigger_id, view=view))
                if opened == _LOST:
                    opened = await ask(self._client.views_open(trigger_id=trigger_id, view=view))
                    if isinstance(opened, Failed) and "exchanged" in opened.code:
                        return Done()  # the first call opened it
        except TimeoutError:
            return Failed("no_answer", certain=False)
        return opened

    async def update_view(self, view_id: str, view: Json) -> ApiResult:
        """`not_found`: the person has closed the modal."""
        return await _call_with_retries(
            lambda: self._client.views_update(view_id=view_id, view=view),
            seconds=VIEW_UPDATE_WITHIN,
            repeatable=True,
        )

    async def update_if_seen(self, seen: Mapping[str, Any], view: Mapping[str, Any]) -> ApiResult:
        """Update a view if it is still `seen`; `hash_conflict`: it was updated meanwhile.

        https://docs.slack.dev/surfaces/modals#handling_race_conditions
        """
        view_id, drawn = text_at(seen, "id"), text_at(seen, "hash") or None
        return await ask(self._client.views_update(view_id=view_id, hash=drawn, view=dict(view)))

    async def publish_home_tab(self, slack_user_id: str, view: Json, seen: str = "") -> ApiResult:
        """Replace the home tab that has the hash `seen`, or any home tab if `seen` is empty.

        `hash_conflict`: another was published meanwhile. `not_enabled`: the app's manifest predates
        the home tab. https://docs.slack.dev/reference/methods/views.publish#errors
        """
        return await _call_with_retries(
            lambda: self._client.views_publish(user_id=slack_user_id, view=view, hash=seen or None),
            seconds=VIEW_UPDATE_WITHIN,
            repeatable=True,
        )

    async def post(
        self,
        slack_channel_id: str,
        message: Message,
        thread_ts: str = "",
        within: float = POST_WITHIN,
    ) -> ApiResult:
        """Post to a channel, or to a person when given a user id.

        Slack allows about one post a second in a channel, so a burst is retried for `within`
        seconds.
        """
        return await _call_with_retries(
            lambda: self._client.chat_postMessage(
                channel=slack_channel_id,
                text=message.text,
                blocks=message.blocks,
                thread_ts=thread_ts or None,
                unfurl_links=False,
                unfurl_media=False,
            ),
            seconds=within,
        )

    async def direct_message(self, slack_user_id: str, message: Message) -> ApiResult:
        """Send a direct message, and again if it may not have arrived: twice beats never."""
        sent = await self.post(slack_user_id, message)
        if isinstance(sent, Failed) and not sent.certain:
            sent = await self.post(slack_user_id, message)
        return sent

    async def post_ephemeral(
        self, slack_channel_id: str, slack_user_id: str, message: Message, thread_ts: str
    ) -> ApiResult:
        """Show a message to one person only, in a thread with replies; the bot must be a member.

        https://docs.slack.dev/reference/methods/chat.postEphemeral
        """
        return await ask(
            self._client.chat_postEphemeral(
                channel=slack_channel_id,
                user=slack_user_id,
                text=message.text,
                blocks=message.blocks,
                thread_ts=thread_ts,
            )
        )

    async def update(
        self,
        slack_channel_id: str,
        message_ts: str,
        message: Message,
        within: float = MESSAGE_UPDATE_WITHIN,
    ) -> ApiResult:
        """Update one of the bot's own messages, with retries for `within` seconds."""
        return await _call_with_retries(
            lambda: self._client.chat_update(
                channel=slack_channel_id, ts=message_ts, text=message.text, blocks=message.blocks
            ),
            seconds=within,
            repeatable=True,
        )

    async def respond(
        self,
        response_url: str,
        message: Message,
        *,
        in_channel: bool = False,
        replace_original: bool = False,
        thread_ts: str = "",
    ) -> ApiResult:
        """Use a response_url, which works where the bot is no member: 5 times in 30 minutes.

        Slack honours `thread_ts` only for messages that the whole channel sees:
        https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
        """
        body = {
            "response_type": "in_channel" if in_channel else "ephemeral",
            "replace_original": replace_original,
            "text": message.text,
            "blocks": message.blocks,
            "thread_ts": thread_ts or None,
        }
        return await ask(self._client.answer_at(response_url, body))


async def _call_with_retries(
    call: Callable[[], Awaitable[Any]], *, seconds: float, repeatable: bool = False
) -> ApiResult:
    """Retry a call that certainly did nothing: rate limited (wait as Slack says) or not connected.

    `repeatable`: the call is idempotent, so a lost connection is retried, too.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    for pause in call_pauses():
        result = await ask(call())
        match result:
            case Failed(retry_after=float(after)):
                wait = after
            case Failed(code="not_reached"):
                wait = pause
            case Failed(code="connection_lost") if repeatable:
                wait = pause
            case _:
                break
        if clock() + wait > deadline:
            break
        await asyncio.sleep(wait)
    return result
