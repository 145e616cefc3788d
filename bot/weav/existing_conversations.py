"""Reads and changes an existing conversation.

https://docs.weav.com/api-reference/conversations/update-conversation does not say whether a PUT
keeps fields that are left out. So the bot sends all five, as it read them a moment before.
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
from bot.weav.pages import LookUpFailed, read_lookup

_UNREADABLE: Final = "Weav's answer could not be read."
_GONE: Final = "Weav does not find this conversation: it may have been deleted there."
_CHANGE_REFUSALS: Final = refusals(
    "change conversations", {HTTPStatus.NOT_FOUND: _GONE, HTTPStatus.CONFLICT: CONFLICT}
)


class Update(BaseModel):
    """The body of a PUT.

    It is read strictly, because it is written back: a value that we could not read would be
    deleted. Unknown words are written back unchanged.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    subject: str | None = None
    status: str | None = None
    priority: str | None = None
    assignee_id: str | None = None
    assignee_type: str | None = None

    def body(self) -> dict[str, str | None]:
        """Dump all five, but no null status or priority: what null does there is undocumented."""
        undocumented = {name for name in ("status", "priority") if getattr(self, name) is None}
        return self.model_dump(exclude=undocumented)


@dataclass(frozen=True, slots=True)
class Found:
    """`update` would write the conversation back unchanged."""

    conversation: Conversation
    update: Update


ChangeOutcome: TypeAlias = Conversation | Refused | NotSent | Unconfirmed


async def read_conversation(weav: WeavClient, conversation_id: str) -> Found | LookUpFailed:
    """Read a conversation, to draw it or to write it back; the ID is a UUID as Weav spelled it."""
    answer = await weav.ask("GET", "/conversations/{id}", conversation_id)
    found = read_lookup(answer, "this conversation", _GONE)
    if isinstance(found, LookUpFailed):
        return found
    try:
        conversation = Conversation.read(found)
        # Conversation reads unreadable values as None; Update raises instead.
        update = Update.model_validate(unwrapped(found))
    except ValidationError:
        return LookUpFailed(_UNREADABLE)
    if conversation.id.lower() != conversation_id.lower():
        return LookUpFailed(_UNREADABLE)
    return Found(conversation, update)


async def write_conversation(
    weav: WeavClient, conversation_id: str, update: Update
) -> ChangeOutcome:
    """Change a conversation and return it; on `Unconfirmed`, read it again to see if it changed.

    aiohttp retries a PUT once when a kept-alive connection breaks, which is safe because a PUT is
    idempotent: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2.
    """
    answer = await weav.ask("PUT", "/conversations/{id}", conversation_id, json=update.body())
    outcome = outcome_of_answer(answer, fields=(), by_status=_CHANGE_REFUSALS)
    return outcome.conversation if isinstance(outcome, Opened) else outcome
