"""Weav's lists: one page, and whether another one follows.

Paging as in https://docs.weav.com/api-reference/customers/list-customer-conversations. The
documentation shows `links` and `meta` empty, so that the size of the page may be all there is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Generic, TypeVar

from pydantic import ValidationError

from bot.slices import in_slices
from bot.weav.outcomes import json_of

PAGE_SIZE: Final = 100  # Weav's highest

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    """What is in Weav could not be found out; `final`: the token may not look."""

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """What a list is called in a sentence, and whose it is; `read` raises ValidationError."""

    path: str
    what: str
    unknown: str
    read: Callable[[object], Row]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: tuple[Row, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class _Unread:
    rows: Sequence[object]
    is_last: bool


def page_of_answer(
    listing: Listing[Row], number: int, status: int, body: bytes
) -> Page[Row] | LookUpFailed:
    """Read a page of a few rows at once."""
    page = _unread(listing, number, status, body)
    if isinstance(page, LookUpFailed):
        return page
    try:
        return Page(tuple(map(listing.read, page.rows)), page.is_last)
    except ValidationError:
        return _unreadable(listing)


async def any_page_of_answer(
    listing: Listing[Row], number: int, status: int, body: bytes
) -> Page[Row] | LookUpFailed:
    """Read a page of however many rows Weav gives."""
    page = _unread(listing, number, status, body)
    if isinstance(page, LookUpFailed):
        return page
    try:
        rows = [listing.read(row) async for row in in_slices(page.rows)]
    except ValidationError:
        return _unreadable(listing)
    return Page(tuple(rows), page.is_last)


def _unread(listing: Listing[Row], number: int, status: int, body: bytes) -> _Unread | LookUpFailed:
    if not is_success(status):
        return look_up_failed(status, listing.what, listing.unknown)
    answer = json_of(body)
    rows = answer.get("data") if isinstance(answer, Mapping) else answer
    if not isinstance(rows, list):
        return _unreadable(listing)
    return _Unread(rows, _is_last(number, len(rows), answer))


def _unreadable(listing: Listing[Row]) -> LookUpFailed:
    return LookUpFailed(f"Weav's list of {listing.what} could not be read.")


def is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def look_up_failed(status: int, what: str, unknown: str) -> LookUpFailed:
    """Say why Weav did not show `what`; `unknown` is the sentence for a 404."""
    forbidden = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    return LookUpFailed(_why(status, what, unknown), final=forbidden)


def _is_last(number: int, size: int, answer: object) -> bool:
    links, meta = (
        (_mapping(answer.get("links")), _mapping(answer.get("meta")))
        if isinstance(answer, Mapping)
        else ({}, {})
    )
    if size == 0:
        return True
    if "next" in links:
        return not links["next"]
    if isinstance(last_page := meta.get("last_page"), int):
        return number >= last_page
    return size < PAGE_SIZE


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _why(status: int, what: str, unknown: str) -> str:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return "The bot's Weav token is not accepted. Tell whoever runs the bot."
        case HTTPStatus.FORBIDDEN:
            return (
                "The bot may not look into Weav. Tell whoever runs the bot that its token needs "
                "the ability external-api:read."
            )
        case HTTPStatus.NOT_FOUND:
            return unknown
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            return "Weav takes no requests at the moment."
        case _:
            return f"Weav did not show {what} (answer {status})."
