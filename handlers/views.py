"""The submitted form."""

import asyncio
from typing import Any, assert_never

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.desk import Close, Desk, MarkFields, Show, reply_to_modal
from bot.slack import ids
from bot.slack.forms import Problems, parse_submission


def register(app: AsyncApp) -> None:
    app.view(ids.MODAL)(submit_form)


async def submit_form(
    ack: AsyncAck, body: dict[str, Any], desk: Desk, answered: asyncio.Event, rung_at: float
) -> None:
    desk.form_help.take_submission(body.get("view") or {})
    submission = parse_submission(body)
    if isinstance(submission, Problems):
        await ack(response_action="errors", errors=dict(submission.by_field))
        return
    objection = await desk.form_help.reviewer.objection(submission)
    match objection or reply_to_modal(
        await desk.submit(submission, answered, rung_at), submission.reopening
    ):
        case Close():
            await ack()
        case MarkFields(by_field):
            await ack(response_action="errors", errors=by_field)
        case Show(view):
            await ack(response_action="update", view=view)
        case reply:
            assert_never(reply)
