"""Private messages to one person, also when the work that they wait for fails."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Final

from bot.logs import get_logger, reference
from bot.slack.api import Done, SlackApi
from bot.slack.blocks import Message, plain_message
from bot.tasks import Tasks

BROKEN: Final = (
    "The bot made a mistake, and does not know if your request worked. Try again, and tell whoever"
    " runs the bot: reference {}."
)

log = get_logger("weav_slack.notifier")


class Notifier:
    """Only this person sees the messages: at `response_url` if given, else directly."""

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
        """Run work that this person waits for; if it raises, tell them the log's reference."""
        task = self._tasks.spawn(work, name=name)
        log_reference = reference()

        def ended(task: asyncio.Task[object]) -> None:
            if not task.cancelled() and task.exception():
                self.say(BROKEN.format(log_reference), slack_user_id, response_url)

        task.add_done_callback(ended)


async def tell_privately(
    slack: SlackApi, message: Message, slack_user_id: str, response_url: str
) -> None:
    """Use the `response_url` if there is one, else or on failure send a direct message."""
    if response_url and isinstance(await slack.respond(response_url, message), Done):
        return
    told = await slack.direct_message(slack_user_id, message)
    if not isinstance(told, Done):
        log.error("user_not_reached", code=told.code)
