"""What people do in Weav itself, on Weav's half of the page."""

from typing import Annotated, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.weav.store import Store

_Field = Literal["status", "priority", "assignee_type", "assignee_id"]


class _WeavAction(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    conversation_id: str


class ChangeConversation(_WeavAction):
    do: Literal["change"]
    fields: dict[_Field, str | None]


class DeleteConversation(_WeavAction):
    do: Literal["delete"]


class WriteMessage(_WeavAction):
    do: Literal["write"]
    content: Annotated[str, Field(min_length=1, max_length=10_000)]
    sender_type: Literal["customer", "user"] = "customer"
    is_internal: bool = False


WeavAction = Annotated[
    ChangeConversation | DeleteConversation | WriteMessage, Field(discriminator="do")
]


def perform_in_weav(store: Store, action: WeavAction) -> None:
    """Raise KeyError for an unknown conversation, Invalid if Weav rejects the change."""
    match action:
        case ChangeConversation():
            store.change(action.conversation_id, **action.fields)
        case DeleteConversation():
            store.delete(action.conversation_id)
        case WriteMessage():
            store.write(
                action.conversation_id,
                action.content,
                sender_type=action.sender_type,
                is_internal=action.is_internal,
            )
        case _:
            assert_never(action)
