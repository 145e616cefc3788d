"""A Slack channel's defaults: parsed from their modal, stored, and filled into new forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from bot.form.form import Form
from bot.form.parse import Problems, choices_of, problems_of
from bot.form.values import FormValues, Origin, values_of
from bot.labels import REPLIES
from bot.ledger import KnownCustomers, logged_if_unavailable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.options import NOTHING
from bot.slack.payloads import ViewSubmission
from bot.slack.text import uuid_in
from bot.weav.models import ConversationChoices

log = get_logger("weav_slack.defaults")

_NO_COMPANY: Final = "Paste the company's ID or link from Weav. An ID looks like 3c90c3cc-…"
_SINGLE_FIELDS: Final = (ids.CHANNEL, ids.PRIORITY)
_ASSIGNEE_FIELDS: Final = (ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID)
_DEFAULT_REPLIES, *_OTHER_REPLIES = REPLIES
# Seconds until this replica knows defaults that another one has stored.
READ_EVERY: Final = 5.0


@dataclass(frozen=True, slots=True)
class ChosenDefaults:
    """`chosen`: values by field, as Weav spells them; empty removes the channel's defaults."""

    slack_channel_id: str
    slack_user_id: str
    chosen: Mapping[str, str]


def parse_defaults(submitted: ViewSubmission) -> ChosenDefaults | Problems:
    view = submitted.view
    values = values_of(view)
    chosen, problems = _validated(values)
    if values.replies in _OTHER_REPLIES:
        chosen[ids.REPLIES] = values.replies
    if values.company_id:
        company_id = uuid_in(values.company_id, "company")
        if company_id is None:
            problems[ids.COMPANY_ID] = _NO_COMPANY
        chosen[ids.COMPANY_ID] = str(company_id)
    if problems:
        return Problems(problems)
    origin = Origin.load(view.private_metadata)
    return ChosenDefaults(origin.slack_channel_id, submitted.slack_user_id, chosen)


def _validated(values: FormValues) -> tuple[dict[str, str], dict[str, str]]:
    fields, choices = (*_SINGLE_FIELDS, *_ASSIGNEE_FIELDS), choices_of(values)
    chosen = {name: choices[name] for name in fields if choices[name] != NOTHING}
    try:
        return ConversationChoices.model_validate(chosen).body(), {}
    except ValidationError as invalid:
        return {}, problems_of(invalid)


class ChannelDefaults:
    def __init__(self, customers: KnownCustomers) -> None:
        self._customers = customers
        self._by_channel: Mapping[str, Mapping[str, str]] = {}
        self._changes = 0

    def for_empty_fields(self, form: Form) -> dict[str, str]:
        """Return the channel's defaults for the form's empty fields; none before `read`."""
        chosen = self._by_channel.get(form.origin.slack_channel_id, {})
        values = form.values.model_dump()
        fields = [name for name in _SINGLE_FIELDS if not values[name]]
        if not any(values[name] for name in _ASSIGNEE_FIELDS):
            fields += _ASSIGNEE_FIELDS
        return {name: chosen[name] for name in fields if name in chosen}

    def replies(self, slack_channel_id: str) -> str:
        """Return the key of `REPLIES` that says what card threads in this channel are told."""
        chosen = self._by_channel.get(slack_channel_id, {})
        return chosen.get(ids.REPLIES, _DEFAULT_REPLIES)

    async def choose(self, defaults: ChosenDefaults) -> None:
        """Store them for all replicas. Raise LedgerUnavailable."""
        channel = defaults.slack_channel_id
        await self._customers.save_defaults(channel, defaults.chosen, defaults.slack_user_id)
        self._changes += 1
        self._by_channel = {**self._by_channel, channel: defaults.chosen}

    async def read(self) -> None:
        """Load what other replicas stored; without an answer, keep what is known."""
        changes = self._changes
        with logged_if_unavailable(log, "defaults_not_read"):
            known = await self._customers.all_defaults()
            if changes == self._changes:  # else this may be older than a choice made here
                self._by_channel = known
