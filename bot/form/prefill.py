"""What a form begins with, from what is known here alone: Slack's trigger waits for it.

Our own database is read for what a message, a typed customer or a default person needs, no more.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bot.directory import Directory
from bot.form.defaults import ChannelDefaults
from bot.form.duplicates import Duplicate, duplicate_blocks
from bot.form.form import Form
from bot.form.from_message import Mentions
from bot.form.options import customer_label
from bot.form.values import FilledForm, FormValues, Source, known_customer_in
from bot.labels import STATES
from bot.ledger import Entry, KnownCustomer, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.blocks import Json
from bot.slack.text import uuid_in
from bot.weav.models import AssigneeType

log = get_logger("weav_slack.prefill")
# Seconds; a form that opens empty is better than a trigger that ran out.
PREFILL_WITHIN: Final = 0.5


class Prefiller:
    def __init__(
        self,
        ledger: Ledger,
        directory: Directory,
        defaults: ChannelDefaults,
        link: Callable[[str], str],
    ) -> None:
        self._ledger = ledger
        self._defaults = defaults
        self._customers = ledger.customers
        self._directory = directory
        self._link = link

    def begin(self, filled: FilledForm, *, new: bool) -> Form:
        """Fill in what names nobody, and so may be shown before it is known who sees it.

        `new`: not a form that comes back, so that the channel's defaults may fill it in.
        """
        form = Form.of(filled)
        if not new:
            return form
        source = Source.MESSAGE if filled.origin.via == "message" else Source.WORDS
        form = form.filled(filled.values.model_dump(exclude_defaults=True), source)
        return form.filled(self._defaults.missing_in(form), Source.DEFAULTS)

    async def recall(self, form: Form, mentions: Mentions) -> Form:
        """Add whom and what our database knows; what cannot be read in time is left out."""
        source, recalled = form.origin.source, form
        if not (source or form.values.customer_id or form.values.assignee_id):
            return form
        try:
            async with asyncio.timeout(PREFILL_WITHIN):
                if source:
                    recalled = await self._of_message(form, source, mentions)
                return recalled.named(await self.labels(recalled.values))
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("form_not_prepared", error=str(error))
            return form

    async def _of_message(self, form: Form, source: str, mentions: Mentions) -> Form:
        if not form.values.customer_id and (customer := await self._mentioned(mentions)):
            form = form.filled({ids.CUSTOMER_ID: customer.id}, Source.MESSAGE)
        entry = await self._ledger.by_source(source)
        return form.showing(self.duplicate(entry)) if entry else form

    async def labels(self, values: FormValues) -> dict[str, str]:
        """Name whom the values stand for, as far as it is known here."""
        named = {}
        if customer := known_customer_in(values.customer_id):
            known = await self._customers.customer(str(customer))
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
        user = await self._customers.user_by_weav_id(assignee_id)
        return user.name if user else ""

    async def _mentioned(self, mentions: Mentions) -> KnownCustomer | None:
        """Find the first that is known, of what names a customer most plainly."""
        for customer_id in mentions.ids:
            if known := await self._customers.customer(customer_id):
                return known
        for email in mentions.emails:
            if known := await self._customers.customer_by_email(email):
                return known
        for conversation_id in mentions.conversation_ids:
            entry = await self._ledger.by_conversation(conversation_id)
            if entry and (found := (entry.request or {}).get(ids.CUSTOMER_ID)):
                return await self._customers.customer(found) or KnownCustomer(found)
        return None

    def duplicate(self, entry: Entry) -> dict[str, Json]:
        """Say what a message has become."""
        conversation_id = entry.conversation_id or ""
        link = self._link(conversation_id) if conversation_id else ""
        state = STATES[entry.state]
        return duplicate_blocks(
            Duplicate(entry.slack_user_id, entry.received_at, state, conversation_id, link)
        )
