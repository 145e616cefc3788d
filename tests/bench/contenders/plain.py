"""The view, request and card of the contenders in Python."""

import json
from pathlib import Path
from typing import Any

COMMAND = "/weav-conversation"
MODAL = "weav_conversation"
FORM: dict[str, Any] = json.loads(Path(__file__).with_name("form.json").read_text())
REQUEST = (
    "channel",
    "customer_id",
    "subject",
    "status",
    "priority",
    "assignee_type",
    "assignee_id",
)


def form(slack_channel_id: str) -> dict[str, Any]:
    return FORM | {"private_metadata": slack_channel_id}


def request_of(view: dict[str, Any]) -> dict[str, str]:
    values = view["state"]["values"]
    found = {}
    for field in REQUEST:
        entry = values[field][field]
        chosen = entry.get("selected_option") or {}
        if value := entry.get("value") or chosen.get("value"):
            found[field] = value
    return found


def card(body: dict[str, Any], conversation: dict[str, Any]) -> dict[str, Any]:
    lines = [f"*{field}*: {conversation[field]}" for field in REQUEST if conversation.get(field)]
    text = f"<@{body['user']['id']}> opened conversation {conversation['id']}"
    return {
        "channel": body["view"]["private_metadata"],
        "text": f"{text}: {conversation.get('subject', '')}",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": text}},
            {"type": "section", "fields": [{"type": "mrkdwn", "text": line} for line in lines]},
        ],
    }
