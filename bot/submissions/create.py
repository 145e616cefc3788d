"""Makes the one POST of a row and records Weav's answer.

The caller records an opened conversation (`Unrecorded`) and looks for a lost one (`Unanswered`).
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, assert_never

from bot.card.post import Delivered
from bot.form.reply import Creating, FormAgain, Queued, not_created
from bot.ledger import Entry, Ledger, LedgerUnavailable, State
from bot.logs import get_logger
from bot.retry import LONGEST_QUEUE_PAUSE, RetryTimes, queue_pause, retry_until_written, within_time
from bot.slack.api import Failed
from bot.submissions.new_customer import CustomerCreation
from bot.submissions.reconcile import Reconciler, Result, result_of
from bot.tasks import Tasks
from bot.weav.client import WeavClient
from bot.weav.models import Conversation, NewConversation
from bot.weav.outcomes import Cause, NotSent, Opened, Outcome, Refused, Unconfirmed

log = get_logger("weav_slack.create")
DOUBTFUL = " An earlier attempt was not confirmed and may have created the conversation anyway."

PostedCard: TypeAlias = asyncio.Task[Delivered | Failed]
PostCard: TypeAlias = Callable[[Entry, Conversation], Coroutine[Any, Any, Delivered | Failed]]
# Seconds to wait while another submission creates the customer: until it has Weav's answer, or its
# row is taken over.
MIN_WAIT_FOR_OTHERS = 30.0


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """Weav opened the conversation, and the ledger does not say so yet.

    `entry` is the row as it was sent; `posting` is the task that posts its card, if one runs.
    """

    entry: Entry
    conversation: Conversation
    posting: PostedCard | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The request may have arrived, so look for its conversation. `entry`: the row as sent."""

    entry: Entry
    reason: str


class ConversationCreator:
    def __init__(
        self, ledger: Ledger, weav: WeavClient, retry_times: RetryTimes, tasks: Tasks
    ) -> None:
        self._ledger = ledger
        self._weav = weav
        self._retry_times = retry_times
        self._tasks = tasks
        others = max(MIN_WAIT_FOR_OTHERS, retry_times.weav_timeout + ledger.lease)
        self._customers = CustomerCreation(ledger, weav, others)
        self.reconciler = Reconciler(ledger, weav, retry_times, tasks)
        self._weav_was_away = False

    async def send(
        self, entry: Entry, post_card: PostCard | None = None
    ) -> Result | Unrecorded | Unanswered | None:
        """Make the row's one POST; None: another worker has the row.

        A `Result` is already recorded. `post_card` posts the card while the record is written, so
        that it does not wait for the disk. After a crash in between, the card is posted again.
        """
        ready: Entry | Refused | NotSent | None = entry
        try:
            if entry.state is not State.SENDING:
                begun = await self._ledger.start_sending(entry)
                if begun is None:
                    return None
                ready = entry = begun
            if entry.new_customer:
                if not self._ledger.still_holds(entry):
                    return self._too_late(entry)
                ready = await self._customers.assign(entry)
        except LedgerUnavailable as error:
            # If the statement runs later all the same, it changes nothing: the owner has changed.
            log.warning("not_begun", entry=entry.id, error=str(error))
            return await self._queue(entry, NotSent.because(Cause.DATABASE_SLOW))
        match ready:
            case None:
                return Result(None, Creating())
            case Entry():
                return await self._post(ready, post_card)
            case Refused() | NotSent():
                return await self._handle_outcome(entry, ready, None)
            case _:
                assert_never(ready)

    async def _post(
        self, entry: Entry, post_card: PostCard | None
    ) -> Result | Unrecorded | Unanswered:
        if not self._ledger.still_holds(entry):
            return self._too_late(entry)
        new = NewConversation.model_validate(entry.request)
        outcome = await self._weav.create_conversation(new)
        log.info("weav_answered", entry=entry.id, outcome=type(outcome).__name__)
        result = await self._handle_outcome(entry, outcome, post_card)
        if isinstance(outcome, Opened | Refused) and self._weav_was_away:
            # A timeout or a 502 does not prove that Weav is back.
            self._weav_was_away = False
            self._tasks.spawn(self._bring_queue_forward(), name="bring_queue_forward")
        return result

    async def _handle_outcome(
        self, entry: Entry, outcome: Outcome, post_card: PostCard | None
    ) -> Result | Unrecorded | Unanswered:
        match outcome:
            case Opened(conversation):
                posting = None
                if post_card and self._ledger.still_holds(entry):
                    posting = self._tasks.spawn(post_card(entry, conversation), name="post")
                return Unrecorded(entry, conversation, posting)
            case Refused():
                return await self._record_refused(entry, outcome)
            case NotSent():
                self._weav_was_away = True
                return await self._queue(entry, outcome)
            case Unconfirmed(reason):
                return Unanswered(entry, reason)
            case _:
                assert_never(outcome)

    def _too_late(self, entry: Entry) -> Result:
        """This process stalled past its lease; another may already have told the author."""
        log.warning("too_late_to_send", entry=entry.id)
        return Result(None, Creating())

    async def record(self, unrecorded: Unrecorded) -> Entry | None:
        """None: not recorded, because another worker has the row or the database stayed away.

        The conversation exists anyway, and the next worker of the row finds it.
        """
        entry, conversation = unrecorded.entry, unrecorded.conversation
        facts = conversation.model_dump(mode="json")
        held = await retry_until_written(
            lambda: self._ledger.opened(entry, conversation.id, facts), entry
        )
        return None if held is entry else held  # the same entry: it could not be written

    async def _record_refused(self, entry: Entry, refused: Refused) -> Result:
        if entry.doubtful:
            refused = replace(refused, message=(refused.message + DOUBTFUL).strip())
        sentence = refused.sentence
        held = await retry_until_written(lambda: self._ledger.refused(entry, sentence), entry)
        return result_of(held, FormAgain(refused.message, refused.fields))

    async def _queue(self, entry: Entry, outcome: NotSent) -> Result:
        """Queue the row, or give it up if its time is over or Weav asks for a longer pause."""
        pause = queue_pause(entry.attempts, outcome.retry_after, random.random)
        left = within_time(pause, entry.waited, self._retry_times.retry_for)
        weav_said_when = outcome.retry_after is not None
        if left is None or (weav_said_when and left < pause):
            return await self._give_up(entry, outcome)
        held = await retry_until_written(
            lambda: self._ledger.queued(
                entry, left, outcome.reason, reason_code=outcome.cause, patient=weav_said_when
            ),
            entry,
        )
        return result_of(held, Queued(outcome.cause, self._retry_times.retry_for))

    async def give_up_if_overdue(self, entry: Entry) -> Result | None:
        """Give up a row that is overdue; None: it still has time.

        If the bot was off for a night, the author has probably opened the conversation by hand.
        """
        if entry.waited <= self._retry_times.retry_for + LONGEST_QUEUE_PAUSE + self._ledger.lease:
            return None
        log.warning("not_in_time", entry=entry.id)
        return await self._give_up(entry, NotSent.because(Cause.OVERDUE))

    async def _give_up(self, entry: Entry, outcome: NotSent) -> Result:
        if entry.doubtful:  # only of the last attempt is it certain that it created nothing
            return await self.reconciler.not_confirmed(entry, outcome.reason + DOUBTFUL)
        held = await retry_until_written(
            lambda: self._ledger.expired(entry, outcome.reason, reason_code=outcome.cause), entry
        )
        return result_of(held, not_created(outcome.reason))

    async def _bring_queue_forward(self) -> None:
        try:
            rows = await self._ledger.hurry(self._retry_times.spread)
        except LedgerUnavailable:
            return  # the rows are still sent when they are due
        log.info("weav_is_back", rows=rows)
