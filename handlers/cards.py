"""The buttons and the menu on a card."""

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.desk import Desk
from bot.slack import ids
from bot.slack.clicks import parse_click

NOT_READ = "The bot cannot read this card any more. It may be from another version of the bot."


def register(app: AsyncApp) -> None:
    for action_id in (ids.ASSIGN_TO_ME, ids.CLOSE, ids.OPEN_AGAIN, ids.SET_PRIORITY):
        app.action(action_id)(change)


async def change(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], desk: Desk) -> None:
    click = parse_click(body, action)
    if click is None:
        desk.speaker.say(NOT_READ, body["user"]["id"], body.get("response_url") or "")
    else:
        desk.change(click)
    await ack()
