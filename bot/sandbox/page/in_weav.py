"""What somebody does in Weav itself, on its half of the page."""

from typing import Annotated, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.weav.store import Store

_Field = Literal["status", "priority", "assignee_type", "assignee_id"]


class _InWeav(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    conversation_id: str


class ChangeConversation(_InWeav):
    do: Literal["change"]
    fields: dict[_Field, str | None]


class DeleteConversation(_InWeav):
    do: Literal["delete"]


class WriteMessage(_InWeav):
    do: Literal["write"]
    content: Annotated[str, Field(min_length=1, max_length=10_000)]
    sender_type: Literal["customer", "user"] = "customer"
    is_internal: bool = False


DoingInWeav = Annotated[
    ChangeConversation | DeleteConversation | WriteMessage, Field(discriminator="do")
]


def carry_out_in_weav(store: Store, doing: DoingInWeav) -> None:
    """Raise KeyError for a conversation that is not there, Invalid for what Weav refuses."""
    match doing:
        case ChangeConversation():
            store.change(doing.conversation_id, **doing.fields)
        case DeleteConversation():
            store.delete(doing.conversation_id)
        case WriteMessage():
            store.write(
                doing.conversation_id,
                doing.content,
                sender_type=doing.sender_type,
                is_internal=doing.is_internal,
            )
        case _:
            assert_never(doing)
