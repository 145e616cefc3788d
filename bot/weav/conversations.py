"""One conversation that is there already: read, and changed.

https://docs.weav.com/api-reference/conversations/update-conversation does not say whether a PUT
keeps the fields that it does not name: all five are sent, as they were read a moment before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.weav.client import HttpAnswer, WeavClient
from bot.weav.models import Conversation, unwrapped
from bot.weav.outcomes import NotSent, Opened, Refused, Unconfirmed, json_of, outcome_of_answer
from bot.weav.pages import LookUpFailed, is_success, look_up_failed

_UNREADABLE: Final = "Weav's answer could not be read."
_GONE: Final = "Weav does not find this conversation: it may have been deleted there."
_WRITES: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "The bot's Weav token is not accepted. Tell whoever runs the bot.",
    HTTPStatus.FORBIDDEN: (
        "The bot's Weav token may not change conversations. Tell whoever runs the bot that it"
        " needs the ability external-api:write."
    ),
    HTTPStatus.NOT_FOUND: _GONE,
    HTTPStatus.CONFLICT: "Weav says that this conflicts with what is already there.",
}


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
    answer = await weav.ask("GET", f"/conversations/{conversation_id}")
    if not isinstance(answer, HttpAnswer):
        return LookUpFailed(answer.reason)
    if not is_success(answer.status):
        return look_up_failed(answer.status, "this conversation", _GONE)
    return _found(conversation_id, json_of(answer.body))


async def write_conversation(
    weav: WeavClient, conversation_id: str, update: Update
) -> ChangeOutcome:
    """Change it; `Unconfirmed`: it may be changed or not, reading it again tells.

    aiohttp repeats a PUT once when a connection that was kept alive breaks, as
    https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 allows: both say the same.
    """
    answer = await weav.ask("PUT", f"/conversations/{conversation_id}", json=update.body())
    if not isinstance(answer, HttpAnswer):
        return answer
    match outcome_of_answer(answer.status, answer.headers, answer.body):
        case Opened(conversation):
            return Changed(conversation)
        case Refused() as refused:
            return _refusal(refused)
        case outcome:
            return outcome


def _found(conversation_id: str, answer: object) -> Found | LookUpFailed:
    try:
        conversation = Conversation.read(answer)
        # The lenient reading turns what it cannot read into None; this one must not.
        update = Update.model_validate(unwrapped(answer))
    except ValidationError:
        return LookUpFailed(_UNREADABLE)
    if conversation.id.lower() != conversation_id.lower():
        return LookUpFailed(_UNREADABLE)
    return Found(conversation, update)


def _refusal(refused: Refused) -> Refused:
    said = " ".join([refused.message, *refused.fields.values()])
    return replace(refused, message=_WRITES.get(refused.status, said))
