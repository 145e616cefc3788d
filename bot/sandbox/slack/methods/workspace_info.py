"""auth.test, apps.connections.open, users.info and conversations.*."""

from bot.sandbox.slack.directory import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Kind,
    SlackChannel,
    SlackUser,
)
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods.access import require_scope, required
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.workspace import Workspace

_READ = {Kind.PUBLIC: "channels:read", Kind.PRIVATE: "groups:read", Kind.IM: "im:read"}


def auth_test(workspace: Workspace, _arguments: Json) -> Json:
    """https://docs.slack.dev/reference/methods/auth.test; with enterprise_id on Enterprise Grid.

    An organisation's token gets the organisation instead of the workspace.
    """
    enterprise = workspace.enterprise_of(TEAM_ID)
    whole = enterprise if enterprise and enterprise.installed else None
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": whole.name if whole else TEAM_NAME,
        "user": "weav",
        "team_id": whole.id if whole else TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": whole is not None,
        **({"enterprise_id": enterprise.id} if enterprise else {}),
    }


def connections_open(workspace: Workspace, _arguments: Json) -> Json:
    ticket = workspace.socket_mode.issue_ticket()
    host = workspace.base_url.removeprefix("http")
    return {"url": f"ws{host}/socket?ticket={ticket}&app_id={APP_ID}"}


def users_info(workspace: Workspace, arguments: Json) -> Json:
    user = workspace.users.get(required(arguments, "user"))
    if user is None:
        raise SlackError("user_not_found")
    shown = user.as_json() | {"is_stranger": _is_stranger(workspace, user)}
    enterprise = workspace.enterprise_of(user.team_id)
    return {"user": shown | (enterprise.of_user(user.id, user.team_id) if enterprise else {})}


def _is_stranger(workspace: Workspace, user: SlackUser) -> bool:
    """Whether the user is from another organisation and shares no channel that the bot sees.

    https://docs.slack.dev/reference/objects/user-object
    """
    shared = (channel for channel in workspace.channels.values() if user.id in channel.members)
    return user.team_id != TEAM_ID and not any(_sees(channel) for channel in shared)


def _sees(channel: SlackChannel) -> bool:
    return channel.kind is Kind.PUBLIC or BOT_USER_ID in channel.members


def conversations_info(workspace: Workspace, arguments: Json) -> Json:
    """Return a conversation that the bot can see, if it has the scope for that kind.

    A private channel without the bot is not found, whatever its scopes are:
    https://docs.slack.dev/apis/web-api/using-the-conversations-api
    """
    require_scope(workspace, *_READ.values())
    channel = workspace.channels.get(required(arguments, "channel"))
    if channel is None or not _sees(channel):
        raise SlackError("channel_not_found")
    require_scope(workspace, _READ[channel.kind])
    return {"channel": channel.as_json()}


def conversations_open(workspace: Workspace, arguments: Json) -> Json:
    slack_user_id = required(arguments, "users")
    if slack_user_id not in workspace.users:
        raise SlackError("user_not_found")
    return {"channel": {"id": workspace.direct_messages(slack_user_id).id}}
