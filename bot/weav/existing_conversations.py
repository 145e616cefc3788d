"""One conversation that is there already: read, and changed.

https://docs.weav.com/api-reference/conversations/update-conversation does not say whether a PUT
keeps the fields that it does not name: all five are sent, as they were read a moment before.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.weav.client import WeavClient
from bot.weav.models import Conversation, unwrapped
from bot.weav.outcomes import (
    CONFLICT,
    NotSent,
    Opened,
    Refused,
    Unconfirmed,
    outcome_of_answer,
    refusals,
)
from bot.weav.pages import LookUpFailed, looked_up

_UNREADABLE: Final = "Weav's answer could not be read."
_GONE: Final = "Weav does not find this conversation: it may have been deleted there."
_CHANGING: Final = refusals(
    "change conversations", {HTTPStatus.NOT_FOUND: _GONE, HTTPStatus.CONFLICT: CONFLICT}
)


class Update(BaseModel):
    """The body of a PUT.

    Read strictly, since it is written back: what we cannot read we would delete. Words that we do
    not know go back as they came.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    subject: str | None = None
    status: str | None = None
    priority: str | None = None
    assignee_id: str | None = None
    assignee_type: str | None = None

    def body(self) -> dict[str, str | None]:
        """All five; what null does to a status or a priority is not documented, and not tried."""
        undocumented = {name for name in ("status", "priority") if getattr(self, name) is None}
        return self.model_dump(exclude=undocumented)


@dataclass(frozen=True, slots=True)
class Found:
    """`update` writes the conversation back as it is."""

    conversation: Conversation
    update: Update


@dataclass(frozen=True, slots=True)
class Changed:
    """What Weav returned for the PUT."""

    conversation: Conversation


ChangeOutcome: TypeAlias = Changed | Refused | NotSent | Unconfirmed


async def read_conversation(weav: WeavClient, conversation_id: str) -> Found | LookUpFailed:
    """Read it, to be drawn and to be written back; the id is a UUID as Weav spelled it."""
    answer = await weav.ask("GET", "/conversations/{id}", conversation_id)
    found = looked_up(answer, "this conversation", _GONE)
    if isinstance(found, LookUpFailed):
        return found
    try:
        conversation = Conversation.read(found)
        # The lenient reading turns what it cannot read into None; this one must not.
        update = Update.model_validate(unwrapped(found))
    except ValidationError:
        return LookUpFailed(_UNREADABLE)
    if conversation.id.lower() != conversation_id.lower():
        return LookUpFailed(_UNREADABLE)
    return Found(conversation, update)


async def write_conversation(
    weav: WeavClient, conversation_id: str, update: Update
) -> ChangeOutcome:
    """Change it; `Unconfirmed`: it may be changed or not, reading it again tells.

    aiohttp repeats a PUT once when a connection that was kept alive breaks, as
    https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 allows: both say the same.
    """
    answer = await weav.ask("PUT", "/conversations/{id}", conversation_id, json=update.body())
    outcome = outcome_of_answer(answer, fields=(), by_status=_CHANGING)
    return Changed(outcome.conversation) if isinstance(outcome, Opened) else outcome
