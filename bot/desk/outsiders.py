"""Whether people of other organisations read a channel, as far as Slack tells this bot."""

from bot.slack.audience import GROUPS_READ, SCOPES, Audience
from bot.slack.installation import Installation
from bot.slack.lookups import Lookups

# Seconds; a card has time, and a form is open already.
WITHIN = 3.0


class Outsiders:
    def __init__(self, audiences: Lookups[Audience], installation: Installation) -> None:
        self._audiences = audiences
        self._installation = installation

    async def of_card(self, slack_channel_id: str) -> Audience:
        """Suppose the worst when Slack could tell and does not answer: short cards harm nobody."""
        return await self._audience(slack_channel_id) or Audience.UNSEEN

    async def of_form(self, slack_channel_id: str) -> Audience:
        return await self._audience(slack_channel_id) or Audience.UNTOLD

    async def of_new_form(self, slack_channel_id: str) -> Audience:
        """Ask only where it is worth it beside a form that has just been opened."""
        if not self._installation.may(*SCOPES):
            return Audience.UNTOLD
        return await self.of_form(slack_channel_id)

    async def _audience(self, slack_channel_id: str) -> Audience | None:
        # A direct message (D…, or somebody's U…) has one reader, whom its author has chosen, and
        # the bot can never look into one of two other people.
        if not slack_channel_id.startswith(("C", "G")) or self._installation.may(*SCOPES) is False:
            return Audience.UNTOLD
        audience = await self._audiences.find(slack_channel_id, WITHIN)
        if audience is Audience.UNSEEN and not self._installation.may(GROUPS_READ):
            return Audience.UNTOLD  # nor could it see private channels that it is in
        return audience
