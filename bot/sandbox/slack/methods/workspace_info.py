"""Who the bot is, and what it may look up."""

from bot.sandbox.slack.directory import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
    Kind,
)
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods.access import required
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.workspace import Workspace


def auth_test(_workspace: Workspace, _arguments: Json) -> Json:
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": "weav",
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(workspace: Workspace, _arguments: Json) -> Json:
    ticket = workspace.socket_mode.issue_ticket()
    host = workspace.base_url.removeprefix("http")
    return {"url": f"ws{host}/socket?ticket={ticket}&app_id={APP_ID}"}


def users_info(workspace: Workspace, arguments: Json) -> Json:
    user = workspace.users.get(required(arguments, "user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user.as_json()}


def conversations_info(workspace: Workspace, arguments: Json) -> Json:
    channel = workspace.channels.get(required(arguments, "channel"))
    if channel is None:
        raise SlackError("channel_not_found")
    if channel.kind is not Kind.PUBLIC and BOT_USER_ID not in channel.members:
        raise SlackError("channel_not_found")
    return {"channel": channel.as_json()}


def conversations_open(workspace: Workspace, arguments: Json) -> Json:
    slack_user_id = required(arguments, "users")
    if slack_user_id not in workspace.users:
        raise SlackError("user_not_found")
    return {"channel": {"id": workspace.direct_messages(slack_user_id).id}}
