"""Carries out what an author chooses for a *not confirmed* submission."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from bot.form.reply import Created, Creating, Left, NotConfirmed, Reply, reply_of
from bot.form.values import FilledForm
from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.logs import get_logger
from bot.retry import EARLY_CLICK_PAUSES
from bot.slack import ids
from bot.slack.api import ApiResult
from bot.submissions.announcer import Announcer, ReplyTarget
from bot.submissions.reconcile import Result
from bot.submissions.worker import Leases, Worker

log = get_logger("weav_slack.unconfirmed")
CHOICE_NOT_WRITTEN = (
    "The bot's database does not answer, so the bot does not know whether your click was saved."
    f" Your choice may still take effect: check {ids.COMMAND} status."
)
OUTCOME_UNKNOWN = "The bot's database does not answer, so the bot cannot tell you the result now."
NO_CUSTOMER_ID = (
    "The customer was new, so the bot does not know whose conversations to look through."
)
NO_SUCH_ROW = "The bot no longer has this submission, so it can neither look nor create it again."


class Choice(StrEnum):
    LOOK_AGAIN = "look_again"
    CREATE_AGAIN = "create_again"
    LEAVE = "leave"


# The result, and the row with the form; None: there is no such row, it is not this person's, or the
# database is away.
_ChoiceResult: TypeAlias = tuple[Result, Entry | None]


@dataclass(eq=False, repr=False)
class UnconfirmedChoices:
    _ledger: Ledger
    _worker: Worker
    _announcer: Announcer
    _leases: Leases

    async def decide(self, choice: Choice, entry_id: int, target: ReplyTarget) -> None:
        """Carry out the choice once, however often it is clicked, and show the result."""
        log.info("decided", entry=entry_id, choice=choice.value)
        decided = await self._decide_with_retries(choice, entry_id, target)
        if decided is None:
            return  # the row's worker shows the outcome, which a reply from here could overwrite
        result, entry = decided
        with self._leases(entry_id):  # or a sweep would tell the author again
            shown = await self._show(result.reply, entry, target)
            if not isinstance(result.reply, Created):
                await self._announcer.note_told(result.entry, shown)

    async def _decide_with_retries(
        self, choice: Choice, entry_id: int, target: ReplyTarget
    ) -> _ChoiceResult | None:
        """Retry *look again*: a message can be clicked before the row says that it was sent.

        A second look does no harm; the other choices are not retried.
        """
        for pause in EARLY_CLICK_PAUSES if choice is Choice.LOOK_AGAIN else ():
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
        """None: another click or another replica was first.

        Raise LedgerUnavailable: no work was started here. If the database wrote the choice anyway,
        the row is resumed when its lease is over, and its outcome shown.
        """
        match choice:
            case Choice.LOOK_AGAIN:
                held = await self._ledger.look_again(entry_id, target.slack_user_id)
                return (await self._look_again(held), held) if held else None
            case Choice.CREATE_AGAIN:
                held = await self._ledger.create_again(entry_id, target.slack_user_id)
                return (await self._create_again(held, target), held) if held else None
            case Choice.LEAVE:
                left = await self._ledger.leave(entry_id, target.slack_user_id)
                return (Result(None, Left()), left) if left else None
            case _:
                assert_never(choice)

    async def _look_again(self, held: Entry) -> Result:
        if held.new_customer:  # only after a restore from a backup (operations/README.md)
            return Result(held, NotConfirmed(NO_CUSTOMER_ID, held.id))
        return await self._worker.look_again(held)

    async def _create_again(self, held: Entry, target: ReplyTarget) -> Result:
        work = self._worker.start(held, slot=False)
        await self._show(Creating(), held, target)
        return await work

    async def _current(self, entry_id: int, target: ReplyTarget) -> _ChoiceResult | None:
        """None: a worker has the row."""
        try:
            entry = await self._ledger.get(entry_id)
        except LedgerUnavailable:
            return Result(None, NotConfirmed(OUTCOME_UNKNOWN, entry_id)), None
        if entry is None or entry.slack_user_id != target.slack_user_id:
            return Result(None, NotConfirmed(NO_SUCH_ROW, entry_id)), None
        has_worker = entry.state is State.UNCONFIRMED and entry.due_at is not None
        reply = None if has_worker else reply_of(entry)
        return (Result(None, reply), entry) if reply else None

    async def _show(self, reply: Reply, entry: Entry | None, target: ReplyTarget) -> ApiResult:
        form = FilledForm.load(entry.form).replacing(entry.id) if entry else FilledForm()
        return await self._announcer.show(reply, form, target)
