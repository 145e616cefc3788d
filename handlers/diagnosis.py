"""`/weav-conversation check`: what `weav-slack check` says, for those who look after the bot."""

from collections.abc import Awaitable, Callable, Mapping

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.desk import Speaker
from bot.slack.cards import Card
from bot.slack.refusals import admins_only


class Diagnosis:
    def __init__(
        self, admins: frozenset[str], examine: Callable[[], Awaitable[Card]], speaker: Speaker
    ) -> None:
        """`examine` takes as long as Slack and Weav do: seconds, or WEAV_TIMEOUT."""
        self._admins = admins
        self._examine = examine
        self._speaker = speaker

    async def answer(self, ack: AsyncAck, command: Mapping[str, str]) -> None:
        slack_user_id = command["user_id"]
        if slack_user_id not in self._admins:
            await ack(response_type="ephemeral", text=admins_only(self._admins))
            return
        self._speaker.tell_when_known(self._examine(), slack_user_id, command["response_url"])
        await ack(response_type="ephemeral", text="Checking this installation…")
