"""The buttons under what the bot says, and those on a card."""

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.card.controls import parse_click
from bot.card.service import CardService
from bot.form.service import Admission, FormRequest, FormService
from bot.form.values import FilledForm
from bot.slack import ids
from bot.submissions.notify import ReplyTarget
from bot.submissions.service import Desk
from bot.submissions.unconfirmed import Choice

CHOICES = {
    ids.LOOK_AGAIN: Choice.LOOK_AGAIN,
    ids.CREATE_AGAIN: Choice.CREATE_AGAIN,
    ids.LEAVE: Choice.LEAVE,
}
MOST_DIGITS = 19  # of PostgreSQL's bigint


def register(app: AsyncApp) -> None:
    app.action(ids.REOPEN)(reopen_form)
    for action_id in CHOICES:
        app.action(action_id)(decide)
    for action_id in (ids.ASSIGN_TO_ME, ids.CLOSE, ids.OPEN_AGAIN, ids.SET_PRIORITY):
        app.action(action_id)(change)


async def reopen_form(
    ack: AsyncAck,
    body: dict[str, Any],
    action: dict[str, Any],
    forms: FormService,
    admission: Admission,
) -> None:
    """Its value is the form, or in `status` the ID of the row that has it."""
    form_request = FormRequest(
        trigger_id=body.get("trigger_id") or "",
        form=FilledForm.from_value(action.get("value")).at_origin(),
        slack_user_id=body["user"]["id"],
        response_url=body.get("response_url") or "",
        admission=admission,
    )
    if entry_id := _entry_id(action):
        forms.open_stored(entry_id, form_request)
    else:
        forms.open(form_request)
    await ack()


async def decide(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], desk: Desk) -> None:
    target = ReplyTarget(
        slack_user_id=body["user"]["id"],
        view_id=(body.get("view") or {}).get("id", ""),
        response_url=body.get("response_url") or "",
    )
    desk.decide(CHOICES[action["action_id"]], _entry_id(action), target)
    await ack()


def _entry_id(action: dict[str, Any]) -> int:
    """0, which no row has, for a value that is none's ID."""
    value = action.get("value") or ""
    return int(value) if value.isdecimal() and len(value) < MOST_DIGITS else 0


NOT_READ = (
    "Change the conversation in Weav: the bot cannot read this card any more, which may be from"
    " another version of the bot."
)


async def change(
    ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], desk: Desk, cards: CardService
) -> None:
    click = parse_click(body, action)
    if click is None:
        desk.notifier.say(NOT_READ, body["user"]["id"], body.get("response_url") or "")
    else:
        cards.change(click)
    await ack()
