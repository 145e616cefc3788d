"""The handlers' entry points: submit a form, or carry out an author's choice."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

from bot.form.parse import Submission
from bot.form.reply import Created, Creating, FormAgain, Queued, Reply, reply_of
from bot.ledger import Ledger, LedgerUnavailable, NewEntry
from bot.logs import get_logger
from bot.retry import WITHDRAW_PAUSES
from bot.slack.api import Done
from bot.slack.notifier import Notifier
from bot.submissions.announcer import Announcer, ReplyTarget
from bot.submissions.reconcile import Result
from bot.submissions.unconfirmed_choices import Choice, UnconfirmedChoices
from bot.submissions.worker import Begun, Leases, Worker
from bot.tasks import Tasks

log = get_logger("weav_slack.submissions")
# Of Slack's 3 s, counted from when the payload came in. The access check, the review of the form,
# the database and Weav share these 2 s; the rest is for the network and a busy machine.
ANSWER_WITHIN = 2.0
ANSWER_LEAVES_WITHIN = 5.0  # it takes milliseconds; after that the author gets a message
SEEN_WITHIN = 2.5  # an answer that leaves later may find that Slack has given up
# Until Slack shows the view from the answer; it would overwrite a `views.update` before that.
SLACK_SETTLES = 0.5
WRITTEN_LATE: Final = "The bot's database was too slow."
NOT_WRITTEN = (
    "Submit again in a moment. The bot's database does not answer, so the bot could not save"
    " your form and sent nothing to Weav. If this happens again, tell whoever runs the bot."
)


@dataclass(eq=False, repr=False)
class SubmissionService:
    _ledger: Ledger
    _worker: Worker
    _unconfirmed_choices: UnconfirmedChoices
    _announcer: Announcer
    _leases: Leases
    _notifier: Notifier
    _tasks: Tasks

    def decide(self, choice: Choice, entry_id: int, target: ReplyTarget) -> None:
        deciding = self._unconfirmed_choices.decide(choice, entry_id, target)
        self._notifier.spawn(deciding, "decide", target.slack_user_id, target.response_url)

    async def submit(
        self, submission: Submission, answered: asyncio.Event, arrived_at: float
    ) -> Reply:
        """Answer within 2 s; an outcome that comes later is shown in the modal or in a message.

        The 2 s start at `arrived_at`, the event loop's time when the payload came in.
        `answered` is set once Slack has the answer.
        """
        deadline, seen_by = arrived_at + ANSWER_WITHIN, arrived_at + SEEN_WITHIN
        new = submission.new_entry
        try:
            async with asyncio.timeout_at(deadline):
                begun = await self._worker.begin(new)
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("not_written", error=str(error))
            self._tasks.spawn(self._withdraw(new, answered, seen_by), name="withdraw")
            return FormAgain(NOT_WRITTEN)
        await asyncio.wait({begun.work}, timeout=deadline - asyncio.get_running_loop().time())
        if not begun.work.done():
            self._tasks.spawn(self._follow(begun, submission, answered), name="follow")
            return Creating()
        result = begun.work.result()
        if not isinstance(result.reply, Created | Queued):
            self._tasks.spawn(self._note_told(result, answered, seen_by), name="note_told")
        return result.reply

    async def _follow(self, begun: Begun, submission: Submission, answered: asyncio.Event) -> None:
        result = await begun.work
        if isinstance(result.reply, Creating):
            return  # another replica has the row and tells the author
        new = submission.new_entry
        target = ReplyTarget(new.slack_user_id, view_id=new.view_id)
        if await _is_set_by(asyncio.get_running_loop().time() + ANSWER_LEAVES_WITHIN, answered):
            await asyncio.sleep(SLACK_SETTLES)
        else:
            target = ReplyTarget(new.slack_user_id)
        with self._leases(begun.entry_id):
            form = submission.form.replacing(begun.entry_id)
            shown = await self._announcer.show(result.reply, form, target)
            if not isinstance(result.reply, Created | Queued):
                await self._announcer.note_told(result.entry, shown)

    async def _note_told(self, result: Result, answered: asyncio.Event, seen_by: float) -> None:
        """Record that the author knows, unless the answer left too late."""
        if await _is_set_by(seen_by, answered):
            await self._announcer.note_told(result.entry, Done())

    async def _withdraw(self, new: NewEntry, answered: asyncio.Event, seen_by: float) -> None:
        seen = await _is_set_by(seen_by, answered)
        await withdraw(self._ledger, new, seen=seen)


async def _is_set_by(deadline: float, event: asyncio.Event) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await event.wait()
    return event.is_set() and asyncio.get_running_loop().time() < deadline


async def withdraw(ledger: Ledger, new: NewEntry, *, seen: bool) -> None:
    """Expire a row that was written late: it says `sending`, but its POST never began.

    Left alone, a sweep would search Weav for it and tell the author that it is not confirmed.
    Only the row that this call wrote is withdrawn, which its receipt proves. With another receipt
    or none, the row belongs to another attempt or was taken over, and its POST may have begun. An
    author who has not `seen` the answer is told when the row's lease is over.
    """
    for pause in WITHDRAW_PAUSES:
        await asyncio.sleep(pause)
        try:
            entry = await ledger.by_key(new.key)
            if entry is None or entry.receipt != new.receipt or reply_of(entry) is not None:
                continue
            withdrawn = await ledger.expired(entry, WRITTEN_LATE)
            if withdrawn and seen:
                await ledger.told(withdrawn)
        except LedgerUnavailable:
            continue
