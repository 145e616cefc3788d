"""Fill in a new form from memory and our own database: Slack's trigger expires in 3 s.

The database is read only for a form with a message, a customer or an assignee.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.directory import Directory
from bot.form.defaults import ChannelDefaults
from bot.form.duplicates import duplicate_blocks
from bot.form.form import Form
from bot.form.from_message import Mentions
from bot.form.options import customer_label
from bot.form.values import FilledForm, FormValues, Source, existing_customer_id
from bot.labels import STATES
from bot.ledger import Entry, KnownCustomer, Ledger, answer_within, logged_if_unavailable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.blocks import Json
from bot.slack.text import uuid_in
from bot.weav.models import AssigneeType

log = get_logger("weav_slack.prefill")
# Seconds; opening the form without names is better than losing the trigger.
PREFILL_WITHIN: Final = 0.5


@dataclass(eq=False, repr=False)
class Prefiller:
    _ledger: Ledger
    _directory: Directory
    _defaults: ChannelDefaults
    _link: Callable[[str], str]

    def draft(self, filled: FilledForm, *, new: bool) -> Form:
        """Prefill only values without names, which a user who is not identified yet may see.

        `new`: the form is not one that was given back, so the channel's defaults apply.
        """
        form = Form.of(filled)
        if not new:
            return form
        source = Source.MESSAGE if filled.origin.via == "message" else Source.WORDS
        form = form.with_values(filled.values.model_dump(exclude_defaults=True), source)
        return form.with_values(self._defaults.for_empty_fields(form), Source.DEFAULTS)

    async def add_known(self, form: Form, mentions: Mentions) -> Form:
        """Add names, the message's customer and its conversation, as far as read in time."""
        source, known = form.origin.source, form
        if not (source or form.values.customer_id or form.values.assignee_id):
            return form
        with logged_if_unavailable(log, "form_not_prepared"):
            async with answer_within(PREFILL_WITHIN):
                if source:
                    known = await self._of_message(form, source, mentions)
                return known.with_labels(await self.labels(known.values))
        return form

    async def _of_message(self, form: Form, source: str, mentions: Mentions) -> Form:
        if not form.values.customer_id and (customer := await self._mentioned(mentions)):
            form = form.with_values({ids.CUSTOMER_ID: customer.id}, Source.MESSAGE)
        entry = await self._ledger.by_source(source)
        return form.with_blocks(self.duplicate(entry)) if entry else form

    async def labels(self, values: FormValues) -> dict[str, str]:
        """Return the names of customer and assignee by field, as far as the bot knows them."""
        named = {}
        if customer := existing_customer_id(values.customer_id):
            known = await self._ledger.customers.customer(str(customer))
            if known:
                named[ids.CUSTOMER_ID] = customer_label(known)
        if assignee_id := uuid_in(values.assignee_id, "assignee"):
            assignee = await self._assignee(values.assignee_type, str(assignee_id))
            named |= {ids.ASSIGNEE_ID: assignee} if assignee else {}
        return named

    async def _assignee(self, kind: str, assignee_id: str) -> str:
        if kind == AssigneeType.AGENT:
            agent = self._directory.known_agent(assignee_id)
            return (agent.name or "") if agent else ""
        user = await self._ledger.customers.user_by_weav_id(assignee_id)
        return user.name if user else ""

    async def _mentioned(self, mentions: Mentions) -> KnownCustomer | None:
        """Find the first known customer: by ID, by address, or by a conversation's ID."""
        for customer_id in mentions.ids:
            if known := await self._ledger.customers.customer(customer_id):
                return known
        for email in mentions.emails:
            if known := await self._ledger.customers.customer_by_email(email):
                return known
        for conversation_id in mentions.conversation_ids:
            entry = await self._ledger.by_conversation(conversation_id)
            if entry and (found := (entry.request or {}).get(ids.CUSTOMER_ID)):
                return await self._ledger.customers.customer(found) or KnownCustomer(found)
        return None

    def duplicate(self, entry: Entry) -> dict[str, Json]:
        """Draw the blocks about the conversation that a message already has."""
        conversation_id = entry.conversation_id or ""
        link = self._link(conversation_id) if conversation_id else ""
        author, state = entry.slack_user_id, STATES[entry.state]
        return duplicate_blocks(author, entry.received_at, state, conversation_id, link)
