"""A submitted form, compared with what is known here before anything is written down or sent."""

import asyncio
from typing import Final

from bot.directory import Directory
from bot.form.parse import Submission
from bot.form.prefill import PREFILL_WITHIN, Prefiller
from bot.form.reply import FormAgain
from bot.form.stored import new_entry_of
from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.slack import ids
from bot.weav.models import AssigneeType

SOMEBODY_WAS_FIRST: Final = (
    "To open another conversation, tick the box and submit again. Nothing was sent to Weav, since"
    " there is a conversation from this message now."
)
# The same form is then a new attempt; in any other state it gets the same answer.
_MADE_NOTHING: Final = frozenset({State.REFUSED, State.EXPIRED})


class Reviewer:
    def __init__(self, ledger: Ledger, directory: Directory, prefiller: Prefiller) -> None:
        self._ledger = ledger
        self._directory = directory
        self._prefiller = prefiller

    async def objection(self, submission: Submission) -> FormAgain | None:
        """None as well when our database does not tell in time: then the usual way decides."""
        try:
            async with asyncio.timeout(PREFILL_WITHIN):
                if problem := await self._no_such_assignee(submission):
                    return FormAgain(by_field={ids.ASSIGNEE_ID: problem})
                entry = await self._of_somebody_else(submission)
        except (LedgerUnavailable, TimeoutError):
            return None
        if entry is None:
            return None
        return FormAgain(SOMEBODY_WAS_FIRST, shown=self._prefiller.duplicate(entry))

    async def _no_such_assignee(self, submission: Submission) -> str:
        """Say what Weav would refuse, as far as it is known here: an agent is no person."""
        kind = submission.request.assignee_type
        if kind is None:
            return ""
        assignee_id = str(submission.request.assignee_id)
        if kind is AssigneeType.USER:
            agent = self._directory.known_agent(assignee_id)
            return f"Choose a person: {agent.name} is an AI agent." if agent else ""
        user = await self._ledger.customers.user_with(assignee_id)
        return f"Choose an AI agent: {user.name} is a person." if user else ""

    async def _of_somebody_else(self, submission: Submission) -> Entry | None:
        """Find what the message became while this form was open."""
        origin = submission.origin
        if origin.another or not origin.source:
            return None
        entry = await self._ledger.about(origin.source)
        if entry is None:
            return None
        before = await self._ledger.by_key(new_entry_of(submission).key)
        return entry if before is None or before.state in _MADE_NOTHING else None
