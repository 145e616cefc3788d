"""One look at a conversation in Weav, which redraws its card if the card says something else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.card.controls import Field
from bot.card.digest import CardDigest, shown_digest
from bot.card.facts import CardFacts
from bot.card.history import confirmed, with_changes_in_weav
from bot.card.lock import SHOWN_UNKNOWN, CardLocks, HeldLock
from bot.card.render import CardDrawer, render
from bot.card.seen import store_conversation
from bot.follow.look_results import (
    GONE_IN_SLACK,
    SOON,
    Again,
    GoneInSlack,
    LookResult,
    Settled,
    SlackAway,
    not_read,
    not_yet,
)
from bot.follow.pace import FollowPace
from bot.ledger import DueRow, Entry, Ledger
from bot.logs import get_logger
from bot.slack.api import Failed, SlackApi
from bot.weav.client import WeavClient
from bot.weav.existing_conversations import Found, read_conversation
from bot.weav.models import DELETED, Conversation

log = get_logger("weav_slack.follow")
# The ledger's name for the slots of redraws.
REDRAWS: Final = "redraw"
# Seconds. A slot this close counts as now. A slot far in the past is stale (Weav or the bot was
# down); using it would let all stale looks run at once.
_COUNTS_AS_NOW: Final = 0.05
_STALE_AFTER: Final = 30.0
_MEMO_SLOT: Final = "place"


@dataclass(eq=False, repr=False)
class CardFollower:
    _ledger: Ledger
    _weav: WeavClient
    _slack: SlackApi
    _drawer: CardDrawer
    _locks: CardLocks
    _pace: FollowPace

    async def look(self, row: DueRow, entry: Entry) -> LookResult:
        if not (entry.slack_channel_id and entry.message_ts):
            return await self._look_without_card(row, entry)
        async with self._locks.of(row.conversation_id) as lock:
            # A click that holds the lock for so long will redraw the card itself.
            return await self._compare(row, entry, lock) if lock else Again(SOON)

    async def _look_without_card(self, row: DueRow, entry: Entry) -> LookResult:
        """Store what Weav says for `status` alone: there is no card that could be redrawn."""
        seen = await self._read(row, entry)
        if isinstance(seen, Conversation):
            return await self._settle(row, entry, seen, "kept")
        return seen

    async def _compare(self, row: DueRow, entry: Entry, lock: HeldLock) -> LookResult:
        seen = await self._read(row, entry)
        if not isinstance(seen, Conversation):
            return seen
        digest = shown_digest(lock.shown, lock.changes, entry)
        if digest and digest.matches(seen):
            lock.shown = CardDigest.of(seen).dump()
            return await self._settle(row, entry, seen, "unchanged")
        is_older = digest and digest.is_newer_than(seen)
        if is_older and (later := not_yet(row, self._pace)):
            return later
        if wait := await self._wait_for_slot(row):
            return wait
        changed = digest.changed_fields(seen) if digest else ()
        if seen.status == DELETED:
            changed = ("status",)  # what the other fields were in the end is not known
        return await self._draw(row, entry, seen, lock, changed)

    async def _read(self, row: DueRow, entry: Entry) -> Conversation | LookResult:
        """Read it in Weav; after two signs that it is missing, take it as deleted."""
        found = await read_conversation(self._weav, row.conversation_id)
        if isinstance(found, Found):
            return found.conversation
        if not found.missing:
            return not_read(row, found, self._pace)
        if not row.missing:
            return Again(self._pace.not_yet.shortest, missing=True)
        known = entry.conversation or {"id": row.conversation_id}
        return Conversation.read(known).model_copy(update={"status": DELETED})

    async def _wait_for_slot(self, row: DueRow) -> Again | None:
        """Wait for a slot, so that redraws are paced across replicas; None: redraw now."""
        slot = row.memo.get(_MEMO_SLOT)
        if slot is None or row.now - slot > _STALE_AFTER:
            slot = row.now + await self._ledger.due.reserve(REDRAWS, self._pace.redraw_every)
        wait = slot - row.now
        if wait <= _COUNTS_AS_NOW:
            return None
        return Again(wait, memo={**row.memo, _MEMO_SLOT: slot})

    async def _draw(
        self,
        row: DueRow,
        entry: Entry,
        seen: Conversation,
        lock: HeldLock,
        changed: Sequence[Field],
    ) -> LookResult:
        """Store the history first, so that after a crash the next look draws the same lines."""
        changes = with_changes_in_weav(lock.changes, seen, changed, lock.taken_at)
        if not await lock.note(changes):
            return Again(SOON)
        slack_channel_id, message_ts = entry.slack_channel_id or "", entry.message_ts or ""
        facts = CardFacts.of(entry, seen)
        card = await self._drawer.card(seen, slack_channel_id, facts, confirmed(changes))
        lock.shown = SHOWN_UNKNOWN
        drawn = render(card)
        sent = await self._slack.update(slack_channel_id, message_ts, drawn, within=0.0)
        if isinstance(sent, Failed):
            # An empty memo: the next look takes a new slot.
            return GoneInSlack(sent.code) if sent.code in GONE_IN_SLACK else SlackAway(sent, {})
        lock.shown = CardDigest.of(seen).dump()
        log.info("card_followed", conversation=row.conversation_id, changed=list(changed))
        return await self._settle(row, entry, seen, "redrawn")

    async def _settle(
        self, row: DueRow, entry: Entry, seen: Conversation, outcome: str
    ) -> LookResult:
        """Store what Weav said; look again if it does not show an announced deletion yet."""
        await store_conversation(self._ledger, entry, seen, self._pace.replies)
        is_due = row.missing and seen.status != DELETED
        return (is_due and not_yet(row, self._pace)) or Settled(outcome, {})
