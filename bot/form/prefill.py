"""What a form begins with, from what is known here alone: Slack's trigger waits for it.

Our own database is read for what a message, a typed customer or a default person needs, no more.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bot.directory import Directory
from bot.form.context import Duplicate, FormContext, Source
from bot.form.defaults import ChannelDefaults
from bot.form.from_message import NO_MENTIONS, Mentions
from bot.form.options import customer_in, customer_label
from bot.form.values import FilledForm, FormValues
from bot.labels import STATES
from bot.ledger import Entry, KnownCustomer, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.uuids import uuid_in
from bot.weav.directory import NewCustomer
from bot.weav.models import AssigneeType

log = get_logger("weav_slack.prefill")
# Seconds; a form that opens empty is better than a trigger that ran out.
PREFILL_WITHIN: Final = 0.5
_BY_THEMSELVES: Final = (ids.CHANNEL, ids.PRIORITY)
_TOGETHER: Final = (ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID)


@dataclass(frozen=True, slots=True)
class Draft:
    """A form on its way; `new`: opened for the first time, so that defaults may fill it in.

    `recalled`: it has what our database remembers of others, as far as that could be read.
    """

    form: FilledForm
    new: bool = False
    mentions: Mentions = NO_MENTIONS
    around: FormContext = field(default_factory=FormContext)
    recalled: bool = False


class Prefiller:
    def __init__(
        self,
        ledger: Ledger,
        directory: Directory,
        defaults: ChannelDefaults,
        link: Callable[[str], str | None],
    ) -> None:
        self._ledger = ledger
        self._defaults = defaults
        self._memory = ledger.memory
        self._directory = directory
        self._link = link

    def begin(self, draft: Draft) -> Draft:
        """Fill in what names nobody, and so may be shown before it is known who sees it."""
        return self._with_defaults(_with_sources(draft)) if draft.new else draft

    async def recall(self, draft: Draft) -> Draft:
        """Add whom and what our database knows; what cannot be read in time is left out."""
        try:
            async with asyncio.timeout(PREFILL_WITHIN):
                draft = await self._with_memories(draft)
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("form_not_prepared", error=str(error))
        return replace(draft, recalled=True)

    async def _with_memories(self, draft: Draft) -> Draft:
        if draft.new:
            draft = await self._with_mentioned(draft)
        labels = await self.labels(draft.form.values)
        already = await self._already(draft)
        around = replace(draft.around, labels=labels, already=already)
        return replace(draft, around=around)

    async def labels(self, values: FormValues) -> dict[str, str]:
        """Name whom the values stand for, as far as it is known here."""
        named = {}
        customer = customer_in(values.customer_id)
        if customer and not isinstance(customer, NewCustomer):
            known = await self._memory.customer(str(customer))
            if known:
                named[ids.CUSTOMER_ID] = customer_label(known.id, known.name, known.email)
        if assignee_id := uuid_in(values.assignee_id, "assignee"):
            assignee = await self._assignee(values.assignee_type, str(assignee_id))
            named |= {ids.ASSIGNEE_ID: assignee} if assignee else {}
        return named

    async def _assignee(self, kind: str, assignee_id: str) -> str:
        if kind == AssigneeType.AGENT:
            agent = self._directory.known_agent(assignee_id)
            return (agent.name or "") if agent else ""
        user = await self._memory.user_with(assignee_id)
        return user.name if user else ""

    async def _with_mentioned(self, draft: Draft) -> Draft:
        if draft.form.values.customer_id:
            return draft
        customer = await self._mentioned(draft.mentions)
        if customer is None:
            return draft
        return _filled(draft, {ids.CUSTOMER_ID: customer.id}, Source.MESSAGE)

    async def _mentioned(self, mentions: Mentions) -> KnownCustomer | None:
        """Find the first that is known, of what names a customer most plainly."""
        for customer_id in mentions.ids:
            if known := await self._memory.customer(customer_id):
                return known
        for email in mentions.emails:
            if known := await self._memory.customer_with(email):
                return known
        for conversation_id in mentions.conversation_ids:
            entry = await self._ledger.by_conversation(conversation_id)
            if entry and (found := (entry.request or {}).get(ids.CUSTOMER_ID)):
                return await self._memory.customer(found) or KnownCustomer(found)
        return None

    def _with_defaults(self, draft: Draft) -> Draft:
        slack_channel_id = draft.form.origin.slack_channel_id
        if not slack_channel_id:
            return draft
        chosen = self._defaults.of(slack_channel_id)
        values = draft.form.values.model_dump()
        fields = [name for name in _BY_THEMSELVES if not values[name]]
        if not any(values[name] for name in _TOGETHER):
            fields += _TOGETHER
        defaults = {name: chosen[name] for name in fields if name in chosen}
        return _filled(draft, defaults, Source.DEFAULTS)

    async def _already(self, draft: Draft) -> Duplicate | None:
        source = draft.form.origin.source
        entry = await self._ledger.about(source) if source else None
        return self.fact(entry) if entry else None

    def fact(self, entry: Entry) -> Duplicate:
        """Say what a message has become."""
        conversation_id = entry.conversation_id or ""
        link = (self._link(conversation_id) or "") if conversation_id else ""
        state = STATES[entry.state]
        return Duplicate(entry.slack_user_id, entry.received_at, state, conversation_id, link)


def _with_sources(draft: Draft) -> Draft:
    source = Source.MESSAGE if draft.form.origin.via == "message" else Source.WORDS
    given = draft.form.values.model_dump(exclude_defaults=True)
    return replace(draft, around=FormContext(sources=dict.fromkeys(given, source)))


def _filled(draft: Draft, values: Mapping[str, str], source: Source) -> Draft:
    form = replace(draft.form, values=draft.form.values.model_copy(update=dict(values)))
    sources = {**draft.around.sources, **dict.fromkeys(values, source)}
    return replace(draft, form=form, around=replace(draft.around, sources=sources))
