"""The app manifest, built from the ids that the handlers listen for.

https://docs.slack.dev/reference/app-manifest; the tests check it against Slack's JSON Schema.
"""

from typing import Any

import yaml

from bot.slack import ids

SCOPES = ["commands", "chat:write", "chat:write.public"]
EVENTS = ["app_home_opened"]  # takes no scope

_DESCRIPTION = "Open Weav conversations without leaving Slack"
_LONG_DESCRIPTION = """\
Open a conversation in Weav without leaving Slack: type /weav-conversation, choose "Open Weav \
conversation" in a message's menu, or "New Weav conversation" in the shortcuts menu. Fill in the \
form, and a card for the new conversation appears in the channel. A form opens one conversation \
only, even if you submit it twice or Weav answers late. Nothing you type is lost: if Weav is down, \
the conversation is queued, or the form comes back filled in, with the reason. The app's home tab \
shows what waits for you and how your conversations are.
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
    """Return YAML to paste into Slack: for HTTP if a request URL is given, else for Socket Mode."""
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
        # Slack verifies this URL when the manifest is pasted, so the bot must be running.
        events = {"request_url": request_url, **events}
        interactivity["request_url"] = request_url
        # The form's selects load their options from here; the name is older than modals.
        interactivity["message_menu_options_url"] = request_url
    return {
        "event_subscriptions": events,
        "interactivity": interactivity,
        "org_deploy_enabled": False,
        "socket_mode_enabled": request_url is None,
        "token_rotation_enabled": False,
    }
