"""The state of the sandbox Slack, which the bot, the tests and the page share."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bot.sandbox.slack.directory import BOT_USER_ID, Kind, SlackChannel, seed_channels, seed_users
from bot.sandbox.slack.expiring import ResponseUrls, Triggers
from bot.sandbox.slack.faults import FaultBoard
from bot.sandbox.slack.feed import Feed, Subscription
from bot.sandbox.slack.grid import Enterprise
from bot.sandbox.slack.messages import SlackMessage, Via, seed_messages
from bot.sandbox.slack.normalise import normalised_blocks
from bot.sandbox.slack.records import ApiCall, Trouble
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.views import SlackView
from bot.sandbox.slack.wire import Json

T = TypeVar("T")
SCOPES = ("commands", "chat:write", "chat:write.public")


class Workspace:
    """`base_url` is the URL of the sandbox Slack, without a trailing slash.

    `views` are modals by view id, `homes` are home tabs by user id. `bot_events` are the events
    that the app has subscribed to. `event_retries` are the seconds before each retry of a failed
    event; Slack's are 0, 60 and 300.
    """

    def __init__(self, scopes: tuple[str, ...] = SCOPES) -> None:
        self.base_url = ""
        self.bot_token = "xoxb-sandbox"  # noqa: S105 - opens nothing but this sandbox
        self.app_token = "xapp-sandbox"  # noqa: S105 - opens nothing but this sandbox
        self.scopes = scopes
        self.enterprises: tuple[Enterprise, ...] = ()
        self.users = seed_users()
        self.channels = seed_channels()
        self.messages: list[SlackMessage] = []
        self.views: dict[str, SlackView] = {}
        self.homes: dict[str, SlackView] = {}
        self.home_tab_enabled = True
        self.bot_events = frozenset({"app_home_opened"})
        self.event_retries: tuple[float, ...] = (0.0,)
        self.calls: list[ApiCall] = []
        self.troubles: list[Trouble] = []
        self.faults = FaultBoard()
        self.triggers = Triggers()
        self.response_urls = ResponseUrls()
        self.socket_mode = SocketMode()
        self.feed = Feed()
        self._last_ts = 0
        for slack_channel_id, slack_user_id, text, blocks in seed_messages():
            self.add_message(slack_channel_id, slack_user_id, text, blocks)
        asked = self.messages_in("C0SUPPORT")[-1]
        self.add_message("C0SUPPORT", "U0BEN", "I am on it.", [], thread_ts=asked.ts)

    def install(self, manifest: Mapping[str, Any]) -> None:
        """Apply the app's manifest; an app with a home tab is in everybody's sidebar."""
        self.home_tab_enabled = manifest["features"]["app_home"]["home_tab_enabled"]
        subscribed = manifest["settings"].get("event_subscriptions", {})
        self.bot_events = frozenset(subscribed.get("bot_events", ()))
        if self.home_tab_enabled:
            for user in self.users.values():
                if not user.is_bot:
                    self.direct_messages(user.id)

    def enterprise_of(self, team_id: str) -> Enterprise | None:
        """Return the workspace's organisation on Enterprise Grid, if any."""
        return next((each for each in self.enterprises if team_id in each.team_ids), None)

    def next_ts(self) -> str:
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add_message(
        self,
        slack_channel_id: str,
        slack_user_id: str,
        text: str,
        blocks: list[Json],
        *,
        thread_ts: str = "",
        only_for: str = "",
        via: Via = "user",
        metadata: Json | None = None,
    ) -> SlackMessage:
        message = SlackMessage(
            self.next_ts(),
            slack_channel_id,
            slack_user_id,
            text,
            normalised_blocks(blocks),
            thread_ts=thread_ts,
            only_for=only_for,
            via=via,
            metadata=metadata,
        )
        self._keep_message(message)
        return message

    def _keep_message(self, message: SlackMessage) -> None:
        self.messages.append(message)
        parent = self.message(message.thread_ts)
        if parent is not None and not message.is_ephemeral:
            parent.thread_ts = parent.ts
        self.feed.publish("message", message.as_json())

    def change_message(self, message: SlackMessage, text: str, blocks: list[Json]) -> None:
        message.text, message.blocks, message.edited = text, normalised_blocks(blocks), True
        self.feed.publish("message_changed", message.as_json())

    def remove_message(self, message: SlackMessage) -> None:
        self.messages.remove(message)
        self.feed.publish("message_deleted", message.as_json())

    def message(self, message_ts: str) -> SlackMessage | None:
        return next((m for m in self.messages if m.ts == message_ts), None)

    def messages_in(self, slack_channel_id: str, seen_by: str = "") -> list[SlackMessage]:
        """Return the messages for everybody, and those that are only for `seen_by`."""
        return [
            message
            for message in self.messages
            if message.slack_channel_id == slack_channel_id and message.only_for in {"", seen_by}
        ]

    def from_bot(self, slack_channel_id: str = "") -> list[SlackMessage]:
        """Return the bot's messages, ephemeral ones too, in one channel or in all."""
        return [
            message
            for message in self.messages
            if message.slack_user_id == BOT_USER_ID
            and slack_channel_id in {"", message.slack_channel_id}
        ]

    def direct_messages(self, slack_user_id: str) -> SlackChannel:
        """Return a person's direct messages with the bot; create them on first use."""
        slack_channel_id = f"D{slack_user_id[1:]}BOT"
        if slack_channel_id not in self.channels:
            members = {slack_user_id, BOT_USER_ID}
            opened = SlackChannel(slack_channel_id, "", Kind.IM, members)
            self.channels[slack_channel_id] = opened
            self.feed.publish("channel", self.channel_json(opened))
        return self.channels[slack_channel_id]

    def open_views(self, slack_user_id: str) -> list[SlackView]:
        """Return a person's open modals, the top one last."""
        views = self.views.values()
        return [view for view in views if view.slack_user_id == slack_user_id and view.is_open]

    def top_view(self, slack_user_id: str) -> SlackView | None:
        return next(reversed(self.open_views(slack_user_id)), None)

    def show_view(self, view: SlackView, sent: Json) -> None:
        is_new = view.id not in self.views
        view.draw(sent)
        self.views[view.id] = view
        self.feed.publish("view_opened" if is_new else "view_updated", view.as_json())

    def publish_home(self, view: SlackView, sent: Json) -> None:
        view.draw(sent)
        self.homes[view.slack_user_id] = view
        self.feed.publish("home_published", view.as_json())

    def close_view(self, view: SlackView) -> None:
        view.is_open = False
        self.feed.publish("view_closed", view.as_json())

    def record_call(self, call: ApiCall) -> None:
        self.calls.append(call)
        self.feed.publish("call", call.as_json())

    def record_trouble(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)
        self.feed.publish("trouble", trouble.as_json())

    def calls_of(self, method: str) -> list[ApiCall]:
        return [call for call in self.calls if call.method == method]

    def connections(self) -> int:
        """Count the connections that the bot has made its calls on."""
        return len({call.peer for call in self.calls})

    def events(self) -> Subscription:
        """Subscribe to all changes: `async for event in workspace.events()`."""
        return self.feed.subscribe()

    async def until(self, look: Callable[["Workspace"], T | None], within: float = 5) -> T:
        """Wait for the first truthy `look(workspace)`, as `Feed.until`."""
        return await self.feed.until(lambda: look(self), within)

    def channel_json(self, channel: SlackChannel) -> Json:
        return channel.as_json() | {"name": channel.name, "members": sorted(channel.members)}

    def snapshot(self, seen_by: str) -> Json:
        """Return everything that one person sees, as JSON for the page."""
        seen = {c.id for c in self.channels.values() if seen_by in c.members}
        public = {c.id for c in self.channels.values() if c.kind is Kind.PUBLIC}
        return {
            "users": [user.as_json() for user in self.users.values()],
            "channels": [self.channel_json(self.channels[one]) for one in sorted(seen | public)],
            "messages": [
                message.as_json()
                for message in self.messages
                if message.slack_channel_id in seen | public and message.only_for in {"", seen_by}
            ],
            "views": [view.as_json() for view in self.open_views(seen_by)],
            "home": self.homes[seen_by].as_json() if seen_by in self.homes else None,
            "troubles": [t.as_json() for t in self.troubles if t.slack_user_id == seen_by],
        }
