"""Reads the customer's messages in a conversation.

https://docs.weav.com/api-reference/conversations/list-messages-in-conversation only shows a sample.
It documents neither the order of messages nor the format of their content, and any field may be
missing.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from html import unescape
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict

from bot.weav.client import WeavClient
from bot.weav.models import Date, NoneIfUnreadable, Text, one_line
from bot.weav.pages import Listing, LookUpFailed

_CUSTOMER: Final = "customer"
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
# An HTML tag or comment.
_TAG: Final = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z!][a-zA-Z0-9]{0,20})[^<>]*>")
# What shows that a text is HTML; without it, a "<" is part of what somebody wrote.
_HTML: Final = re.compile(
    r"</[a-zA-Z][a-zA-Z0-9]{0,20}\s{0,9}>|<(?:br|p|div|html)\b", re.IGNORECASE
)
_HIDDEN_TAGS: Final = frozenset({"script", "style", "head", "title"})
# These tags do not end a word.
_INLINE: Final = frozenset({"a", "b", "em", "font", "i", "s", "span", "strong", "sub", "sup", "u"})


class WrittenMessage(BaseModel):
    """A value of an unexpected type reads as None."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    id: Text = None
    sender_type: Text = None
    content: Text = None
    is_internal: Annotated[bool | None, NoneIfUnreadable] = None
    sent_at: Date = None
    created_at: Date = None

    @classmethod
    def read(cls, row: object) -> Self:
        """Raise ValidationError if the row is not an object."""
        return cls.model_validate(row)

    @property
    def key(self) -> str:
        """A digest that identifies the message, even if Weav gives no ID."""
        said = self.id or f"{self.sent_at} {self.created_at} {self.content}"
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]

    @property
    def at(self) -> datetime | None:
        """When it arrived: an email may have been under way for days."""
        return max(filter(None, (self.sent_at, self.created_at)), default=None)

    @property
    def text(self) -> str:
        """The content on one line, without HTML."""
        return one_line(_without_html(self.content or ""))


async def customer_messages(
    weav: WeavClient, conversation_id: str
) -> tuple[WrittenMessage, ...] | LookUpFailed:
    """Read what the customer wrote, without internal notes, oldest first."""
    listed = await weav.all_pages(
        Listing(
            "/conversations/{id}/messages",
            "this conversation's messages",
            "Weav does not find this conversation.",
            WrittenMessage.read,
            conversation_id,
        ),
        without_too_large=True,
    )
    if isinstance(listed, LookUpFailed):
        return listed
    by_key = {each.key: each for each in listed if _is_from_customer(each)}
    return tuple(sorted(by_key.values(), key=_sort_key))


def _is_from_customer(message: WrittenMessage) -> bool:
    return message.sender_type == _CUSTOMER and not message.is_internal


def _sort_key(message: WrittenMessage) -> tuple[datetime, datetime]:
    sent, created = message.sent_at, message.created_at
    return (sent or created or _EARLIEST, created or sent or _EARLIEST)


def _without_html(content: str) -> str:
    if not _HTML.search(content):
        return content
    return unescape("".join(_visible_texts(content)))


def _visible_texts(content: str) -> Iterable[str]:
    """Yield the texts between tags, except inside scripts, styles and a page's head."""
    at, hidden = 0, ""
    for tag in _TAG.finditer(content):
        if not hidden:
            yield content[at : tag.start()]
        name = tag["name"].lower()
        if name not in _INLINE:
            yield " "
        if not hidden and not tag["end"] and name in _HIDDEN_TAGS:
            hidden = name
        elif hidden == name and tag["end"]:
            hidden = ""
        at = tag.end()
    if not hidden:
        yield content[at:]
