"""Who reads a channel: conversations.info, with the scopes channels:read and groups:read."""

from enum import StrEnum
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.lookups import look_up
from bot.slack.payloads import at

GROUPS_READ: Final = "groups:read"
SCOPES: Final = ("channels:read", GROUPS_READ)
KEEP: Final = 300.0  # seconds


class Audience(StrEnum):
    """`UNSEEN`: private, and the bot is no member. `UNTOLD`: Slack does not tell this bot."""

    INSIDE = "inside"
    SHARED = "shared"
    UNSEEN = "unseen"
    UNTOLD = "untold"


# An /invite changes it at once.
PASSING: Final = (Audience.UNSEEN,)
_REFUSALS: Final = {
    "channel_not_found": Audience.UNSEEN,
    "missing_scope": Audience.UNTOLD,
    "method_not_supported": Audience.UNTOLD,
}


async def audience(client: AsyncWebClient, slack_channel_id: str) -> Audience | None:
    """Ask https://docs.slack.dev/reference/methods/conversations.info; None: no usable answer."""
    return await look_up(
        client.conversations_info(channel=slack_channel_id),
        lambda answer: audience_of(answer.get("channel")),
        refusals=_REFUSALS,
    )


def audience_of(channel: object) -> Audience | None:
    """Read https://docs.slack.dev/reference/objects/conversation-object.

    Sharing within an organisation (`is_org_shared`) shows nothing to others.
    """
    if not isinstance(channel, dict):
        return None
    shared = at(channel, "is_ext_shared") or at(channel, "is_pending_ext_shared")
    return Audience.SHARED if shared else Audience.INSIDE
