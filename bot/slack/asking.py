"""One call to Slack as a value: what it answered, what it refused, what stayed unknown."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookResponse

# Slack's own trouble: the call may have been carried out.
UNCERTAIN: Final = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout"}
)
# Seconds. A Retry-After outside of these is none of Slack's, which sends whole seconds.
SHORTEST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 60.0
_WITHOUT_WORD: Final = 1.0


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


Result = Done | Failed


async def ask(call: Callable[[], Awaitable[Any]]) -> Result:
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


def _of_response_url(answer: WebhookResponse) -> Result:
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


def code_of(answer: object) -> str:
    """Slack's word; empty for what cannot be one, so that nothing else is shown or logged."""
    if not isinstance(answer, Mapping):
        return ""
    code = answer.get("error")
    if code == "invalid_arguments" and "trigger_id" in str(answer.get("response_metadata")):
        return "expired_trigger_id"  # how Slack also says it, seen in issue threads
    return code if isinstance(code, str) and code.isidentifier() else ""


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
