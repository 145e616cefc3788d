"""Messages, as the workspace stores them and as Slack's payloads contain them."""

from dataclasses import dataclass, field
from typing import Literal

from bot.sandbox.slack.directory import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID
from bot.sandbox.slack.wire import Json

# Slack's text for a message that an app posts with blocks and without text:
# https://docs.slack.dev/reference/methods/chat.postMessage
NO_TEXT = "This content can't be displayed."

# How a message came: from a person, the Web API, a response URL, or the answer to a command.
Via = Literal["user", "api", "response_url", "answer"]


@dataclass(slots=True)
class SlackMessage:
    """`only_for` is the user who sees an ephemeral message; empty if it is not ephemeral."""

    ts: str
    slack_channel_id: str
    slack_user_id: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    only_for: str = ""
    via: Via = "user"
    edited: bool = False
    metadata: Json | None = None

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.only_for)

    def payload(self) -> Json:
        """As in payloads and in the answer of chat.postMessage."""
        shown: Json = {"type": "message", "user": self.slack_user_id, "ts": self.ts}
        if self.slack_user_id == BOT_USER_ID:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
        else:
            shown |= {"client_msg_id": f"00000000-0000-4000-8000-{self.ts.replace('.', '')[-12:]}"}
        shown |= {"text": self.text or (NO_TEXT if self.blocks else ""), "team": TEAM_ID}
        if self.blocks:
            shown["blocks"] = self.blocks
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.edited:
            shown["edited"] = {"user": self.slack_user_id, "ts": self.ts}
        return shown

    def as_json(self) -> Json:
        """Return everything that the page and the tests need."""
        return self.payload() | {
            "channel": self.slack_channel_id,
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
            "only_for": self.only_for,
            "via": self.via,
            "edited": self.edited,
        }


_RICH_PARTS: tuple[Json, ...] = (
    {"type": "user", "user_id": "U0BEN"},
    {"type": "text", "text": " "},
    {"type": "text", "text": "urgent", "style": {"bold": True}},
    {"type": "text", "text": ": Müller & Söhne cannot pay "},
    {"type": "link", "url": "https://shop.example.com/orders/17?a=1&b=2", "text": "order 17"},
    {"type": "text", "text": ", the page says "},
    {"type": "text", "text": "402 <declined>", "style": {"code": True}},
    {"type": "text", "text": ". See "},
    {"type": "channel", "channel_id": "C0GENERAL"},
    {"type": "text", "text": " and "},
    {"type": "link", "url": "https://status.example.com"},
    {"type": "text", "text": "."},
)
_RICH_AS_TEXT = (
    "<@U0BEN> *urgent*: Müller &amp; Söhne cannot pay "
    "<https://shop.example.com/orders/17?a=1&amp;b=2|order 17>, the page says "
    "`402 &lt;declined&gt;`. See <#C0GENERAL|general> and <https://status.example.com>."
)


def seed_messages() -> list[tuple[str, str, str, list[Json]]]:
    """Return channel, author, text and blocks of the messages in a new workspace."""
    section = {"type": "rich_text_section", "elements": list(_RICH_PARTS)}
    rich = {"type": "rich_text", "block_id": "r0ch", "elements": [section]}
    return [
        ("C0SUPPORT", "U0ANN", "Good morning! Who looks after the queue today?", []),
        ("C0SUPPORT", "U0ANN", _RICH_AS_TEXT, [rich]),
        ("C0GENERAL", "U0BEN", "Lunch at noon?", []),
        ("C0PARTNERS", "U0EVE", "Our customer waits for an answer since Monday.", []),
        ("G0BILLING", "U0BEN", "The invoice of *Acme* is wrong.", []),
        ("G0TRIAGE", "U0ANN", "First line\nsecond line", []),
        ("D0ANNBEN", "U0BEN", "Could you call Mrs. Example back?", []),
    ]
