"""What happens while a form is filled in, and when it is submitted."""

import asyncio
from typing import Any, Final, assert_never

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.form.defaults import parse_defaults
from bot.form.options import assignee_kind, slack_channel_of
from bot.form.parse import Problems, parse_submission
from bot.form.reply import Close, MarkFields, Show
from bot.form.suggestions import OptionQuery
from bot.slack import ids
from bot.slack.options import options
from bot.submissions.replies import reply_to_modal
from bot.submissions.service import Desk

# Characters that are searched: a pasted link is not longer.
LONGEST_QUERY: Final = 2000


def register(app: AsyncApp) -> None:
    app.view(ids.MODAL)(submit_form)
    app.options(ids.CUSTOMER_ID)(offer_customers)
    app.options(ids.ASSIGNEE_ID)(offer_assignees)
    app.action(ids.CUSTOMER_ID)(take_customer)
    app.action(ids.ASSIGNEE_TYPE)(take_assignee_type)
    app.action(ids.ASSIGNEE_ID)(take_assignee)
    app.view(ids.DEFAULTS_MODAL)(save_defaults)


async def offer_customers(
    ack: AsyncAck, body: dict[str, Any], desk: Desk, asked_at_clock: float
) -> None:
    asking = _asking(body, asked_at_clock)
    await ack(options=options(await desk.forms.offer_customers(asking)))


async def offer_assignees(
    ack: AsyncAck, body: dict[str, Any], desk: Desk, asked_at_clock: float
) -> None:
    kind, asking = assignee_kind(body.get("view")), _asking(body, asked_at_clock)
    await ack(options=options(await desk.forms.offer_assignees(kind, asking)))


async def take_customer(ack: AsyncAck, body: dict[str, Any], desk: Desk) -> None:
    desk.forms.take_customer(body.get("view") or {})
    await ack()


async def take_assignee_type(ack: AsyncAck, body: dict[str, Any], desk: Desk) -> None:
    desk.forms.take_assignee_type(body.get("view") or {})
    await ack()


async def take_assignee(ack: AsyncAck, body: dict[str, Any], desk: Desk) -> None:
    desk.forms.take_assignee(body.get("view") or {})
    await ack()


async def save_defaults(ack: AsyncAck, body: dict[str, Any], desk: Desk) -> None:
    chosen = parse_defaults(body)
    if isinstance(chosen, Problems):
        await ack(response_action="errors", errors=dict(chosen.by_field))
    elif problem := await desk.forms.save_defaults(chosen):
        await ack(response_action="errors", errors={ids.COMPANY_ID: problem})
    else:
        await ack()


def _asking(body: dict[str, Any], asked_at_clock: float) -> OptionQuery:
    slack_channel_id = slack_channel_of(body.get("view"))
    query = (body.get("value") or "")[:LONGEST_QUERY]
    return OptionQuery(query, slack_channel_id, body["user"]["id"], asked_at_clock)


async def submit_form(
    ack: AsyncAck, body: dict[str, Any], desk: Desk, answered: asyncio.Event, asked_at_clock: float
) -> None:
    desk.forms.take_submission(body.get("view") or {})
    submission = parse_submission(body)
    if isinstance(submission, Problems):
        await ack(response_action="errors", errors=dict(submission.by_field))
        return
    objection = await desk.forms.reviewer.objection(submission)
    match objection or reply_to_modal(
        await desk.submit(submission, answered, asked_at_clock), submission.filled_form
    ):
        case Close():
            await ack()
        case MarkFields(by_field):
            await ack(response_action="errors", errors=by_field)
        case Show(view):
            await ack(response_action="update", view=view)
        case reply:
            assert_never(reply)
