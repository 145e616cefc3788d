"""JSON between Slack and the bot."""

import json
from typing import Any

# Slack may add members to payloads at any time. bot.sandbox.slack.rules checks what the bot sends.
Json = dict[str, Any]


def json_object(raw: object) -> Json | None:
    """Return an object, also from its JSON; None for anything else."""
    if isinstance(raw, str | bytes):
        try:
            raw = json.loads(raw)
        except ValueError:
            return None
    return raw if isinstance(raw, dict) else None
