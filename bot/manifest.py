"""The app manifest, from the same ids that the handlers listen for.

https://docs.slack.dev/reference/app-manifest; Slack's own JSON Schema checks it in the tests.
"""

from typing import Any

import yaml

from bot.slack import ids

SCOPES = ["commands", "chat:write", "chat:write.public"]
EVENTS = ["app_home_opened"]  # which takes no scope

_DESCRIPTION = "Open Weav conversations without leaving Slack"
_LONG_DESCRIPTION = """\
Open a conversation in Weav from where you are: type /weav-conversation, use "Open Weav \
conversation" on a message, or "New Weav conversation" from the shortcuts menu. Fill in the form, \
and a card with the new conversation appears in the channel. A conversation is opened once, also \
when you submit twice or Weav answers late, and nothing that you typed is lost: when Weav does not \
answer, the conversation is queued or the form comes back filled in, with the reason. The app's \
home tab has what waits for you, and how your conversations are.
"""
_SHORTCUTS = [
    {
        "name": "Open Weav conversation",
        "type": "message",
        "callback_id": ids.MESSAGE_SHORTCUT,
        "description": "Open a conversation in Weav about this message",
    },
    {
        "name": "New Weav conversation",
        "type": "global",
        "callback_id": ids.GLOBAL_SHORTCUT,
        "description": "Open a conversation in Weav",
    },
]


def manifest(request_url: str | None = None) -> str:
    """YAML to paste into Slack: Socket Mode, or HTTP when a request URL is given."""
    document = {
        "display_information": {
            "name": "Weav",
            "description": _DESCRIPTION,
            "long_description": _LONG_DESCRIPTION,
            "background_color": "#1f2a44",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Weav", "always_online": True},
            "shortcuts": _SHORTCUTS,
            "slash_commands": [_command(request_url)],
        },
        "oauth_config": {"scopes": {"bot": SCOPES}},
        "settings": _settings(request_url),
    }
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text


def _command(request_url: str | None) -> dict[str, Any]:
    command = {
        "command": ids.COMMAND,
        "description": "Open a conversation in Weav",
        "usage_hint": "[email|chat] [priority] [customer UUID or link] [subject] | status | help",
        "should_escape": False,
    }
    return command if request_url is None else command | {"url": request_url}


def _settings(request_url: str | None) -> dict[str, Any]:
    interactivity: dict[str, Any] = {"is_enabled": True}
    events: dict[str, Any] = {"bot_events": EVENTS}
    if request_url is not None:
        # Slack asks there at once whether it is ours, so that the bot must run.
        events = {"request_url": request_url, **events}
        interactivity["request_url"] = request_url
        # Where the selects of the form ask for their options: its name is older than modals.
        interactivity["message_menu_options_url"] = request_url
    return {
        "event_subscriptions": events,
        "interactivity": interactivity,
        "org_deploy_enabled": False,
        "socket_mode_enabled": request_url is None,
        "token_rotation_enabled": False,
    }
