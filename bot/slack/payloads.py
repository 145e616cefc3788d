"""What Slack sends: each payload is read once, into one of these models.

https://docs.slack.dev/reference/interaction-payloads,
https://docs.slack.dev/interactivity/implementing-slash-commands and
https://docs.slack.dev/apis/events-api. What is not named here is ignored.
What is missing, null or of another type is read as empty, where an answer is possible without it.
The blocks of messages and views stay JSON, which `at`, `text_at` and `list_at` read.
"""

from typing import Annotated, Any, ClassVar, Final, TypeAlias, TypeVar, get_origin

from pydantic import AliasPath, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")


def at(value: object, *path: str) -> Any:  # noqa: ANN401
    """Return what stands at the path, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(value: object, *path: str) -> str:
    """Return the text at the path, or an empty one."""
    found = at(value, *path)
    # JSON can carry half of a surrogate pair, which no database and no request can.
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""


def list_at(value: object, *path: str) -> list[Any]:
    """Return the list at the path, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


class _EmptyIfOdd:
    """Read what is missing or of another type as the empty value of the field's own type.

    Slack writes an empty map as [] at times: https://github.com/slack-go/slack/issues/943.
    """

    def __get_pydantic_core_schema__(
        self,
        source: Any,  # noqa: ANN401 - a type
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        kind = get_origin(source) or source
        if issubclass(kind, _Part):  # frozen: one will do for all
            return core_schema.with_default_schema(
                handler(source), default=kind.model_validate({}), on_error="default"
            )
        return core_schema.with_default_schema(
            handler(source), default_factory=kind, on_error="default"
        )


Lenient = Annotated[T, _EmptyIfOdd()]
# Slack's own are of a dozen characters; ours have 255 at most, like block_id and action_id.
Id: TypeAlias = Lenient[Annotated[str, Field(max_length=255)]]
NeededId: TypeAlias = Annotated[str, Field(min_length=1, max_length=255)]
Text: TypeAlias = Lenient[str]
Json: TypeAlias = dict[str, Any]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class SlackObject(_Part):
    """A channel or an organisation."""

    id: Id


class Team(_Part):
    """The workspace of the app, not of the user."""

    id: Id
    domain: Id
    enterprise_id: Id


class _Words(_Part):
    text: Text


class Option(_Part):
    value: Text
    text: Lenient[_Words]


class Input(_Part):
    """What stands in an input; what was typed may be of any length."""

    value: Text
    selected_option: Lenient[Option]
    selected_options: Lenient[list[Any]]
    selected_conversation: Id


class _State(_Part):
    values: Lenient[dict[str, Lenient[dict[str, Lenient[Input]]]]]


_NOTHING: Final = Input.model_validate({})


class View(_Part):
    id: Id
    type: Id
    callback_id: Id
    private_metadata: Text
    team_id: Id
    app_installed_team_id: Id
    blocks: Lenient[list[Any]]
    state: Lenient[_State]

    def input(self, field: str) -> Input:
        """Give what stands in an input whose block_id is its action_id."""
        return self.state.values.get(field, {}).get(field, _NOTHING)

    def value(self, field: str) -> str:
        """Give what is typed or chosen in such an input; empty: nothing."""
        stands = self.input(field)
        return stands.value or stands.selected_option.value or stands.selected_conversation

    @property
    def input_ids(self) -> list[str]:
        """Give the block_ids of the inputs, in their order."""
        inputs = (block for block in self.blocks if text_at(block, "type") == "input")
        return [block_id for block in inputs if (block_id := text_at(block, "block_id"))]


def read_view(view: object) -> View:
    """Read a view wherever it comes from; what is no view is empty."""
    return View.model_validate(view if isinstance(view, dict) else {})


class SourceMessage(_Part):
    ts: Id
    thread_ts: Id
    text: Text
    blocks: Lenient[list[Any]]
    attachments: Lenient[list[Any]]
    files: Lenient[list[Any]]


class Container(_Part):
    """The message that a button stands in."""

    channel_id: Id
    message_ts: Id
    thread_ts: Id


class Action(_Part):
    action_id: NeededId
    block_id: Id
    value: Text
    selected_option: Lenient[Option]
    selected_conversation: Id


class ResponseUrl(_Part):
    block_id: Id
    channel_id: Id
    response_url: Text


class SlashCommand(_Part):
    kind: ClassVar = "command"

    command: str
    text: Text
    slack_user_id: Id = Field(validation_alias="user_id")
    user_name: Text
    team_id: Id
    enterprise_id: Id
    channel_id: Id
    trigger_id: Text
    response_url: Text


class _Interaction(_Part):
    """On Enterprise Grid `user_team_id` may be their organisation's (E…)."""

    slack_user_id: Id = Field(validation_alias=AliasPath("user", "id"))
    user_team_id: Id = Field(validation_alias=AliasPath("user", "team_id"))
    team: Lenient[Team]
    enterprise: Lenient[SlackObject]
    enterprise_id: Id
    trigger_id: Text
    response_url: Text


class MessageShortcut(_Interaction):
    kind: ClassVar = "message_action"

    callback_id: NeededId
    channel: Lenient[SlackObject]
    message_ts: Id
    message: Lenient[SourceMessage]


class GlobalShortcut(_Interaction):
    kind: ClassVar = "shortcut"

    callback_id: NeededId


class ViewSubmission(_Interaction):
    kind: ClassVar = "view_submission"

    view: View
    response_urls: Lenient[list[Lenient[ResponseUrl]]]


class ViewClosed(_Interaction):
    kind: ClassVar = "view_closed"

    view: View


class BlockActions(_Interaction):
    kind: ClassVar = "block_actions"

    actions: Annotated[list[Action], Field(min_length=1)]
    channel: Lenient[SlackObject]
    container: Lenient[Container]
    message: Lenient[SourceMessage]
    view: Lenient[View]
    # As it came: a view is drawn anew from all that Slack says of it.
    view_json: Lenient[Json] = Field(validation_alias=AliasPath("view"))

    @property
    def clicked(self) -> Action:
        """Give the one that Bolt goes by; Slack sends one at a time."""
        return self.actions[0]

    @property
    def slack_channel_id(self) -> str:
        """Give the channel of the message that was clicked; empty in a view."""
        return self.channel.id or self.container.channel_id

    @property
    def in_home_tab(self) -> bool:
        return self.view.type == "home"


class BlockSuggestion(_Interaction):
    kind: ClassVar = "block_suggestion"

    action_id: NeededId
    value: Text
    view: Lenient[View]


class AppHomeOpened(_Part):
    """Somebody looks at their home tab: https://docs.slack.dev/reference/events/app_home_opened.

    `team_id` is where it happened, which is the app's workspace as a rule and not surely theirs.
    """

    kind: ClassVar = "app_home_opened"
    response_url: ClassVar = ""

    slack_user_id: Id = Field(validation_alias=AliasPath("event", "user"))
    team_id: Id
    enterprise_id: Id
    event_id: Id


class SslCheck(_Part):
    """Slack looks at our certificate, in nobody's name."""

    kind: ClassVar = "ssl_check"


class UrlVerification(_Part):
    """Slack asks whether the address of an app's events is ours: the challenge is the answer."""

    kind: ClassVar = "url_verification"

    challenge: Text


class OtherEvent(_Part):
    """An event that the bot does not follow, or one about the events themselves."""

    kind: ClassVar = "event"


Payload: TypeAlias = (
    SlashCommand
    | MessageShortcut
    | GlobalShortcut
    | ViewSubmission
    | ViewClosed
    | BlockActions
    | BlockSuggestion
    | AppHomeOpened
)
# What comes in nobody's name.
Impersonal: TypeAlias = SslCheck | UrlVerification | OtherEvent
_EVENTS: Final = frozenset({"event_callback", "app_rate_limited"})
_MODELS: Final[dict[str, type[Payload]]] = {
    "event_callback": AppHomeOpened,
    **{
        model.kind: model
        for model in (
            MessageShortcut,
            GlobalShortcut,
            ViewSubmission,
            ViewClosed,
            BlockActions,
            BlockSuggestion,
        )
    },
}


class MalformedPayload(Exception):
    """Signed, but nothing that Slack sends, and nothing to answer; the sentence names no content.

    `reason` is what it is counted under.
    """

    def __init__(self, sentence: str, reason: str = "malformed") -> None:
        super().__init__(sentence)
        self.reason = reason


def read_payload(sent: object) -> Payload | Impersonal:
    """Read what Slack sent; raise `MalformedPayload`."""
    if not isinstance(sent, dict):
        raise MalformedPayload("the payload is no object")
    if sent.get("ssl_check") == "1":
        return SslCheck()
    kind = str(sent.get("type"))
    if kind == UrlVerification.kind:
        return UrlVerification.model_validate(sent)
    if kind in _EVENTS and not _opens_home_tab(sent):
        return OtherEvent()
    model = SlashCommand if "command" in sent else _MODELS.get(kind)
    if model is None:
        raise MalformedPayload("an interaction of an unknown type")
    try:
        payload = model.model_validate(sent)
    except ValidationError as error:
        raise MalformedPayload(f"no {model.kind} as Slack sends it") from error
    if not payload.slack_user_id:
        raise MalformedPayload("nobody is in the payload", "nobody")
    return payload


def _opens_home_tab(sent: Json) -> bool:
    """Opening another tab of the app's is the same event."""
    event = at(sent, "event")
    return (text_at(event, "type"), text_at(event, "tab")) == (AppHomeOpened.kind, "home")
