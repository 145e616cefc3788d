"""What Web API methods check: arguments, scopes, and access to conversations."""

from bot.sandbox.slack.directory import BOT_USER_ID, Kind, SlackChannel
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.wire import Json, json_object
from bot.sandbox.slack.workspace import Workspace


def required(arguments: Json, name: str) -> str:
    """Raise SlackError if the argument is missing."""
    value = arguments.get(name)
    if not value:
        problem = f"[ERROR] missing required field: {name} [json-pointer:/{name}]"
        raise SlackError("invalid_arguments", [problem])
    return str(value)


def require_scope(workspace: Workspace, *any_of: str) -> None:
    """Raise SlackError if the app has none of these scopes."""
    if not any(scope in workspace.scopes for scope in any_of):
        provided = ",".join(workspace.scopes)
        raise SlackError("missing_scope", needed=",".join(any_of), provided=provided)


def view_argument(arguments: Json) -> Json:
    required(arguments, "view")
    view = json_object(arguments["view"])
    if view is None:
        raise SlackError(
            "invalid_arguments", ["[ERROR] must provide an object [json-pointer:/view]"]
        )
    return view


def _channel_named(workspace: Workspace, wanted: str) -> SlackChannel | None:
    if wanted in workspace.users and wanted != BOT_USER_ID:
        return workspace.direct_messages(wanted)
    if wanted in workspace.channels:
        return workspace.channels[wanted]
    name = wanted.removeprefix("#")
    return next((c for c in workspace.channels.values() if c.name == name and name), None)


def find_channel(workspace: Workspace, arguments: Json, *, as_member: bool = False) -> SlackChannel:
    """Return the conversation if the bot may write to it, or raise SlackError.

    A private conversation without the bot is not found. A public channel without the bot needs
    chat:write.public, and is refused in any case with `as_member`.
    """
    channel = _channel_named(workspace, required(arguments, "channel"))
    if channel is None:
        raise SlackError("channel_not_found")
    if BOT_USER_ID in channel.members:
        return channel
    if channel.kind is not Kind.PUBLIC:
        raise SlackError("channel_not_found")
    if as_member or "chat:write.public" not in workspace.scopes:
        raise SlackError("not_in_channel")
    return channel


def thread_argument(workspace: Workspace, channel: SlackChannel, thread_ts: object) -> str:
    """Return the thread to write to; raise SlackError unless it is a parent message's ts.

    The real Slack accepts the ts of a reply, and puts the message in the wrong place.
    """
    if not thread_ts:
        return ""
    parent = workspace.message(str(thread_ts))
    if parent is None or parent.slack_channel_id != channel.id or parent.is_ephemeral:
        raise SlackError("thread_not_found")
    if parent.thread_ts not in {"", parent.ts}:
        raise SlackError("cannot_reply_to_message")
    return parent.ts
