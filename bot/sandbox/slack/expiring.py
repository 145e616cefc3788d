"""Trigger ids and response URLs, which Slack issues to the bot and which expire."""

import secrets
import time
from dataclasses import dataclass

from bot.sandbox.slack.directory import TEAM_ID
from bot.sandbox.slack.errors import SlackError

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 1800.0
RESPONSE_URL_USES = 5


@dataclass(slots=True)
class Trigger:
    slack_user_id: str
    slack_channel_id: str
    view_id: str
    until: float
    exchanged: bool = False


class Triggers:
    """Lower `seconds` to make triggers that are issued later expire sooner."""

    def __init__(self) -> None:
        self.seconds = TRIGGER_SECONDS
        self._issued: dict[str, Trigger] = {}

    def issue(self, slack_user_id: str, slack_channel_id: str, view_id: str = "") -> str:
        number = 1_000_000_000 + len(self._issued)
        trigger_id = f"{number}.{number + 7}.{secrets.token_hex(16)}"
        until = time.monotonic() + self.seconds
        self._issued[trigger_id] = Trigger(slack_user_id, slack_channel_id, view_id, until)
        return trigger_id

    def exchange(self, trigger_id: object) -> Trigger:
        """Use a trigger; raise SlackError as https://docs.slack.dev/reference/methods/views.open."""
        trigger = self._issued.get(trigger_id) if isinstance(trigger_id, str) else None
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.exchanged:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() >= trigger.until:
            raise SlackError("expired_trigger_id")
        trigger.exchanged = True
        return trigger


@dataclass(slots=True)
class IssuedResponseUrl:
    """`message_ts` is the message that `replace_original` and `delete_original` change."""

    slack_user_id: str
    slack_channel_id: str
    message_ts: str
    until: float
    left: int = RESPONSE_URL_USES


class ResponseUrls:
    def __init__(self) -> None:
        self.seconds = RESPONSE_URL_SECONDS
        self._issued: dict[str, IssuedResponseUrl] = {}

    def issue(
        self, kind: str, slack_user_id: str, slack_channel_id: str, message_ts: str = ""
    ) -> str:
        """Return a path like that of Slack's https://hooks.slack.com/commands/T…/1/secret."""
        path = f"/{kind}/{TEAM_ID}/{len(self._issued) + 1}/{secrets.token_urlsafe(18)}"
        until = time.monotonic() + self.seconds
        self._issued[path] = IssuedResponseUrl(slack_user_id, slack_channel_id, message_ts, until)
        return path

    def use(self, path: str) -> IssuedResponseUrl:
        """Count one use; raise SlackError if the URL is unknown, expired or used up."""
        url = self._issued.get(path)
        if url is None:
            raise SlackError("no_service")
        if time.monotonic() >= url.until:
            raise SlackError("expired_url")
        if url.left == 0:
            raise SlackError("used_url")
        url.left -= 1
        return url
