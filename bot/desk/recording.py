"""What became of a submission is written down; only who could write it says so."""

import random
from dataclasses import dataclass, replace

from bot.desk.answers import Pending, Queued, Verdict
from bot.desk.insisting import insist
from bot.desk.queueing import LONGEST_PAUSE, pause_before, within
from bot.ledger import Entry, Ledger
from bot.logs import get_logger
from bot.weav.models import Conversation
from bot.weav.outcomes import NotSent, Opened, Refused, Unconfirmed

log = get_logger("weav_slack.recording")

NOT_IN_TIME = "The bot did not come to this for so long that it no longer sends it by itself."
NOT_BEGUN = "The bot's database did not answer in time, so nothing was sent to Weav."
DOUBTFUL = " An earlier attempt that was not confirmed may have created it all the same."


@dataclass(frozen=True, slots=True)
class Settled:
    """`entry` is None when the row was lost to another replica, which finishes it."""

    entry: Entry | None
    verdict: Verdict


class Recorder:
    def __init__(self, ledger: Ledger, retry_for: float) -> None:
        """`retry_for`: seconds for which a queued conversation is tried; 0: not at all."""
        self._ledger = ledger
        self._retry_for = retry_for

    async def opened(self, entry: Entry, conversation: Conversation) -> Settled:
        """Whoever has the row by now, the conversation is there."""
        facts = conversation.model_dump(mode="json")
        held = await insist(lambda: self._ledger.opened(entry, conversation.id, facts), entry)
        return Settled(held, Opened(conversation))

    async def refused(self, entry: Entry, refused: Refused) -> Settled:
        if entry.doubtful:
            refused = replace(refused, message=refused.message + DOUBTFUL)
        reason = " ".join([refused.message, *refused.fields.values()])
        held = await insist(lambda: self._ledger.refused(entry, reason), entry)
        return _settled(held, refused)

    async def not_sent(self, entry: Entry, outcome: NotSent) -> Settled:
        """Queue it, or give it up when its time is over."""
        pause = pause_before(entry.attempts, outcome.retry_after, random.random)
        left = within(pause, entry.waited, self._retry_for)
        patient = outcome.retry_after is not None
        if left is None or (patient and left < pause):
            return await self._given_up(entry, outcome)
        held = await insist(
            lambda: self._ledger.queued(entry, left, outcome.reason, patient=patient), entry
        )
        return _settled(held, Queued(outcome.reason, self._retry_for))

    async def not_in_time(self, entry: Entry) -> Settled | None:
        """Give up what was not sent in its time; None: its time is not over.

        After a night without the bot its author will have opened the conversation by hand.
        """
        if entry.waited <= self._retry_for + LONGEST_PAUSE + self._ledger.lease:
            return None
        log.warning("not_in_time", entry=entry.id)
        return await self._given_up(entry, NotSent(NOT_IN_TIME))

    async def not_confirmed(self, entry: Entry, known: str) -> Settled:
        log.warning("not_confirmed", entry=entry.id)
        held = await insist(lambda: self._ledger.unconfirmed(entry, known), entry)
        return _settled(held, Unconfirmed(known))

    async def _given_up(self, entry: Entry, outcome: NotSent) -> Settled:
        if entry.doubtful:  # "nothing was created" is known of the last attempt only
            return await self.not_confirmed(entry, outcome.reason + DOUBTFUL)
        held = await insist(lambda: self._ledger.expired(entry, outcome.reason), entry)
        return _settled(held, outcome)


def _settled(held: Entry | None, verdict: Verdict) -> Settled:
    """Leave a lost row's verdict to its new owner, whose own may differ."""
    return Settled(held, verdict if held else Pending())
