"""Slack's payloads: each is parsed once, into one of these models.

https://docs.slack.dev/reference/interaction-payloads,
https://docs.slack.dev/interactivity/implementing-slash-commands and
https://docs.slack.dev/apis/events-api. Unknown fields are ignored.
A field that is missing, null or of another type becomes empty, if the bot can answer without it.
Blocks of messages and views stay JSON; `at`, `text_at` and `list_at` read them.
"""

from typing import Annotated, Any, ClassVar, Final, TypeAlias, TypeVar, get_origin

from pydantic import AliasPath, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")


def at(value: object, *path: str) -> Any:  # noqa: ANN401
    """Return the value at the path, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(value: object, *path: str) -> str:
    """Return the text at the path, or an empty one."""
    found = at(value, *path)
    # JSON can contain half of a surrogate pair; databases and HTTP requests cannot.
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""


def list_at(value: object, *path: str) -> list[Any]:
    """Return the list at the path, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


class _EmptyIfInvalid:
    """Use the empty value of the field's type if the value is missing or of another type.

    Slack sometimes sends an empty map as []: https://github.com/slack-go/slack/issues/943.
    """

    def __get_pydantic_core_schema__(
        self,
        source: Any,  # noqa: ANN401 - a type
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        kind = get_origin(source) or source
        if issubclass(kind, _Part):  # frozen, so all can share one
            return core_schema.with_default_schema(
                handler(source), default=kind.model_validate({}), on_error="default"
            )
        return core_schema.with_default_schema(
            handler(source), default_factory=kind, on_error="default"
        )


Lenient = Annotated[T, _EmptyIfInvalid()]
# Slack's ids have about a dozen characters; ours, such as block_id and action_id, at most 255.
Id: TypeAlias = Lenient[Annotated[str, Field(max_length=255)]]
RequiredId: TypeAlias = Annotated[str, Field(min_length=1, max_length=255)]
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


class _TextObject(_Part):
    text: Text


class Option(_Part):
    value: Text
    text: Lenient[_TextObject]


class Input(_Part):
    """An input's value; typed text may be of any length."""

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
        """Return the state of the input whose block_id and action_id are `field`."""
        return self.state.values.get(field, {}).get(field, _NOTHING)

    def value(self, field: str) -> str:
        """Return what was typed or chosen in that input; empty: nothing."""
        state = self.input(field)
        return state.value or state.selected_option.value or state.selected_conversation

    @property
    def input_ids(self) -> list[str]:
        """The block_ids of the inputs, in order."""
        inputs = (block for block in self.blocks if text_at(block, "type") == "input")
        return [block_id for block in inputs if (block_id := text_at(block, "block_id"))]


def read_view(view: object) -> View:
    """Parse a view; anything that is not an object becomes an empty view."""
    return View.model_validate(view if isinstance(view, dict) else {})


class SourceMessage(_Part):
    ts: Id
    thread_ts: Id
    text: Text
    blocks: Lenient[list[Any]]
    attachments: Lenient[list[Any]]
    files: Lenient[list[Any]]


class Container(_Part):
    """The message that contains the button."""

    channel_id: Id
    message_ts: Id
    thread_ts: Id


class Action(_Part):
    action_id: RequiredId
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
    """On Enterprise Grid `user_team_id` may be the id of the user's organisation (E…)."""

    slack_user_id: Id = Field(validation_alias=AliasPath("user", "id"))
    user_team_id: Id = Field(validation_alias=AliasPath("user", "team_id"))
    team: Lenient[Team]
    enterprise: Lenient[SlackObject]
    enterprise_id: Id
    trigger_id: Text
    response_url: Text


class MessageShortcut(_Interaction):
    kind: ClassVar = "message_action"

    callback_id: RequiredId
    channel: Lenient[SlackObject]
    message_ts: Id
    message: Lenient[SourceMessage]


class GlobalShortcut(_Interaction):
    kind: ClassVar = "shortcut"

    callback_id: RequiredId


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
    # Unparsed, because the whole view is needed to update it.
    view_json: Lenient[Json] = Field(validation_alias=AliasPath("view"))

    @property
    def clicked(self) -> Action:
        """The action that Bolt dispatches on; Slack sends one at a time."""
        return self.actions[0]

    @property
    def slack_channel_id(self) -> str:
        """The channel of the clicked message; empty in a view."""
        return self.channel.id or self.container.channel_id

    @property
    def in_home_tab(self) -> bool:
        return self.view.type == "home"


class BlockSuggestion(_Interaction):
    kind: ClassVar = "block_suggestion"

    action_id: RequiredId
    value: Text
    view: Lenient[View]


class AppHomeOpened(_Part):
    """Somebody opened their home tab: https://docs.slack.dev/reference/events/app_home_opened.

    `team_id` is usually the app's workspace, which need not be the user's.
    """

    kind: ClassVar = "app_home_opened"
    response_url: ClassVar = ""

    slack_user_id: Id = Field(validation_alias=AliasPath("event", "user"))
    team_id: Id
    enterprise_id: Id
    event_id: Id


class SslCheck(_Part):
    """Slack checks our certificate; no user is involved."""

    kind: ClassVar = "ssl_check"


class UrlVerification(_Part):
    """Slack verifies the URL for events; the answer must contain the challenge."""

    kind: ClassVar = "url_verification"

    challenge: Text


class OtherEvent(_Part):
    """An event that the bot ignores, or one about event delivery itself."""

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
# Payloads without a user.
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
    """A signed payload that is not as Slack documents it; the message quotes none of it.

    `reason`: the label in the metrics.
    """

    def __init__(self, sentence: str, reason: str = "malformed") -> None:
        super().__init__(sentence)
        self.reason = reason


def read_payload(sent: object) -> Payload | Impersonal:
    """Parse a payload; raise `MalformedPayload`."""
    if not isinstance(sent, dict):
        raise MalformedPayload("the payload is not an object")
    if sent.get("ssl_check") == "1":
        return SslCheck()
    kind = str(sent.get("type"))
    if kind == UrlVerification.kind:
        return UrlVerification.model_validate(sent)
    if kind in _EVENTS and not _opens_home_tab(sent):
        return OtherEvent()
    model = SlashCommand if "command" in sent else _MODELS.get(kind)
    if model is None:
        raise MalformedPayload("a payload of an unknown type")
    try:
        payload = model.model_validate(sent)
    except ValidationError as error:
        raise MalformedPayload(f"not a valid {model.kind} payload") from error
    if not payload.slack_user_id:
        raise MalformedPayload("the payload has no user", "nobody")
    return payload


def _opens_home_tab(sent: Json) -> bool:
    """Slack sends the same event when somebody opens another tab of the app."""
    event = at(sent, "event")
    return (text_at(event, "type"), text_at(event, "tab")) == (AppHomeOpened.kind, "home")
