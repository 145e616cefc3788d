"""What forms begin with, by Slack channel: in memory, since Slack's trigger waits for the form."""

from collections.abc import Mapping
from typing import Final

from bot.ledger import LedgerUnavailable, Memory
from bot.logs import get_logger
from bot.slack.defaults import ChosenDefaults

log = get_logger("weav_slack.channel_defaults")

# Seconds until what was chosen at another replica is known here.
READ_EVERY: Final = 5.0


class ChannelDefaults:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._by_channel: Mapping[str, Mapping[str, str]] = {}
        self._choices = 0

    def of(self, slack_channel_id: str) -> Mapping[str, str]:
        """Give values by field; none before the first `read`."""
        return self._by_channel.get(slack_channel_id, {})

    async def choose(self, defaults: ChosenDefaults) -> None:
        """Keep them for all replicas. Raise LedgerUnavailable."""
        channel = defaults.slack_channel_id
        await self._memory.choose_defaults(channel, defaults.chosen, defaults.slack_user_id)
        self._choices += 1
        self._by_channel = {**self._by_channel, channel: defaults.chosen}

    async def read(self) -> None:
        """Learn what others chose; when the database does not answer, nothing is forgotten."""
        choices = self._choices
        try:
            known = await self._memory.all_defaults()
        except LedgerUnavailable as error:
            log.warning("defaults_not_read", error=str(error))
            return
        if choices == self._choices:  # else this may be older than what was chosen here
            self._by_channel = known
