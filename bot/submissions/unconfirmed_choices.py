"""What an author chooses where `reconcile.py` found nothing for certain."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from bot.form.reply import Created, Creating, Left, NotConfirmed, Reply, reply_of
from bot.form.values import FilledForm
from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.logs import get_logger
from bot.retry import NOTED_PAUSES
from bot.slack import ids
from bot.slack.api import ApiResult
from bot.submissions.announcer import Announcer, ReplyTarget
from bot.submissions.reconcile import Result
from bot.submissions.worker import Leases, Worker

log = get_logger("weav_slack.unconfirmed")
CHOICE_NOT_WRITTEN = (
    "The bot's database does not answer, so the bot does not know whether your click was written"
    f" down. What you chose may begin yet: {ids.COMMAND} status tells."
)
NOT_SAID = "The bot's database does not answer, so what became of this cannot be said now."
UNNAMED = "The customer was new, so the bot does not know in whose list it could look."
NOT_KNOWN = "The bot no longer has this submission, so it can neither look nor create it again."


class Choice(StrEnum):
    LOOK_AGAIN = "look_again"
    CREATE_AGAIN = "create_again"
    LEAVE = "leave"


# What became of it, and the row with the form; None: it is not theirs to see, or not there.
_ChoiceResult: TypeAlias = tuple[Result, Entry | None]


@dataclass(eq=False, repr=False)
class UnconfirmedChoices:
    _ledger: Ledger
    _worker: Worker
    _announcer: Announcer
    _leases: Leases

    async def decide(self, choice: Choice, entry_id: int, target: ReplyTarget) -> None:
        """Carry it out once, however often it is clicked, and show what became of it."""
        log.info("decided", entry=entry_id, choice=choice.value)
        decided = await self._decide_with_retries(choice, entry_id, target)
        if decided is None:
            return  # whoever is at it shows the outcome; a word from here could come after it
        result, entry = decided
        with self._leases(entry_id):  # or a sweep would tell the author a second time
            said = await self._show(result.reply, entry, target)
            if not isinstance(result.reply, Created):
                await self._announcer.note_told(result.entry, said)

    async def _decide_with_retries(
        self, choice: Choice, entry_id: int, target: ReplyTarget
    ) -> _ChoiceResult | None:
        """Look again a bit later if need be: a message can be clicked before it is noted as told.

        A second look harms nobody, and the other choices wait for nothing.
        """
        for pause in NOTED_PAUSES if choice is Choice.LOOK_AGAIN else ():
            if decided := await self._decide_once(choice, entry_id, target):
                return decided
            await asyncio.sleep(pause)
        return await self._decide_once(choice, entry_id, target)

    async def _decide_once(
        self, choice: Choice, entry_id: int, target: ReplyTarget
    ) -> _ChoiceResult | None:
        try:
            carried_out = await self._carry_out(choice, entry_id, target)
        except LedgerUnavailable:
            return Result(None, NotConfirmed(CHOICE_NOT_WRITTEN, entry_id)), None
        return carried_out or await self._current(entry_id, target)

    async def _carry_out(
        self, choice: Choice, entry_id: int, target: ReplyTarget
    ) -> _ChoiceResult | None:
        """None: another click, or another replica, was first.

        LedgerUnavailable: nothing began here. What was written all the same is taken up when its
        lease is over, and its outcome shown.
        """
        match choice:
            case Choice.LOOK_AGAIN:
                held = await self._ledger.look(entry_id, target.slack_user_id)
                return (await self._look_again(held), held) if held else None
            case Choice.CREATE_AGAIN:
                held = await self._ledger.again(entry_id, target.slack_user_id)
                return (await self._create_again(held, target), held) if held else None
            case Choice.LEAVE:
                left = await self._ledger.leave(entry_id, target.slack_user_id)
                return (Result(None, Left()), left) if left else None
            case _:
                assert_never(choice)

    async def _look_again(self, held: Entry) -> Result:
        if held.new_customer:  # as operations/README.md says how to restore a backup
            return Result(held, NotConfirmed(UNNAMED, held.id))
        return await self._worker.look_again(held)

    async def _create_again(self, held: Entry, target: ReplyTarget) -> Result:
        work = self._worker.start(held, slot=False)
        await self._show(Creating(), held, target)
        return await work

    async def _current(self, entry_id: int, target: ReplyTarget) -> _ChoiceResult | None:
        """None: somebody is at it."""
        try:
            entry = await self._ledger.get(entry_id)
        except LedgerUnavailable:
            return Result(None, NotConfirmed(NOT_SAID, entry_id)), None
        if entry is None or entry.slack_user_id != target.slack_user_id:
            return Result(None, NotConfirmed(NOT_KNOWN, entry_id)), None
        at_work = entry.state is State.UNCONFIRMED and entry.due_at is not None
        reply = None if at_work else reply_of(entry)
        return (Result(None, reply), entry) if reply else None

    async def _show(self, reply: Reply, entry: Entry | None, target: ReplyTarget) -> ApiResult:
        form = FilledForm.load(entry.form).replacing(entry.id) if entry else FilledForm()
        return await self._announcer.show(reply, form, target)
