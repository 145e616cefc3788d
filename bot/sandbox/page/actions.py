"""What the page sends when a person does something in Slack."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.slack.views import AppHomeTab

# The value of a field: text, the value of an option, a list of such values, or None.
Value = str | int | list[str] | None


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Say(_Action):
    do: Literal["say"]
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    slack_channel_id: str
    thread_ts: str = ""


class Command(_Action):
    do: Literal["command"]
    command: str
    text: str = ""
    slack_channel_id: str


class Membership(_Action):
    """`/invite @Weav` and `/remove @Weav`, which Slack handles itself."""

    do: Literal["invite", "remove"]
    slack_channel_id: str


class UseMessageShortcut(_Action):
    do: Literal["message_shortcut"]
    callback_id: str
    message_ts: str


class UseGlobalShortcut(_Action):
    do: Literal["global_shortcut"]
    callback_id: str
    slack_channel_id: str


class Submit(_Action):
    """`values`: every field of the form, by block_id."""

    do: Literal["submit"]
    view_id: str
    values: dict[str, Value] = Field(default_factory=dict)


class Close(_Action):
    """`clear`: close the whole stack of modals (the ✕)."""

    do: Literal["close"]
    view_id: str
    clear: bool = False


class Act(_Action):
    """Click or choose something in a modal; `values` as in Submit."""

    do: Literal["act"]
    view_id: str
    action_id: str
    value: Value = None
    values: dict[str, Value] = Field(default_factory=dict)


class Suggest(_Action):
    do: Literal["suggest"]
    view_id: str
    action_id: str
    query: str


class ClickInMessage(_Action):
    """Click or choose something in a message."""

    do: Literal["click"]
    message_ts: str
    block_id: str
    action_id: str
    value: Value = None


class OpenHome(_Action):
    """Open a tab of the app."""

    do: Literal["open_home"]
    tab: AppHomeTab


class ActInHome(_Action):
    """Click or choose something in the home tab."""

    do: Literal["act_in_home"]
    block_id: str
    action_id: str
    value: Value = None


Action = Annotated[
    Say
    | Command
    | Membership
    | UseMessageShortcut
    | UseGlobalShortcut
    | Submit
    | Close
    | Act
    | Suggest
    | ClickInMessage
    | OpenHome
    | ActInHome,
    Field(discriminator="do"),
]
