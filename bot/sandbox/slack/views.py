"""Modals and home tabs: what the bot sent, and their state."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Literal

from bot.sandbox.slack.directory import APP_ID, BOT_ID, TEAM_ID
from bot.sandbox.slack.form_state import Values, state_of
from bot.sandbox.slack.normalise import normalised_blocks, normalised_text
from bot.sandbox.slack.wire import Json

# Two more modals can be pushed on the first: https://docs.slack.dev/reference/methods/views.push
MAX_DEPTH = 3
# Slack adds this title to home tabs, although an app cannot set one.
_HOME_TITLE: Json = {"type": "plain_text", "text": "View Title", "emoji": True}
AppHomeTab = Literal["home", "messages", "about"]


@dataclass(slots=True)
class SlackView:
    """`opened_in` is the conversation on the person's screen when the modal opened, if any.

    `errors` are shown under the fields, by block_id. `trouble` is the error that Slack shows if it
    cannot use the bot's answer.
    """

    id: str
    slack_user_id: str
    opened_in: str
    root_view_id: str
    previous_view_id: str = ""
    sent: Json = field(default_factory=dict)
    blocks: list[Json] = field(default_factory=list)
    values: Values = field(default_factory=dict)
    hash: str = ""
    is_open: bool = True
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    updates: int = 0
    offered: dict[str, list[Json]] = field(default_factory=dict)

    def draw(self, sent: Json) -> None:
        """Replace the content with a view from the bot, which the caller has checked."""
        self.updates += bool(self.sent)
        self.sent = sent
        self.blocks = normalised_blocks(sent["blocks"])
        self.values = state_of(self.blocks, self.opened_in, self.values)
        self.hash = f"{int(time.time())}.{secrets.token_urlsafe(6)}"
        self.errors = {}
        self.trouble = ""

    @property
    def callback_id(self) -> str:
        return str(self.sent.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        return str(self.sent.get("private_metadata", ""))

    def block(self, block_id: str) -> Json:
        """Raise LookupError, which lists the block_ids of the view."""
        for block in self.blocks:
            if block["block_id"] == block_id:
                return block
        seen = ", ".join(block["block_id"] for block in self.blocks)
        raise LookupError(f"The view has no block {block_id!r}, but {seen}")

    def payload(self, *, with_state: bool = True) -> Json:
        """Return the view as Slack sends it to the bot."""
        sent = self.sent
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "type": sent["type"],
            "blocks": self.blocks,
            "private_metadata": self.private_metadata,
            "callback_id": self.callback_id,
            "state": {"values": self.values if with_state else {}},
            "hash": self.hash,
            "title": normalised_text(sent.get("title", _HOME_TITLE)),
            "clear_on_close": sent.get("clear_on_close", False),
            "notify_on_close": sent.get("notify_on_close", False),
            "close": normalised_text(sent["close"]) if "close" in sent else None,
            "submit": normalised_text(sent["submit"]) if "submit" in sent else None,
            "previous_view_id": self.previous_view_id or None,
            "root_view_id": self.root_view_id,
            "app_id": APP_ID,
            "external_id": sent.get("external_id", ""),
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }

    def as_json(self) -> Json:
        """Return the payload, and what only the person sees, such as errors."""
        return self.payload() | {
            "user": self.slack_user_id,
            "is_open": self.is_open,
            "errors": self.errors,
            "trouble": self.trouble,
        }
