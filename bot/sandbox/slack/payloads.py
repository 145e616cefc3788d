"""Builds the complete payloads that Slack sends when a person does something.

https://docs.slack.dev/reference/interaction-payloads,
https://docs.slack.dev/interactivity/implementing-slash-commands and
https://docs.slack.dev/apis/events-api
"""

import secrets
import time

from bot.sandbox.slack.directory import (
    APP_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    VERIFICATION_TOKEN,
    SlackChannel,
    SlackUser,
)
from bot.sandbox.slack.form_state import Values, state_of, stateful_elements, value_in
from bot.sandbox.slack.grid import Enterprise
from bot.sandbox.slack.messages import SlackMessage
from bot.sandbox.slack.views import AppHomeTab, SlackView
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.workspace import Workspace


class Payloads:
    """Builds the payloads of one person."""

    def __init__(self, workspace: Workspace, user: SlackUser) -> None:
        self._workspace = workspace
        self._user = user

    def command(self, command: str, text: str, channel: SlackChannel) -> Json:
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": self._user.team_id,
            "team_domain": self._user.team_domain,
            "channel_id": channel.id,
            "channel_name": channel.payload_name,
            "user_id": self._user.id,
            "user_name": self._user.name,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._response_url("commands", channel.id),
            "trigger_id": self._trigger(channel.id),
            **_of_team(self._workspace.enterprise_of(self._user.team_id)),
        }

    def message_shortcut(self, callback_id: str, message: SlackMessage) -> Json:
        channel = self._workspace.channels[message.slack_channel_id]
        return self._interaction("message_action") | {
            "callback_id": callback_id,
            "action_ts": self._workspace.next_ts(),
            "trigger_id": self._trigger(channel.id),
            "response_url": self._response_url("app", channel.id),
            "channel": _channel(channel),
            "message_ts": message.ts,
            "message": message.payload(),
        }

    def global_shortcut(self, callback_id: str, viewing: str = "") -> Json:
        """`viewing` is the conversation on the person's screen; only the trigger knows it."""
        return self._interaction("shortcut") | {
            "callback_id": callback_id,
            "action_ts": self._workspace.next_ts(),
            "trigger_id": self._trigger(viewing),
        }

    def submission(self, view: SlackView) -> Json:
        return self._interaction("view_submission") | {
            "api_app_id": APP_ID,
            "trigger_id": self._trigger(view.opened_in, view.id),
            "view": view.payload(),
            "response_urls": self._view_response_urls(view),
        }

    def closed(self, view: SlackView, *, is_cleared: bool) -> Json:
        return self._interaction("view_closed") | {
            "api_app_id": APP_ID,
            "view": view.payload(),
            "is_cleared": is_cleared,
        }

    def suggestion(self, view: SlackView, block_id: str, action_id: str, query: str) -> Json:
        """Include the view as the bot sent it, without its state.

        https://github.com/slackapi/bolt-js/issues/1146
        """
        return self._interaction("block_suggestion") | {
            "api_app_id": APP_ID,
            "container": {"type": "view", "view_id": view.id},
            "action_id": action_id,
            "block_id": block_id,
            "value": query,
            "view": view.payload(with_state=False),
        }

    def action_in_view(self, view: SlackView, action: Json) -> Json:
        return self._interaction("block_actions") | {
            "api_app_id": APP_ID,
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self._trigger(view.opened_in, view.id),
            "view": view.payload(),
            "actions": [action | {"action_ts": self._workspace.next_ts()}],
        }

    def action_in_message(self, message: SlackMessage, values: Values, action: Json) -> Json:
        channel = self._workspace.channels[message.slack_channel_id]
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.is_ephemeral,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self._interaction("block_actions") | {
            "api_app_id": APP_ID,
            "container": container,
            "trigger_id": self._trigger(channel.id),
            "channel": _channel(channel),
            "state": {"values": state_of(message.blocks, channel.id, values)},
            "response_url": self._response_url("actions", channel.id, message.ts),
            "actions": [action | {"action_ts": self._workspace.next_ts()}],
        }
        # Slack does not store ephemeral messages, so it cannot include them.
        return payload if message.is_ephemeral else payload | {"message": message.payload()}

    def home_opened(self, tab: AppHomeTab) -> Json:
        """With `view` once one is published.

        https://docs.slack.dev/reference/events/app_home_opened
        """
        home = self._workspace.homes.get(self._user.id) if tab == "home" else None
        return self.event(
            {
                "type": "app_home_opened",
                "user": self._user.id,
                "channel": self._workspace.direct_messages(self._user.id).id,
                "tab": tab,
                **({"view": home.payload()} if home else {}),
                "event_ts": self._workspace.next_ts(),
            }
        )

    def event(self, event: Json) -> Json:
        """Wrap an event; the team is always the app's, even if the user is from another."""
        enterprise = self._workspace.enterprise_of(TEAM_ID)
        authorization = {
            "enterprise_id": enterprise and enterprise.id,
            "team_id": TEAM_ID,
            "user_id": BOT_USER_ID,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            **({"enterprise_id": enterprise.id} if enterprise else {}),
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
        }

    def _interaction(self, kind: str) -> Json:
        """`team` and `enterprise` are the app's, even if `user` is from another.

        https://github.com/slackapi/java-slack-sdk/issues/1041
        """
        home = self._workspace.enterprise_of(TEAM_ID)
        return {
            "type": kind,
            "token": VERIFICATION_TOKEN,
            "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN, **_of_team(home)},
            "user": {
                "id": self._user.id,
                "username": self._user.name,
                "name": self._user.name,
                "team_id": self._reported_team_id(),
            },
            "enterprise": home and home.as_json(),
            "is_enterprise_install": False,
        }

    def _reported_team_id(self) -> str:
        enterprise = self._workspace.enterprise_of(self._user.team_id)
        if enterprise is None or enterprise.names_teams:
            return self._user.team_id
        return enterprise.id

    def _trigger(self, slack_channel_id: str, view_id: str = "") -> str:
        return self._workspace.triggers.issue(self._user.id, slack_channel_id, view_id)

    def _response_url(self, kind: str, slack_channel_id: str, message_ts: str = "") -> str:
        path = self._workspace.response_urls.issue(
            kind, self._user.id, slack_channel_id, message_ts
        )
        return self._workspace.base_url + path

    def _view_response_urls(self, view: SlackView) -> list[Json]:
        urls = []
        for block, element in stateful_elements(view.blocks):
            chosen = value_in(view.values[block["block_id"]][element["action_id"]])
            if element.get("response_url_enabled") and chosen:
                urls.append(
                    {
                        "block_id": block["block_id"],
                        "action_id": element["action_id"],
                        "channel_id": chosen,
                        "response_url": self._response_url("app", chosen),
                    }
                )
        return urls


def _of_team(enterprise: Enterprise | None) -> Json:
    return enterprise.of_team() if enterprise else {}


def _channel(channel: SlackChannel) -> Json:
    return {"id": channel.id, "name": channel.payload_name}
