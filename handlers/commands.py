"""`/weav-conversation` and the words after it."""

from dataclasses import replace
from typing import assert_never

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.desk import Admission, Desk, Opening
from bot.slack import ids
from bot.slack.cards import Card
from bot.slack.choices import usage_message
from bot.slack.values import FormValues, Origin, Reopening
from bot.slack.words import Check, Defaults, Help, Me, Prefill, Status, parse_words
from handlers.diagnosis import Diagnosis


def register(app: AsyncApp) -> None:
    app.command(ids.COMMAND)(run_command)


async def run_command(
    ack: AsyncAck, command: dict[str, str], desk: Desk, diagnosis: Diagnosis, admission: Admission
) -> None:
    match parse_words(command.get("text", "")):
        case Help():
            await _answer(ack, usage_message())
        case Status():
            await _answer(ack, await desk.status(command["team_id"], command["user_id"]))
        case Check():
            await diagnosis.answer(ack, command)
        case Me(weav_user_id):
            name = command.get("user_name") or command["user_id"]
            await _answer(ack, await desk.form_help.be(command["user_id"], weav_user_id, name))
        case Defaults():
            desk.open_defaults(_opening(command, FormValues()))
            await ack()
        case Prefill(values):
            desk.open_form(replace(_opening(command, values), admission=admission))
            await ack()
        case words:
            assert_never(words)


def _opening(command: dict[str, str], values: FormValues) -> Opening:
    origin = Origin(via="command", slack_channel_id=command["channel_id"])
    return Opening(
        trigger_id=command["trigger_id"],
        form=Reopening(values, origin),
        slack_user_id=command["user_id"],
        response_url=command["response_url"],
        new=True,
    )


async def _answer(ack: AsyncAck, card: Card) -> None:
    await ack(response_type="ephemeral", text=card.text, blocks=card.blocks)
