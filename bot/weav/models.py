"""The request body that opens a conversation, and the conversation that Weav returns.

The fields are those of https://docs.weav.com/api-reference/conversations/create-conversation.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

# Control characters become spaces like line breaks: they are invisible, and PostgreSQL rejects NUL.
_WHITE_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
# In characters: https://docs.weav.com/api-reference/conversations/create-conversation
SUBJECT_LIMIT: Final = 500
# Copying from a web page adds these, and str.strip() keeps them.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
# Characters that are read of a text in Weav's answers: many times what its documentation allows.
_LONGEST_TEXT = 10_000


class Channel(StrEnum):
    EMAIL = "email"
    CHAT = "chat"


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


# Our own word, not Weav's: the status of a conversation that Weav no longer has.
DELETED: Final = "deleted"


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class AssigneeType(StrEnum):
    USER = "user"
    AGENT = "agent"


def one_line(text: str) -> str:
    return _WHITE_SPACE.sub(" ", text).strip()


def trim(value: object) -> object:
    return one_line(value) or None if isinstance(value, str) else value


def _usual_spelling(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.strip(_INVISIBLE).strip().strip(_INVISIBLE).lower()


_Id = Annotated[UUID, BeforeValidator(_usual_spelling)]


class ConversationChoices(BaseModel):
    """The choices for a conversation, none of them required yet.

    An empty value counts as not given. Every error's `loc` starts with its field.
    "How to add" in bot/README.md names the other places that a new field has to change.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Channel | None = None
    subject: Annotated[str | None, Field(max_length=SUBJECT_LIMIT), BeforeValidator(trim)] = None
    status: Status | None = None
    priority: Priority | None = None
    assignee_type: AssigneeType | None = None
    assignee_id: _Id | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_what_was_chosen(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        chosen = {field: value for field, value in data.items() if not _is_blank(value)}
        half = chosen.keys() & {"assignee_type", "assignee_id"}
        if len(half) == 1:
            chosen |= {"assignee_type": "", "assignee_id": ""} | chosen
        return chosen

    # A field's validator and not the model's, so that the error comes together with all others.
    @field_validator("assignee_type", "assignee_id", mode="before")
    @classmethod
    def _both_or_none(cls, value: object) -> object:
        if value == "":
            raise PydanticKnownError("missing")
        return value

    def body(self) -> dict[str, str]:
        """Dump only the fields that were chosen, with canonical UUIDs."""
        return self.model_dump(mode="json", exclude_none=True)


class NewConversation(ConversationChoices):
    """The body of `POST /conversations`, with what Weav requires; it also validates the form."""

    channel: Channel
    customer_id: _Id


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def unwrapped(answer: object) -> object:
    """Return the object inside `data`, or the answer itself if it is bare."""
    if isinstance(answer, Mapping) and "id" not in answer and "data" in answer:
        return answer["data"]
    return answer


def cut(value: object) -> object:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value


def _none_if_unreadable(value: object, handler: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401
    try:
        return handler(value)
    except ValidationError:
        return None


def _in_utc_if_naive(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


NoneIfUnreadable = WrapValidator(_none_if_unreadable)
Text = Annotated[str | None, NoneIfUnreadable, BeforeValidator(cut)]
Date = Annotated[
    Annotated[datetime, AfterValidator(_in_utc_if_naive)] | None,
    NoneIfUnreadable,
]


class Conversation(BaseModel):
    """A conversation as Weav returned it, with every documented field and all others.

    Weav documents no field as required, so only `id` has to be there. A value of an unexpected type
    reads as None. Enumerations stay text, because Weav may add words.
    """

    model_config = ConfigDict(frozen=True, extra="allow", coerce_numbers_to_str=True)

    id: Annotated[str, BeforeValidator(trim), BeforeValidator(cut)]
    channel: Text = None
    customer_id: Text = None
    subject: Text = None
    status: Text = None
    priority: Text = None
    assignee_id: Text = None
    assignee_type: Text = None
    closed_at: Date = None
    first_response_at: Date = None
    last_message_at: Date = None
    is_spam: Annotated[bool | None, NoneIfUnreadable] = None
    spam_score: Annotated[float | None, NoneIfUnreadable] = None
    created_at: Date = None
    updated_at: Date = None

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read an object, bare or inside `data`; raises ValidationError."""
        return cls.model_validate(unwrapped(answer))
