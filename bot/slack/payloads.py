"""The shapes that Slack's payloads must have, and reading where anything may be missing.

https://docs.slack.dev/reference/interaction-payloads: what is not used here may be anything.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json


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


# What Bolt or a listener reads as a text, whether Slack sends it or not.
_OF_COMMAND: Final = ("text", "team_id", "channel_id", "trigger_id", "response_url")
_OF_VIEW: Final = ("id", "callback_id", "private_metadata")
# Slack's own are of a dozen characters; ours have 255 at most, like block_id and action_id.
Id = Annotated[str, Field(max_length=255)]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True)


class _Named(_Shape):
    id: Id | None = None


class _Team(_Named):
    domain: str | None = None
    enterprise_id: Id | None = None


class _User(_Shape):
    id: Id
    team_id: Id | None = None


class _Input(_Shape):
    """What was typed may be of any length: the form says what is wrong with it."""

    selected_conversation: Id | None = None


class _State(_Shape):
    values: dict[Id, dict[Id, _Input]] = Field(default_factory=dict)


class _View(_Named):
    callback_id: Id | None = None
    private_metadata: str | None = None
    state: _State = Field(default_factory=_State)


class _Action(_Shape):
    action_id: Id
    block_id: Id | None = None
    value: str | None = None


class _Message(_Shape):
    ts: Id | None = None
    thread_ts: Id | None = None
    text: str | None = None
    user: Id | None = None


class Interaction(_Shape):
    """A `payload=` of /slack/events, or an `interactive` envelope of Socket Mode."""

    type: str
    user: _User
    team: _Team | None = None
    channel: _Named | None = None
    callback_id: Id | None = None
    action_id: Id | None = None
    block_id: Id | None = None
    value: str | None = None
    trigger_id: str | None = None
    response_url: str | None = None
    message_ts: Id | None = None
    message: _Message | None = None
    container: dict[str, Any] | None = None
    view: _View | None = None
    actions: list[_Action] | None = None
    response_urls: list[dict[str, Any]] = Field(default_factory=list)  # Bolt counts them
    enterprise: _Named | None = None


class Command(_Shape):
    """A slash command: https://docs.slack.dev/interactivity/implementing-slash-commands."""

    command: str
    text: str
    user_id: Id
    team_id: Id
    enterprise_id: Id | None = None
    channel_id: Id
    trigger_id: str
    response_url: str


class MalformedPayload(Exception):
    """Signed, but nothing that Slack sends, and nothing to answer; the sentence names no content.

    `reason` is what it is counted under.
    """

    def __init__(self, sentence: str, reason: str = "malformed") -> None:
        super().__init__(sentence)
        self.reason = reason


def check_shape(payload: object) -> dict[str, Any]:
    """Give back all that Slack sent, what is missing or null as empty; raise `MalformedPayload`."""
    if not isinstance(payload, dict):
        raise MalformedPayload("the payload is no object")
    if is_ssl_check(payload):
        return payload
    is_command = "command" in payload
    payload = _filled(payload, _OF_COMMAND) if is_command else _with_empties(payload)
    shape = Command if is_command else Interaction
    try:
        checked = shape.model_validate(payload)
        to_json(payload)  # fails for half a surrogate pair
    except ValueError as error:
        raise MalformedPayload(f"not a {shape.__name__.lower()} as Slack sends it") from error
    if isinstance(checked, Interaction):
        _check_kind(checked)
    return payload


def is_ssl_check(payload: Mapping[str, Any]) -> bool:
    """Slack looks at our certificate, in nobody's name."""
    return payload.get("ssl_check") == "1"


def _filled(part: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Put an empty text where one is missing or null: Bolt and the listeners demand it."""
    empty = {name: "" for name in names if part.get(name) is None}
    return {**part, **empty} if empty else part


def _with_empties(payload: dict[str, Any]) -> dict[str, Any]:
    """Slack writes an empty map as [] at times: https://github.com/slack-go/slack/issues/943."""
    if payload.get("response_urls", ()) is None:
        payload = {**payload, "response_urls": []}
    view = payload.get("view")
    if not isinstance(view, dict):
        return payload
    view = _filled(view, _OF_VIEW)
    if "state" not in view:
        return {**payload, "view": view}
    state = _map(view["state"])
    if isinstance(state, dict) and "values" in state:
        values = _map(state["values"])
        if isinstance(values, dict):
            values = {block_id: _map(inputs) for block_id, inputs in values.items()}
        state = {**state, "values": values}
    return {**payload, "view": {**view, "state": state}}


def _map(value: object) -> object:
    return {} if value is None or value == [] else value


def _check_kind(payload: Interaction) -> None:
    needed = {
        "view_submission": payload.view,
        "view_closed": payload.view,
        "block_actions": payload.actions,
        "message_action": payload.callback_id,
        "shortcut": payload.callback_id,
        "block_suggestion": payload.action_id,
    }
    if not needed.get(payload.type):
        raise MalformedPayload("an interaction without its parts, or of an unknown type")
