"""Check a submitted form against what the bot knows, before anything is stored or sent."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.directory import Directory
from bot.form.parse import Submission
from bot.form.prefill import PREFILL_WITHIN, Prefiller
from bot.form.reply import FormAgain
from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.slack import ids
from bot.weav.models import AssigneeType

CREATED_MEANWHILE: Final = (
    "To open another conversation, tick the box and submit again. Nothing was sent to Weav, since"
    " there is already a conversation from this message."
)
# In these states the same form starts a new attempt; in any other it gets the same answer again.
_NOTHING_CREATED: Final = frozenset({State.REFUSED, State.EXPIRED})


@dataclass(eq=False, repr=False)
class Reviewer:
    _ledger: Ledger
    _directory: Directory
    _prefiller: Prefiller

    async def objection(self, submission: Submission) -> FormAgain | None:
        """Return why not to submit; None also if our database does not answer in time."""
        try:
            async with asyncio.timeout(PREFILL_WITHIN):
                if problem := await self._assignee_problem(submission.new_entry.request):
                    return FormAgain(by_field={ids.ASSIGNEE_ID: problem})
                entry = await self._created_meanwhile(submission)
        except (LedgerUnavailable, TimeoutError):
            return None
        if entry is None:
            return None
        return FormAgain(CREATED_MEANWHILE, extra_blocks=self._prefiller.duplicate(entry))

    async def _assignee_problem(self, request: Mapping[str, str]) -> str:
        """Say so if the ID is known to belong to the other kind of assignee; Weav refuses that."""
        match request.get(ids.ASSIGNEE_TYPE):
            case AssigneeType.USER:
                agent = self._directory.known_agent(request[ids.ASSIGNEE_ID])
                return f"Choose a person: {agent.name} is an AI agent." if agent else ""
            case AssigneeType.AGENT:
                user = await self._ledger.customers.user_by_weav_id(request[ids.ASSIGNEE_ID])
                return f"Choose an AI agent: {user.name} is a person." if user else ""
        return ""

    async def _created_meanwhile(self, submission: Submission) -> Entry | None:
        """Find the message's conversation if another submission created it meanwhile."""
        source = submission.new_entry.source
        if submission.form.origin.another or not source:
            return None
        entry = await self._ledger.by_source(source)
        if entry is None:
            return None
        before = await self._ledger.by_key(submission.new_entry.key)
        return entry if before is None or before.state in _NOTHING_CREATED else None
