"""The methods, with the type of token and the scope that each requires."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods import chat, views, workspace_info
from bot.sandbox.slack.methods.access import require_scope
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Method:
    run: Callable[[Workspace, Json], Json]
    scope: str = ""
    for_app_token: bool = False


METHODS: Mapping[str, Method] = {
    "auth.test": Method(workspace_info.auth_test),
    "apps.connections.open": Method(workspace_info.connections_open, for_app_token=True),
    "users.info": Method(workspace_info.users_info, "users:read"),
    "conversations.info": Method(workspace_info.conversations_info),
    "conversations.open": Method(workspace_info.conversations_open, "im:write"),
    "chat.postMessage": Method(chat.post_message, "chat:write"),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write"),
    "chat.update": Method(chat.update, "chat:write"),
    "chat.delete": Method(chat.delete, "chat:write"),
    "views.open": Method(views.open_view),
    "views.push": Method(views.push_view),
    "views.update": Method(views.update_view),
    "views.publish": Method(views.publish_view),
}


def call_method(workspace: Workspace, name: str, token: str, arguments: Json) -> Json:
    """Check token and scope, and run the method; raise SlackError."""
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    _check_token(workspace, method, token)
    if method.scope:
        require_scope(workspace, method.scope)
    return {"ok": True, **method.run(workspace, arguments)}


def _check_token(workspace: Workspace, method: Method, token: str) -> None:
    if not token:
        raise SlackError("not_authed")
    if token not in {workspace.bot_token, workspace.app_token}:
        raise SlackError("invalid_auth")
    if (token == workspace.app_token) != method.for_app_token:
        raise SlackError("not_allowed_token_type")
