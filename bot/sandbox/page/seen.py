"""JSON for the page: what one person may see of Slack, and everything in Weav."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack import Workspace
from bot.sandbox.slack.directory import TEAM_ID, Kind
from bot.sandbox.slack.feed import FeedEvent
from bot.sandbox.slack.wire import Json
from bot.sandbox.weav import Exchange, WeavSandbox, WebhookDelivery
from bot.sandbox.weav.seeds import COMPANIES

_FOR_EVERYBODY = {
    "exchange",
    "conversation",
    "conversation_deleted",
    "weav_message",
    "webhook",
    "customer",
    "switches",
}


def slack_json(workspace: Workspace, slack_user_id: str) -> Json:
    whole = workspace.snapshot(slack_user_id)
    shown = {c["id"] for c in whole["channels"] if _sees(workspace, slack_user_id, c["id"])}
    channels = [channel for channel in whole["channels"] if channel["id"] in shown]
    messages = [message for message in whole["messages"] if message["channel"] in shown]
    return whole | {"channels": channels, "messages": messages}


def weav_json(weav: WeavSandbox) -> Json:
    return {
        "exchanges": [exchange_json(exchange) for exchange in weav.requests],
        "conversations": weav.conversations,
        "messages": [each for written in weav.store.messages.values() for each in written],
        "webhooks": [webhook_json(delivery) for delivery in weav.webhooks.deliveries],
        "customers": list(weav.store.customers.values()),
        "companies": [{"id": id_, "name": name} for name, id_ in COMPANIES.items()],
        "agents": list(weav.store.agents.values()),
        "users": [{"id": id_, "name": name} for id_, name in weav.store.users.items()],
    }


def is_visible(workspace: Workspace, slack_user_id: str, event: FeedEvent) -> bool:
    """Whether this person may see a change."""
    match event.kind, event.data:
        case (
            ("message" | "message_changed" | "message_deleted"),
            {
                "channel": str(channel),
                "only_for": reader,
            },
        ):
            return reader in {"", slack_user_id} and _sees(workspace, slack_user_id, channel)
        case (
            ("view_opened" | "view_updated" | "view_closed" | "home_published" | "trouble"),
            {"user": user},
        ):
            return bool(user == slack_user_id)
        case "channel", {"id": str(channel)}:
            return _sees(workspace, slack_user_id, channel)
        case _:
            return event.kind in _FOR_EVERYBODY


def exchange_json(exchange: Exchange) -> Json:
    """A request to Weav; its answer was lost if it has `seconds` but no status."""
    return {
        "number": exchange.number,
        "at": exchange.at.isoformat(),
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "user_agent": exchange.headers.get("user-agent", ""),
        "body": exchange.body.decode(errors="replace"),
        "status": exchange.status,
        "answer": exchange.answer.decode(errors="replace"),
        "seconds": exchange.seconds,
    }


def webhook_json(delivery: WebhookDelivery) -> Json:
    return {
        "number": delivery.number,
        "event": delivery.event,
        "body": delivery.body.decode(),
        "signature": delivery.signature,
        "is_over": delivery.is_over,
        "is_accepted": delivery.is_accepted,
        "attempts": [
            {"at": each.at.isoformat(), "status": each.status, "seconds": each.seconds}
            for each in delivery.attempts
        ],
    }


async def publish_weav_events(weav: WeavSandbox, workspace: Workspace) -> None:
    """Publish Weav's events on the feed that the page follows, forever."""
    tell = workspace.feed.publish
    async for event in weav.events():
        match event.kind:
            case "request" | "answer":
                tell("exchange", exchange_json(event.item))
            case "created" | "updated":
                tell("conversation", event.item)
            case "deleted":
                tell("conversation_deleted", event.item)
            case "message":
                tell("weav_message", event.item)
            case "webhook":
                tell("webhook", webhook_json(event.item))
            case "customer":
                tell("customer", event.item)
            case "agent" | "faults":
                pass


def _sees(workspace: Workspace, slack_user_id: str, slack_channel_id: str) -> bool:
    """Guests and people from other organisations only see channels that they are members of."""
    user, channel = workspace.users[slack_user_id], workspace.channels[slack_channel_id]
    at_home = user.team_id == TEAM_ID and not user.is_guest
    return slack_user_id in channel.members or (at_home and channel.kind is Kind.PUBLIC)


def app_json(manifest: Mapping[str, Any]) -> Json:
    """Return the parts of the manifest that Slack's client shows."""
    features = manifest["features"]
    return {
        "name": features["bot_user"]["display_name"],
        "description": manifest["display_information"]["description"],
        "commands": features["slash_commands"],
        "shortcuts": features["shortcuts"],
        "home_tab": features["app_home"]["home_tab_enabled"],
    }
