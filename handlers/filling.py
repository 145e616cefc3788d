"""What happens while a form is filled in: options to offer, choices that change it."""

from typing import Any, Final

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.desk import Asking, Desk
from bot.slack import ids
from bot.slack.defaults import parse_defaults
from bot.slack.forms import Problems
from bot.slack.offers import options
from bot.slack.option_requests import assignee_kind, slack_channel_of

# Characters that are searched: a pasted link is not longer.
LONGEST_QUERY: Final = 2000


def register(app: AsyncApp) -> None:
    app.options(ids.CUSTOMER_ID)(offer_customers)
    app.options(ids.ASSIGNEE_ID)(offer_assignees)
    app.action(ids.CUSTOMER_ID)(take_customer)
    app.action(ids.ASSIGNEE_TYPE)(take_assignee_type)
    app.action(ids.ASSIGNEE_ID)(take_assignee)
    app.view(ids.DEFAULTS_MODAL)(save_defaults)


async def offer_customers(ack: AsyncAck, body: dict[str, Any], desk: Desk, rung_at: float) -> None:
    asking = _asking(body, rung_at)
    await ack(options=options(await desk.form_help.offer_customers(asking)))


async def offer_assignees(ack: AsyncAck, body: dict[str, Any], desk: Desk, rung_at: float) -> None:
    kind, asking = assignee_kind(body.get("view")), _asking(body, rung_at)
    await ack(options=options(await desk.form_help.offer_assignees(kind, asking)))


async def take_customer(ack: AsyncAck, body: dict[str, Any], desk: Desk) -> None:
    desk.form_help.take_customer(body.get("view") or {})
    await ack()


async def take_assignee_type(ack: AsyncAck, body: dict[str, Any], desk: Desk) -> None:
    desk.form_help.take_assignee_type(body.get("view") or {})
    await ack()


async def take_assignee(ack: AsyncAck, body: dict[str, Any], desk: Desk) -> None:
    desk.form_help.take_assignee(body.get("view") or {})
    await ack()


async def save_defaults(ack: AsyncAck, body: dict[str, Any], desk: Desk) -> None:
    chosen = parse_defaults(body)
    if isinstance(chosen, Problems):
        await ack(response_action="errors", errors=dict(chosen.by_field))
    elif problem := await desk.form_help.save_defaults(chosen):
        await ack(response_action="errors", errors={ids.COMPANY_ID: problem})
    else:
        await ack()


def _asking(body: dict[str, Any], rung_at: float) -> Asking:
    slack_channel_id = slack_channel_of(body.get("view"))
    query = (body.get("value") or "")[:LONGEST_QUERY]
    return Asking(query, slack_channel_id, body["user"]["id"], rung_at)
