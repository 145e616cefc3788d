"""Reads a page of one of Weav's lists, and whether another page follows.

Paging is as in https://docs.weav.com/api-reference/customers/list-customer-conversations. The
documentation shows `links` and `meta` empty, so the number of rows may be the only clue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

from pydantic import ValidationError

from bot.slices import in_slices
from bot.weav.outcomes import (
    NOT_ACCEPTED,
    SENTENCES,
    Answer,
    Cause,
    HttpAnswer,
    json_of,
    retry_after,
)

# Weav's maximum first, then the sizes to try when a page is over BODY_LIMIT.
PAGE_SIZES: Final = (100, 20, 5, 1)
_MAY_NOT_LOOK: Final = (
    "The bot cannot read from Weav. Tell whoever runs the bot that its token needs the ability"
    " external-api:read."
)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    """A look-up that failed; `reason` is a sentence for users.

    `final`: the token has no right to read. `missing`: Weav does not have it. `away`: other
    look-ups would fail now, too. `retry_after`: seconds, if Weav says so.
    """

    reason: str
    final: bool = False
    missing: bool = field(default=False, compare=False)
    away: bool = field(default=False, compare=False)
    retry_after: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """One of Weav's lists; `what` is its name in a sentence, `unknown` the sentence for a 404.

    `read` reads one row, and raises ValidationError. `id` replaces `{id}` in the path.
    """

    path: str
    what: str
    unknown: str
    read: Callable[[object], Row]
    id: object = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: tuple[Row, ...]
    is_last: bool


async def page_of_answer(
    listing: Listing[Row], size: int, number: int, answer: Answer
) -> Page[Row] | LookUpFailed:
    """Read page `number`, whose request asked for `size` rows; Weav may send more or fewer."""
    found = read_lookup(answer, listing.what, listing.unknown)
    if isinstance(found, LookUpFailed):
        return found
    rows = found.get("data") if isinstance(found, Mapping) else found
    unreadable = LookUpFailed(f"Weav's list of {listing.what} could not be read.")
    if not isinstance(rows, list):
        return unreadable
    try:
        read = [listing.read(row) async for row in in_slices(rows)]
    except ValidationError:
        return unreadable
    return Page(tuple(read), _is_last(size, number, len(rows), found))


def read_lookup(answer: Answer, what: str, unknown: str) -> LookUpFailed | Any:  # noqa: ANN401 - JSON
    """Return the JSON of a 2xx, or why Weav did not show `what`."""
    if not isinstance(answer, HttpAnswer):
        return LookUpFailed(answer.reason, away=True)
    match answer.status:
        case status if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return json_of(answer.body)
        case HTTPStatus.UNAUTHORIZED:
            return LookUpFailed(NOT_ACCEPTED, final=True, away=True)
        case HTTPStatus.FORBIDDEN:
            return LookUpFailed(_MAY_NOT_LOOK, final=True, away=True)
        case HTTPStatus.NOT_FOUND:
            return LookUpFailed(unknown, missing=True)
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            later = retry_after(answer.headers)
            return LookUpFailed(SENTENCES[Cause.BUSY], away=True, retry_after=later)
        case status:
            # A redirect is away, too: it leads to an error page, such as one for maintenance.
            away = status == HTTPStatus.REQUEST_TIMEOUT or status // 100 in {3, 5}
            return LookUpFailed(f"Weav did not show {what} (answer {status}).", away=away)


def _is_last(size: int, number: int, given: int, answer: object) -> bool:
    links, meta = (_mapping(_mapping(answer).get(name)) for name in ("links", "meta"))
    if given == 0:
        return True
    if "next" in links:
        return not links["next"]
    if isinstance(last_page := meta.get("last_page"), int):
        return number >= last_page
    return given < size


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
