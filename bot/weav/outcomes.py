"""All rules that turn an answer or an error of a request into an outcome.

Weav documents neither error bodies nor rate limits nor an idempotency key. So a request counts as
not sent only if it certainly did not create anything. We assume that a refusal has Laravel's shape,
`{message, errors: {field: [reason]}}`; for any other body, only the status counts.
"""

import json
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, Self, TypeAlias

import aiohttp
import httpx
from pydantic import ValidationError
from pydantic_core import from_json

from bot.surrogates import replace_surrogates
from bot.weav.models import Conversation, NewConversation, one_line

LONGEST_REASON: Final = 300  # characters of Weav's own words that are shown to users
_LONGEST_READ: Final = 10 * LONGEST_REASON
_MOST_REASONS: Final = 100
NOT_ACCEPTED: Final = "The bot's Weav token is not accepted. Tell whoever runs the bot."
CONFLICT: Final = "Weav says that this conflicts with what is already there."


def refusals(what: str, others: Mapping[int, str]) -> Mapping[int, str]:
    """Return the sentence for each status of a refusal that forbids to do `what`."""
    may_not = (
        f"The bot's Weav token cannot {what}. Tell whoever runs the bot that it needs the ability"
        " external-api:write."
    )
    return {HTTPStatus.UNAUTHORIZED: NOT_ACCEPTED, HTTPStatus.FORBIDDEN: may_not, **others}


_OPEN_REFUSALS: Final = refusals(
    "open conversations",
    {
        HTTPStatus.NOT_FOUND: (
            "Check the customer and the assignee: Weav did not find what was asked for. If both are"
            " right, tell whoever runs the bot to look at WEAV_API_URL."
        ),
        HTTPStatus.CONFLICT: (
            f"{CONFLICT} Look at the customer's conversations in Weav before you submit again."
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
            "Weav found the request too large. Shorten the subject and submit again."
        ),
    },
)
_INVALID: Final = (400, 422)
BODY_LIMIT: Final = 1024 * 1024  # bytes of an answer that are read, after decompression
LONGEST_RETRY_AFTER: Final = 3600.0  # seconds
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")


def read_refusal(
    status: int,
    answer: object,
    known: Container[str] = NewConversation.model_fields,
    by_status: Mapping[int, str] = _OPEN_REFUSALS,
) -> tuple[str, Mapping[str, str]]:
    """Return the message for the whole request, and the reasons by field of its body."""
    fields: dict[str, str] = {}
    others: list[str] = []
    for key, reason in islice(_reasons(answer), _MOST_REASONS):
        field = key.split(".", 1)[0].strip()
        if field not in known:
            others.append(reason)
        elif reason not in fields.get(field, ""):
            fields[field] = _shorten(f"{fields.get(field, '')} {reason}")
    return by_status.get(status) or _message(status, answer, fields, others), fields


def _message(status: int, answer: object, fields: Mapping[str, str], others: list[str]) -> str:
    if status not in _INVALID:
        return f"Weav refused the request (answer {status}). Tell whoever runs the bot."
    if others:
        return _shorten(f"Weav did not accept this: {' '.join(dict.fromkeys(others))}")
    if fields:
        return ""
    if summary := _text(_member(answer, "message")) or _text(_member(answer, "error")):
        return _shorten(f"Weav did not accept this: {summary}")
    return "Weav did not accept this and gave no reason. Check the fields and submit again."


def _member(answer: object, name: str) -> object:
    return answer.get(name) if isinstance(answer, Mapping) else None


def _reasons(answer: object) -> Iterator[tuple[str, str]]:
    match _member(answer, "errors"):
        case Mapping() as errors:
            pairs = list(errors.items())
        case errors:
            pairs = [("", errors)]
    for key, reasons in pairs:
        for reason in reasons if isinstance(reasons, list) else [reasons]:
            if text := _text(reason):
                yield key, text


def _text(value: object) -> str:
    """Return one line of plain text; a page of HTML counts as no text."""
    text = one_line(value[:_LONGEST_READ]) if isinstance(value, str) else ""
    return "" if text.startswith("<") else text


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1].rstrip()}…"


class Cause(StrEnum):
    """Why a request was certainly not carried out; the ledger stores the values."""

    BUSY = "busy"
    ADDRESS_NOT_FOUND = "address_not_found"
    NOT_SECURE = "not_secure"
    NOT_REACHED = "not_reached"
    NOT_REACHED_IN_TIME = "not_reached_in_time"
    DATABASE_SLOW = "database_slow"  # the bot's own database, before the request
    OVERDUE = "overdue"  # the bot got to it too late


SENTENCES: Final = {
    Cause.BUSY: "Weav is not accepting requests at the moment.",
    Cause.ADDRESS_NOT_FOUND: "Weav's address was not found.",
    Cause.NOT_SECURE: (
        "The bot could not connect to Weav securely. If this goes on, tell whoever runs the bot."
    ),
    Cause.NOT_REACHED: "Weav could not be reached.",
    Cause.NOT_REACHED_IN_TIME: "Weav could not be reached in time.",
    Cause.DATABASE_SLOW: (
        "The bot's database did not answer in time, so nothing was sent to Weav."
    ),
    Cause.OVERDUE: "The conversation waited so long that the bot no longer sends it automatically.",
}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`headers` ignore case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Refused:
    """Weav refused the request: `message` is for the whole of it, `fields` for its fields.

    The message is empty if the fields have all reasons.
    """

    message: str
    fields: Mapping[str, str]
    status: int

    @property
    def sentence(self) -> str:
        """All reasons in one text, to be shown without the form's fields."""
        return " ".join([self.message or "Nothing was created.", *self.fields.values()])


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not created, so a retry is safe; `retry_after` is in seconds.

    `reason` is a sentence for users; `cause` is None if only the sentence is known.
    """

    reason: str
    retry_after: float | None = None
    cause: Cause | None = field(default=None, compare=False)

    @classmethod
    def because(cls, cause: Cause, retry_after: float | None = None) -> Self:
        return cls(SENTENCES[cause], retry_after, cause)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Sent, but without a usable answer: Weav may or may not have carried it out."""

    reason: str


Outcome: TypeAlias = Opened | Refused | NotSent | Unconfirmed
Answer: TypeAlias = HttpAnswer | NotSent | Unconfirmed


def outcome_of_answer(
    answer: Answer,
    fields: Container[str] = NewConversation.model_fields,
    by_status: Mapping[int, str] = _OPEN_REFUSALS,
) -> Outcome:
    """Read the conversation in an answer; a body over BODY_LIMIT counts as unreadable."""
    read = read_answer(answer, fields, by_status)
    if isinstance(read, Refused | NotSent | Unconfirmed):
        return read
    try:
        return Opened(Conversation.read(read))
    except ValidationError:
        return Unconfirmed("Weav took the request, but its answer could not be read.")


def read_answer(
    answer: Answer, fields: Container[str], by_status: Mapping[int, str]
) -> Refused | NotSent | Unconfirmed | Any:  # noqa: ANN401 - JSON
    """Return the JSON of a 2xx, or the outcome that the answer proves.

    `fields` are the request's fields, which a refusal may name. `by_status` comes from `refusals`.
    """
    if not isinstance(answer, HttpAnswer):
        return answer
    status = answer.status
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return NotSent.because(Cause.BUSY, retry_after(answer.headers))
    match status // 100:
        case 2:
            return json_of(answer.body)
        case 3:  # proves nothing: servers also send 302 or 303 after they have carried out a POST
            return Unconfirmed(
                f"Weav sent the request on to another address (answer {status}), which the bot "
                "does not follow. Tell whoever runs the bot to look at WEAV_API_URL."
            )
        case 4:
            message, reasons = read_refusal(status, json_of(answer.body), fields, by_status)
            return Refused(message, reasons, status)
        case _:
            return Unconfirmed(f"Weav answered with an error of its own ({status}).")


def outcome_of_error(error: Exception) -> NotSent | Unconfirmed:
    """Tell from an exception whether the request may have been received."""
    match cause_of(error):
        case aiohttp.ClientConnectorDNSError():
            return NotSent.because(Cause.ADDRESS_NOT_FOUND)
        case aiohttp.ClientSSLError():
            return NotSent.because(Cause.NOT_SECURE)
        case aiohttp.ClientConnectorError():
            return NotSent.because(Cause.NOT_REACHED)
        case aiohttp.ConnectionTimeoutError():
            return NotSent.because(Cause.NOT_REACHED_IN_TIME)
        case TimeoutError():  # aiohttp's read timeout, too
            return Unconfirmed("Weav did not answer in time.")
        case _:
            return Unconfirmed("The connection to Weav broke before its answer was complete.")


def cause_of(error: Exception) -> BaseException:
    """Return aiohttp's own error, behind the one of httpx.

    httpx-aiohttp 0.2.0 raises the same `httpx.ConnectTimeout` for a refused connection and for one
    that broke after sending.
    """
    return (error.__cause__ or error) if isinstance(error, httpx.HTTPError) else error


def is_too_large(answer: Answer) -> bool:
    return isinstance(answer, HttpAnswer) and len(answer.body) > BODY_LIMIT


def json_of(body: bytes) -> object:
    """Return None for whatever is no JSON of a size and depth that can be meant seriously.

    A customer's mail may hold a lone surrogate, which `from_json` refuses: it reads as "?".
    """
    if len(body) > BODY_LIMIT:
        return None
    try:
        return from_json(body)
    except ValueError:
        return _read_with_surrogates(body)


def _read_with_surrogates(body: bytes) -> object:
    """Take 20 ms for 1 MiB, where `from_json` takes 3; return None for any other fault."""
    try:
        return replace_surrogates(json.loads(body.decode()))
    except (ValueError, RecursionError):
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read either form of https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, in seconds."""
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST_RETRY_AFTER)
    until = _date(value)
    if until is None:
        return None
    # By Weav's own clock if it sends one, so that ours may be wrong.
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
