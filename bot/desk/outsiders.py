"""Whether people of other organisations read a channel, as far as Slack tells this bot."""

from bot.slack.audience import SCOPES, Audience
from bot.slack.installation import Installation
from bot.slack.lookups import Lookups

# Seconds; a card has time, and a form is open already.
WITHIN = 3.0


class Outsiders:
    def __init__(self, audiences: Lookups[Audience], installation: Installation) -> None:
        self._audiences = audiences
        self._installation = installation

    async def may_read(self, slack_channel_id: str) -> bool:
        """Suppose so when Slack could tell and does not answer: a short card harms nobody."""
        return await self._audience(slack_channel_id) in {Audience.SHARED, None}

    async def do_read(self, slack_channel_id: str) -> bool:
        return await self._audience(slack_channel_id) is Audience.SHARED

    async def do_read_beside(self, slack_channel_id: str) -> bool:
        """Ask only where it is worth it beside a form that has just been opened."""
        return bool(self._installation.may(*SCOPES)) and await self.do_read(slack_channel_id)

    async def _audience(self, slack_channel_id: str) -> Audience | None:
        # Direct messages (D…) and people (U…) would need further scopes.
        if not slack_channel_id.startswith(("C", "G")) or self._installation.may(*SCOPES) is False:
            return Audience.UNTOLD
        return await self._audiences.find(slack_channel_id, WITHIN)
