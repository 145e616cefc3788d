"""`/weav-conversation` and the words after it."""

from typing import assert_never

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.desk import Desk, Opening
from bot.slack import ids
from bot.slack.cards import Card
from bot.slack.choices import usage_message
from bot.slack.values import Origin, Reopening
from bot.slack.words import Help, Prefill, Status, parse_words


def register(app: AsyncApp) -> None:
    app.command(ids.COMMAND)(run_command)


async def run_command(ack: AsyncAck, command: dict[str, str], desk: Desk) -> None:
    match parse_words(command.get("text", "")):
        case Help():
            await _answer(ack, usage_message())
        case Status():
            await _answer(ack, await desk.status(command["team_id"], command["user_id"]))
        case Prefill(values):
            origin = Origin(via="command", slack_channel_id=command["channel_id"])
            desk.open_form(
                Opening(
                    trigger_id=command["trigger_id"],
                    form=Reopening(values, origin),
                    slack_user_id=command["user_id"],
                    response_url=command["response_url"],
                )
            )
            await ack()
        case words:
            assert_never(words)


async def _answer(ack: AsyncAck, card: Card) -> None:
    await ack(response_type="ephemeral", text=card.text, blocks=card.blocks)
