"""The table of bad days: how Weav or Slack fails, and what must follow.

Each row applies to one request. `then` determines what the user is told and what the ledger says:
see tests/bad_days/test_weav.py and test_slack.py.
"""

import json
from dataclasses import dataclass
from typing import Literal

from tests.bad_days.faulty_proxy import pours
from tests.bad_days.replies import (
    HTML,
    JSON,
    ODD_WAITS,
    REDIRECTS,
    SLOW,
    broken,
    error,
    head,
    http,
    says,
)
from tests.bad_days.slack_codes import CODES
from tests.weav.raw_server import Reply, resets, sends

WeavThen = Literal["opened", "refused", "queued", "given back", "unknown"]
SlackThen = Literal["fine", "expired", "refused", "unknown", "lost", "later"]


@dataclass(frozen=True, slots=True)
class WeavDay:
    """`carried_out`: Weav created the conversation nevertheless."""

    name: str
    reply: Reply
    then: WeavThen
    carried_out: bool = False

    def __str__(self) -> str:
        return f"Weav: {self.name}{', after creating' if self.carried_out else ''}"


@dataclass(frozen=True, slots=True)
class SlackDay:
    """`then` says what the answer proves: done (`fine`), not done, or nothing.

    `lost`: the connection broke without an answer. `later`: Slack asks the bot to wait.
    """

    name: str
    reply: Reply
    then: SlackThen
    carried_out: bool = False

    def __str__(self) -> str:
        return f"Slack: {self.name}{', after doing it' if self.carried_out else ''}"


def _weav_statuses() -> list[WeavDay]:
    days = []
    for status in range(400, 600):
        page = says(http(status, HTML))
        if status in (429, 503):
            days.append(WeavDay(f"{status}", page, "queued"))
        elif status < 500:
            days.append(WeavDay(f"{status}", page, "refused"))
        else:
            days += [WeavDay(f"{status}", page, "unknown", after) for after in (False, True)]
    return days


def _weav_waits() -> list[WeavDay]:
    waits = {"one second": "1", **ODD_WAITS}
    days = [
        WeavDay(f"{status} with {name}", says(http(status, b"", f"retry-after: {wait}")), "queued")
        for status in (429, 503)
        for name, wait in waits.items()
    ]
    endless = says(http(429, b"", "retry-after: 999999999"))
    return [*days, WeavDay("429 for longer than the bot waits", endless, "given back")]


def _weav_unknown() -> list[WeavDay]:
    ways = {
        "closes": sends(),
        "resets": resets(),
        **broken(b"201"),
        **SLOW,
        **REDIRECTS,
    }
    return [
        WeavDay(name, reply, "unknown", carried_out)
        for name, reply in ways.items()
        for carried_out in (False, True)
    ]


_REASON = json.dumps({"message": "No.", "errors": {"subject": ["Too dull."]}}).encode()
WEAV: list[WeavDay] = [
    *_weav_unknown(),
    *_weav_waits(),
    WeavDay("a reason by field", says(http(422, _REASON, kind=JSON)), "refused"),
    WeavDay("a list for a reason", says(http(422, b"[1]", kind=JSON)), "refused"),
    WeavDay("a refusal that never ends", pours(head(403), b" " * 65536), "refused"),
    WeavDay("a 503 that breaks off", resets(head(503, "content-length: 9"), b"{"), "queued"),
    *_weav_statuses(),
]


def _slack_statuses() -> list[SlackDay]:
    return [
        SlackDay(f"{status}", says(http(status, HTML)), "later" if status == 429 else "unknown")
        for status in range(400, 600)
    ]


def _slack_waits() -> list[SlackDay]:
    waits = {"one second": "1", **ODD_WAITS}
    return [
        SlackDay(f"429 with {name}", error("ratelimited", 429, f"retry-after: {wait}"), "later")
        for name, wait in waits.items()
    ]


BROKEN = broken(b"200")
# From a response_url, this is as good as `ok`: Slack was never seen to send it without posting.
_TAKEN = SlackDay("an empty answer", BROKEN["an empty answer"], "fine", carried_out=True)
# The connection ends before there is an answer.
_GONE = {"closes in the headers", "resets in the headers", "103 and no more"}


def _slack_unknown() -> list[SlackDay]:
    ways = {**BROKEN, **SLOW, **REDIRECTS}
    return [
        SlackDay(name, reply, "lost" if name in _GONE else "unknown", carried_out)
        for name, reply in ways.items()
        for carried_out in (False, True)
    ]


LOST = [
    SlackDay("closes", sends(), "lost"),
    SlackDay("closes", sends(), "lost", carried_out=True),
    SlackDay("resets", resets(), "lost"),
    SlackDay("resets", resets(), "lost", carried_out=True),
]
# https://docs.slack.dev/reference/methods/views.open#errors: the trigger was invalid.
_TRIGGER = {"expired_trigger_id", "exchanged_trigger_id"}
# "It's possible some aspect of the operation succeeded", or nothing is certain.
_UNKNOWN = {"fatal_error", "internal_error", "service_unavailable", "request_timeout"}


def _then(code: str) -> SlackThen:
    if code in {"ratelimited", "rate_limited"}:
        return "later"
    if code in _TRIGGER:
        return "expired"
    return "unknown" if code in _UNKNOWN else "refused"


def slack(method: str) -> list[SlackDay]:
    """The rows for a Web API method, or for `response_url`, which has no error codes."""
    codes = [SlackDay(f"`{code}`", error(code), _then(code)) for code in CODES.get(method, [])]
    unknown = [*LOST, *_slack_unknown()]
    if method == "response_url":
        unknown = [*(day for day in unknown if day.name != _TAKEN.name), _TAKEN]
    return [*unknown, *_slack_waits(), *codes, *_slack_statuses()]


# Addresses where no request is ever read; see tests/bad_days/test_unreachable.py.
NOWHERE = (
    "refused",
    "DNS failure",
    "TLS: not trusted",
    "TLS: none spoken",
    "reset before it reads",
)
METHODS = (
    "views.open",
    "views.update",
    "views.publish",
    "chat.postMessage",
    "chat.update",
    "response_url",
)
