"""Whether people of other organisations read a channel: conversations.info, cached.

It needs the scopes channels:read and groups:read.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cache import LookupCache, look_up
from bot.slack.client import Installation
from bot.slack.payloads import at

GROUPS_READ: Final = "groups:read"
SCOPES: Final = ("channels:read", GROUPS_READ)
KEEP_AUDIENCE: Final = 300.0  # seconds
# Seconds. Nobody waits for it: a card may come later, and a form is already open.
AUDIENCE_WITHIN = 3.0


class Audience(StrEnum):
    """`HIDDEN`: the bot is not in the private channel. `UNKNOWN`: Slack did not say."""

    INSIDE = "inside"
    SHARED = "shared"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


# Not cached: an /invite changes it at once.
UNCACHED: Final = (Audience.HIDDEN,)
_REFUSALS: Final = {
    "channel_not_found": Audience.HIDDEN,
    "missing_scope": Audience.UNKNOWN,
    "method_not_supported": Audience.UNKNOWN,
}


async def fetch(client: AsyncWebClient, slack_channel_id: str) -> Audience | None:
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


@dataclass(eq=False, repr=False)
class ChannelAudiences:
    _audiences: LookupCache[Audience]
    _installation: Installation

    async def of_card(self, slack_channel_id: str) -> Audience:
        """Assume the worst if Slack does not answer: a short card harms nobody."""
        return await self._audience(slack_channel_id) or Audience.HIDDEN

    async def of_form(self, slack_channel_id: str) -> Audience:
        return await self._audience(slack_channel_id) or Audience.UNKNOWN

    async def of_new_form(self, slack_channel_id: str) -> Audience:
        """Ask only if the bot surely has a scope for it: a call beside each new form is costly."""
        if not self._installation.has_any_scope(*SCOPES):
            return Audience.UNKNOWN
        return await self.of_form(slack_channel_id)

    async def _audience(self, slack_channel_id: str) -> Audience | None:
        # The author of a direct message (D…, or a user's U…) chose its reader, and the bot cannot
        # see one between two other people.
        if (
            not slack_channel_id.startswith(("C", "G"))
            or self._installation.has_any_scope(*SCOPES) is False
        ):
            return Audience.UNKNOWN
        audience = await self._audiences.find(slack_channel_id, AUDIENCE_WITHIN)
        if audience is Audience.HIDDEN and not self._installation.has_any_scope(GROUPS_READ):
            return Audience.UNKNOWN  # without the scope, an invitation would not help
        return audience
