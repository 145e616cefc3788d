"""The shapes that travel between Slack and the bot."""

import json
from typing import Any

# Payloads are Slack's, open-ended by nature; they are checked by bot.sandbox.slack.rules.
Json = dict[str, Any]


def json_object(raw: object) -> Json | None:
    """Read an object, or a string with an object in it; None for anything else."""
    if isinstance(raw, str | bytes):
        try:
            raw = json.loads(raw)
        except ValueError:
            return None
    return raw if isinstance(raw, dict) else None
