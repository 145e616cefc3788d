"""Listeners for a form that is being filled in or submitted."""

import asyncio
from typing import Final

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.form.defaults import parse_defaults
from bot.form.form import assignee_kind, slack_channel_of
from bot.form.parse import Problems, parse_submission
from bot.form.reply import Reply, answer_of
from bot.form.service import FormService
from bot.form.suggestions import OptionQuery
from bot.slack import ids
from bot.slack.options import options
from bot.slack.payloads import BlockActions, BlockSuggestion, ViewSubmission
from bot.submissions.service import SubmissionService

# Characters; enough for a pasted link.
LONGEST_QUERY: Final = 2000


async def suggest_customers(
    ack: AsyncAck, interaction: BlockSuggestion, forms: FormService, arrived_at: float
) -> None:
    option_query = _option_query(interaction, arrived_at)
    await ack(options=options(await forms.suggestions.customers(option_query)))


async def suggest_assignees(
    ack: AsyncAck, interaction: BlockSuggestion, forms: FormService, arrived_at: float
) -> None:
    kind, option_query = assignee_kind(interaction.view), _option_query(interaction, arrived_at)
    await ack(options=options(await forms.suggestions.assignees(kind, option_query)))


async def choose(ack: AsyncAck, interaction: BlockActions, forms: FormService) -> None:
    forms.field_chosen(interaction.clicked.action_id, interaction.view_json)
    await ack()


async def save_defaults(ack: AsyncAck, interaction: ViewSubmission, forms: FormService) -> None:
    chosen = parse_defaults(interaction)
    if isinstance(chosen, Problems):
        await ack(response_action="errors", errors=dict(chosen.by_field))
    elif problem := await forms.save_defaults(chosen):
        await ack(response_action="errors", errors={ids.COMPANY_ID: problem})
    else:
        await ack()


def _option_query(typed: BlockSuggestion, arrived_at: float) -> OptionQuery:
    slack_channel_id = slack_channel_of(typed.view)
    query = typed.value[:LONGEST_QUERY]
    return OptionQuery(query, slack_channel_id, typed.slack_user_id, arrived_at)


async def submit_form(
    ack: AsyncAck,
    interaction: ViewSubmission,
    forms: FormService,
    submissions: SubmissionService,
    answered: asyncio.Event,
    arrived_at: float,
) -> None:
    submission = parse_submission(interaction)
    if isinstance(submission, Problems):
        await ack(response_action="errors", errors=dict(submission.by_field))
        return
    reply: Reply | None = await forms.reviewer.objection(submission)
    if reply is None:
        reply = await submissions.submit(submission, answered, arrived_at)
    await ack(**answer_of(reply, submission.form))
