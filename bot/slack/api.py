"""Slack's Web API as values: what it answered, what it refused, what stayed unknown.

The SDK's own repetition of calls is switched off where the client is made: it would post a card
twice after a reset connection. What is repeated here is certain not to have been done.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookResponse

from bot.retry import MESSAGE_UPDATE_WITHIN, POST_WITHIN, VIEW_UPDATE_WITHIN, call_pauses
from bot.slack.blocks import Json, Message
from bot.slack.client import SlackClient, code_of

# Slack's own trouble: the call may have been carried out.
UNCERTAIN: Final = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout"}
)
# Seconds. A Retry-After outside of these is none of Slack's, which sends whole seconds.
SHORTEST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 60.0
_WITHOUT_WORD: Final = 1.0
# https://docs.slack.dev/reference/methods/views.open has the first two; others were seen.
TRIGGER_GONE = frozenset(
    {"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"}
)
# Seconds.
OPEN_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Done:
    """Slack said yes; where and when is known for messages posted through the Web API.

    `view` is what Slack says of an opened or updated view.
    """

    slack_channel_id: str = ""
    message_ts: str = ""
    view: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """`code` is Slack's, or ours in the same spelling; `certain` means that nothing was done."""

    code: str
    certain: bool = True
    retry_after: float | None = None


ApiResult = Done | Failed


async def ask(call: Callable[[], Awaitable[Any]]) -> ApiResult:
    """Make one call of the SDK's, to the Web API or to a response_url."""
    try:
        answer = await call()
    except SlackApiError as error:
        return refusal(error)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        return Failed("not_reached")
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError):
        return Failed("connection_lost", certain=False)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Failed("no_answer", certain=False)
    if isinstance(answer, WebhookResponse):
        return _of_response_url(answer)
    view = answer.get("view")
    known = view if isinstance(view, dict) else {}
    return Done(text(answer.get("channel")), text(answer.get("ts")), known)


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def refusal(error: SlackApiError) -> Failed:
    response: Any = error.response  # the SDK's own, or aiohttp's for what is no JSON
    status = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    data = getattr(response, "data", None)
    answer = data if isinstance(data, dict) else {}
    code = code_of(answer)
    if status == 429 or code in {"ratelimited", "rate_limited"}:  # noqa: PLR2004 # HTTP's own
        return Failed("ratelimited", retry_after=_seconds(response.headers))
    if not code:
        return Failed(f"http_{status}", certain=False)
    return Failed(code, certain=code not in UNCERTAIN)


def _of_response_url(answer: WebhookResponse) -> ApiResult:
    """Read `ok`, an object like the Web API's, or nothing: any other page is not from Slack.

    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses does not say
    what an empty 200 is. It counts as taken, or the same words would come a second time.
    """
    if answer.status_code == 429:  # noqa: PLR2004
        return Failed("ratelimited", retry_after=_seconds(answer.headers))
    if answer.status_code != 200:  # noqa: PLR2004
        return Failed(f"http_{answer.status_code}", certain=answer.status_code < 500)  # noqa: PLR2004
    said = _object(answer.body)
    if answer.body.strip() in {"", "ok"} or said.get("ok") is True:
        return Done()
    if code := code_of(said):
        return Failed(code, certain=code not in UNCERTAIN)
    return Failed("no_answer", certain=False)


def _object(body: str) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _seconds(headers: Mapping[str, Any]) -> float:
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    value = lowered.get("retry-after", "").strip()
    if not (value.isascii() and value.isdecimal()):
        return _WITHOUT_WORD
    return min(max(float(value), SHORTEST_WAIT), LONGEST_WAIT)


class SlackApi:
    def __init__(self, client: SlackClient) -> None:
        self._client = client

    async def open_view(self, trigger_id: str, view: Json) -> ApiResult:
        """Give up after OPEN_WITHIN: the trigger lives for 3 s, and the person waits.

        Asked again once after a reset connection, since a trigger cannot open two forms.
        """
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                return await self._open_view(trigger_id, view)
        except TimeoutError:
            return Failed("no_answer", certain=False)

    async def _open_view(self, trigger_id: str, view: Json) -> ApiResult:
        result = await ask(lambda: self._client.views_open(trigger_id=trigger_id, view=view))
        if isinstance(result, Failed) and result.code == "connection_lost":
            result = await ask(lambda: self._client.views_open(trigger_id=trigger_id, view=view))
            if isinstance(result, Failed) and "exchanged" in result.code:
                return Done()  # the first one had got through
        return result

    async def update_view(self, view_id: str, view: Json) -> ApiResult:
        """`not_found`: the person has closed it."""
        return await _patiently(
            lambda: self._client.views_update(view_id=view_id, view=view),
            seconds=VIEW_UPDATE_WITHIN,
            repeatable=True,
        )

    async def redraw(self, seen: Mapping[str, Any], view: Mapping[str, Any]) -> ApiResult:
        """Update a view that is still as `seen`, or `hash_conflict`: it was drawn anew meanwhile.

        https://docs.slack.dev/surfaces/modals#handling_race_conditions
        """
        return await ask(
            lambda: self._client.views_update(
                view_id=text(seen.get("id")), hash=text(seen.get("hash")) or None, view=dict(view)
            )
        )

    async def post(self, slack_channel_id: str, card: Message, thread_ts: str = "") -> ApiResult:
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
            seconds=POST_WITHIN,
        )

    async def message(self, slack_user_id: str, card: Message) -> ApiResult:
        """Send a direct message, once more if it may not have arrived: better twice than never."""
        sent = await self.post(slack_user_id, card)
        if isinstance(sent, Failed) and not sent.certain:
            sent = await self.post(slack_user_id, card)
        return sent

    async def whisper(
        self, slack_channel_id: str, slack_user_id: str, card: Message, thread_ts: str
    ) -> ApiResult:
        """Show it to one person in a thread that has replies, where the bot is a member.

        https://docs.slack.dev/reference/methods/chat.postEphemeral
        """
        return await ask(
            lambda: self._client.chat_postEphemeral(
                channel=slack_channel_id,
                user=slack_user_id,
                text=card.text,
                blocks=card.blocks,
                thread_ts=thread_ts,
            )
        )

    async def update(self, slack_channel_id: str, message_ts: str, card: Message) -> ApiResult:
        """Draw a message of the bot's anew, where it can reach the channel."""
        return await _patiently(
            lambda: self._client.chat_update(
                channel=slack_channel_id, ts=message_ts, text=card.text, blocks=card.blocks
            ),
            seconds=MESSAGE_UPDATE_WITHIN,
            repeatable=True,
        )

    async def respond(
        self,
        response_url: str,
        card: Message,
        *,
        in_channel: bool = False,
        replace_original: bool = False,
        thread_ts: str = "",
    ) -> ApiResult:
        """Answer where the bot is no member: 5 uses in 30 minutes.

        Slack heeds `thread_ts` only for what all of the channel see:
        https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
        """
        body: dict[str, Any] = {
            "response_type": "in_channel" if in_channel else "ephemeral",
            "replace_original": replace_original,
            "text": card.text,
            "blocks": card.blocks,
        }
        if thread_ts:
            body["thread_ts"] = thread_ts
        return await ask(lambda: self._client.answer_at(response_url, body))


async def _patiently(
    call: Callable[[], Awaitable[Any]], *, seconds: float, repeatable: bool = False
) -> ApiResult:
    """Repeat what was certainly not done: rate limits (as long as Slack says) and no connection.

    `repeatable`: doing it twice is as good as once, so that a lost connection is no end either.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    for pause in call_pauses():
        result = await ask(call)
        wait = _wait(result, pause, repeatable=repeatable)
        if wait is None or clock() + wait > deadline:
            break
        await asyncio.sleep(wait)
    return result


def _wait(result: ApiResult, pause: float, *, repeatable: bool) -> float | None:
    match result:
        case Failed(retry_after=float(after)):
            return after
        case Failed(code="not_reached"):
            return pause
        case Failed(code="connection_lost") if repeatable:
            return pause
        case _:
            return None
