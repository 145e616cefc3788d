"""What the bot says to one person, also when what they wait for breaks."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Final

from bot.desk.opening import tell_privately
from bot.logs import reference
from bot.slack.cards import Card
from bot.slack.choices import plain_message
from bot.slack.gateway import SlackGateway
from bot.tasks import Tasks

BROKEN: Final = (
    "The bot made a mistake, and does not know what became of this. Try again, and tell whoever"
    " runs the bot: reference {}."
)


class Speaker:
    """Only for the person: where they are if `response_url` is given, else a direct message."""

    def __init__(self, slack: SlackGateway, tasks: Tasks) -> None:
        self._slack = slack
        self._tasks = tasks

    def say(self, sentence: str, slack_user_id: str, response_url: str = "") -> None:
        self.tell(plain_message(sentence), slack_user_id, response_url)

    def tell(self, message: Card, slack_user_id: str, response_url: str = "") -> None:
        telling = tell_privately(self._slack, message, slack_user_id, response_url)
        self._tasks.spawn(telling, name="tell")

    def tell_when_known(
        self, message: Awaitable[Card], slack_user_id: str, response_url: str = ""
    ) -> None:
        async def tell() -> None:
            await tell_privately(self._slack, await message, slack_user_id, response_url)

        self.spawn(tell(), "tell_when_known", slack_user_id, response_url)

    def spawn(
        self, work: Coroutine[Any, Any, object], name: str, slack_user_id: str, response_url: str
    ) -> None:
        """Do what this person waits for; if it breaks, tell them the log's reference."""
        task = self._tasks.spawn(work, name=name)
        known_as = reference()

        def ended(task: asyncio.Task[object]) -> None:
            if not task.cancelled() and task.exception():
                self.say(BROKEN.format(known_as), slack_user_id, response_url)

        task.add_done_callback(ended)
