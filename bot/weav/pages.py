"""Weav's lists: one page, and whether another one follows.

Paging as in https://docs.weav.com/api-reference/customers/list-customer-conversations. The
documentation shows `links` and `meta` empty, so that the size of the page may be all there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from pydantic import ValidationError

from bot.weav.models import Conversation
from bot.weav.outcomes import json_of

PAGE_SIZE: Final = 100  # Weav's highest

_UNREADABLE: Final = "Weav's list of this customer's conversations could not be read."


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    """What is in Weav could not be found out; `final`: the token may not look."""

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    conversations: tuple[Conversation, ...]
    is_last: bool


def page_of_answer(number: int, status: int, body: bytes) -> Page | LookUpFailed:
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        forbidden = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        return LookUpFailed(_why(status), final=forbidden)
    answer = json_of(body)
    rows = answer.get("data") if isinstance(answer, Mapping) else answer
    if not isinstance(rows, list):
        return LookUpFailed(_UNREADABLE)
    try:
        conversations = tuple(Conversation.read(row) for row in rows)
    except ValidationError:
        return LookUpFailed(_UNREADABLE)
    return Page(conversations, _is_last(number, len(rows), answer))


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


def _why(status: int) -> str:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return "The bot's Weav token is not accepted. Tell whoever runs the bot."
        case HTTPStatus.FORBIDDEN:
            return (
                "The bot may not look into Weav. Tell whoever runs the bot that its token needs "
                "the ability external-api:read."
            )
        case HTTPStatus.NOT_FOUND:
            return "Weav does not know this customer."
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            return "Weav takes no requests at the moment."
        case _:
            return f"Weav did not list this customer's conversations (answer {status})."
