"""What happens while a form is filled in, and when it is submitted."""

import asyncio
from typing import Any, Final

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.form.defaults import parse_defaults
from bot.form.form import assignee_kind, slack_channel_of
from bot.form.parse import Problems, parse_submission
from bot.form.reply import Reply, answer_of
from bot.form.service import FormService
from bot.form.suggestions import OptionQuery
from bot.slack import ids
from bot.slack.options import options
from bot.submissions.service import Desk

# Characters that are searched: a pasted link is not longer.
LONGEST_QUERY: Final = 2000


def register(app: AsyncApp) -> None:
    app.view(ids.MODAL)(submit_form)
    app.options(ids.CUSTOMER_ID)(suggest_customers)
    app.options(ids.ASSIGNEE_ID)(suggest_assignees)
    for field in (ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID, ids.POST_TO):
        app.action(field)(choose)
    app.view(ids.DEFAULTS_MODAL)(save_defaults)


async def suggest_customers(
    ack: AsyncAck, body: dict[str, Any], forms: FormService, asked_at_clock: float
) -> None:
    asking = _asking(body, asked_at_clock)
    await ack(options=options(await forms.suggestions.customers(asking)))


async def suggest_assignees(
    ack: AsyncAck, body: dict[str, Any], forms: FormService, asked_at_clock: float
) -> None:
    kind, asking = assignee_kind(body.get("view")), _asking(body, asked_at_clock)
    await ack(options=options(await forms.suggestions.assignees(kind, asking)))


async def choose(
    ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], forms: FormService
) -> None:
    forms.field_chosen(action["action_id"], body.get("view") or {})
    await ack()


async def save_defaults(ack: AsyncAck, body: dict[str, Any], forms: FormService) -> None:
    chosen = parse_defaults(body)
    if isinstance(chosen, Problems):
        await ack(response_action="errors", errors=dict(chosen.by_field))
    elif problem := await forms.save_defaults(chosen):
        await ack(response_action="errors", errors={ids.COMPANY_ID: problem})
    else:
        await ack()


def _asking(body: dict[str, Any], asked_at_clock: float) -> OptionQuery:
    slack_channel_id = slack_channel_of(body.get("view"))
    query = (body.get("value") or "")[:LONGEST_QUERY]
    return OptionQuery(query, slack_channel_id, body["user"]["id"], asked_at_clock)


async def submit_form(
    ack: AsyncAck,
    body: dict[str, Any],
    forms: FormService,
    desk: Desk,
    answered: asyncio.Event,
    asked_at_clock: float,
) -> None:
    forms.updates.submitted(body.get("view") or {})
    submission = parse_submission(body)
    if isinstance(submission, Problems):
        await ack(response_action="errors", errors=dict(submission.by_field))
        return
    reply: Reply | None = await forms.reviewer.objection(submission)
    if reply is None:
        reply = await desk.submit(submission, answered, asked_at_clock)
    await ack(**answer_of(reply, submission.filled_form))
