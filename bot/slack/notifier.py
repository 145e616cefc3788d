"""What the bot says to one person, also when what they wait for breaks."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Final

from bot.logs import get_logger, reference
from bot.slack.api import Done, SlackApi
from bot.slack.blocks import Message, plain_message
from bot.tasks import Tasks

BROKEN: Final = (
    "The bot made a mistake, and does not know what became of this. Try again, and tell whoever"
    " runs the bot: reference {}."
)

log = get_logger("weav_slack.notifier")


class Notifier:
    """Only for the person: where they are if `response_url` is given, else a direct message."""

    def __init__(self, slack: SlackApi, tasks: Tasks) -> None:
        self._slack = slack
        self._tasks = tasks

    def say(self, sentence: str, slack_user_id: str, response_url: str = "") -> None:
        self.tell(plain_message(sentence), slack_user_id, response_url)

    def tell(self, message: Message, slack_user_id: str, response_url: str = "") -> None:
        telling = tell_privately(self._slack, message, slack_user_id, response_url)
        self._tasks.spawn(telling, name="tell")

    def tell_when_known(
        self, message: Awaitable[Message], slack_user_id: str, response_url: str = ""
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


async def tell_privately(
    slack: SlackApi, message: Message, slack_user_id: str, response_url: str
) -> None:
    """Only for the user: where they are, or as a direct message."""
    if response_url and isinstance(await slack.respond(response_url, message), Done):
        return
    told = await slack.message(slack_user_id, message)
    if not isinstance(told, Done):
        log.error("user_not_reached", code=told.code)
