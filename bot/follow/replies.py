"""Notices in a card's thread that the customer replied, each posted once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from bot.card.facts import NO_FACTS, CardFacts
from bot.card.history import Replied, with_change
from bot.card.lock import SHOWN_UNKNOWN, CardLocks
from bot.card.render import CardDrawer
from bot.follow.look_results import (
    GONE_IN_SLACK,
    SOON,
    Again,
    LookResult,
    Settled,
    SlackAway,
    not_read,
    not_yet,
)
from bot.follow.pace import FollowPace
from bot.ledger import DueRow, Entry, Ledger, Look
from bot.logs import get_logger
from bot.retry import retry_until_written
from bot.slack import blocks
from bot.slack.api import Done, SlackApi
from bot.slack.blocks import Message
from bot.slack.text import escape, link, local_time, one_line, shorten
from bot.weav.client import WeavClient
from bot.weav.existing_conversations import read_conversation
from bot.weav.messages import WrittenMessage, customer_messages
from bot.weav.models import AssigneeType, Conversation
from bot.weav.pages import LookUpFailed

log = get_logger("weav_slack.replies")
TEXT_LIMIT: Final = 300
_NAME_LIMIT: Final = 50
_UNNAMED: Final = "The customer"
# Seconds. On the first look, messages this much older than the event count as new: Weav retries for
# most of a day.
_NEW_FOR: Final = 24 * 3600.0
# Messages whose keys are kept; a message that is older than all of them is not new.
_MOST_KEPT: Final = 200


class ToldMessages(BaseModel):
    """Which messages the thread was told of; stored as the row's memo.

    `told`: the keys of those messages. `until`, in seconds since the epoch: older messages are not
    new, and once it is set, neither are messages without a date. `telling`: the keys of messages
    whose notice is being posted; after a crash it is not known whether Slack has the notice.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    told: tuple[str, ...] = ()
    until: float | None = None
    telling: tuple[str, ...] = ()

    def new_in(self, messages: Sequence[WrittenMessage], marked_at: float) -> list[WrittenMessage]:
        told, until = set(self.told), marked_at - _NEW_FOR if self.until is None else self.until
        return [
            each
            for each in messages
            if each.key not in told
            and (each.at.timestamp() > until if each.at else self.until is None)
        ]

    def after(self, messages: Sequence[WrittenMessage]) -> Self:
        """Count these messages, the oldest first, as told; keep those that the list lacks."""
        keys = dict.fromkeys([each.key for each in messages])
        told = (*keys, *(key for key in self.told if key not in keys))
        until = self.until
        if dropped := set(told[:-_MOST_KEPT]):
            times = [each.at.timestamp() for each in messages if each.at and each.key in dropped]
            until = max([*times, until or 0.0])
        return self.model_copy(update={"told": told[-_MOST_KEPT:], "until": until, "telling": ()})

    def dump(self) -> dict[str, Any]:
        return self.model_dump(exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the thread is told; a field is empty if it is unknown or not for all its readers."""

    who: str
    count: int
    at: datetime | None
    link: str
    mention: str
    text: str = ""

    def render(self) -> Message:
        replied = f"{self.who} replied" if self.who else f"{_UNNAMED} replied"
        if self.count > 1:
            replied += f" ({self.count} messages)"
        when = local_time(self.at) if self.at else ""
        leads = link(self.link, "Open in Weav") if self.link else ""
        said = [escape(replied), when, leads, self.mention]
        line = " · ".join(filter(None, [f"*{said[0]}*", *said[1:]]))
        drawn = blocks.section(blocks.mrkdwn(f":speech_balloon: {line}"))
        quoted = blocks.sentence(self.text) if self.text else None
        text = " · ".join(filter(None, [*said, escape(self.text)]))
        return Message.of(text, drawn, quoted)


def _is_unreachable(code: str) -> bool:
    """Tell whether no retry will reach the thread; the card may still be updated."""
    return code in GONE_IN_SLACK or code.startswith("restricted_action")


def first_words(messages: Sequence[WrittenMessage]) -> str:
    """Read no more of the messages than is shown, because HTML takes long to parse."""
    text = ""
    for message in messages:
        text = f"{text} {message.text}".strip()
        if len(text) > TEXT_LIMIT:
            break
    return shorten(one_line(text), TEXT_LIMIT)


@dataclass(eq=False, repr=False)
class ReplyFollower:
    """`mode_of`: what a Slack channel wants its threads to be told, one of `REPLIES`."""

    _ledger: Ledger
    _weav: WeavClient
    _slack: SlackApi
    _drawer: CardDrawer
    _locks: CardLocks
    _mode_of: Callable[[str], str]
    _pace: FollowPace
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def look(self, row: DueRow, entry: Entry) -> LookResult:
        if not (entry.slack_channel_id and entry.message_ts):
            return Settled("no_thread")
        messages = await customer_messages(self._weav, row.conversation_id)
        if isinstance(messages, LookUpFailed):
            return not_read(row, messages, self._pace)
        memo = ToldMessages.model_validate(row.memo)
        if memo.telling:
            return await self._say_on_card(row, messages, memo)
        new = memo.new_in(messages, row.marked_at)
        if not new:
            return not_yet(row, self._pace) or Settled("nothing_new", memo.dump())
        mode = self._mode_of(entry.slack_channel_id)
        if mode == "off":
            return Settled("off", memo.after(messages).dump())
        return await self._post_notice(row, entry, messages, new, with_text=mode == "text")

    async def _post_notice(
        self,
        row: DueRow,
        entry: Entry,
        messages: Sequence[WrittenMessage],
        new: Sequence[WrittenMessage],
        *,
        with_text: bool,
    ) -> LookResult:
        """Post the notice, but first store its messages as `telling`: Slack cannot be asked later.

        Post one notice at a time, so that a crash leaves at most one in doubt.
        """
        found = await read_conversation(self._weav, row.conversation_id)
        if isinstance(found, LookUpFailed):
            return not_read(row, found, self._pace)
        conversation, memo = found.conversation, ToldMessages.model_validate(row.memo)
        slack_channel_id, facts = entry.slack_channel_id or "", CardFacts.of(entry, conversation)
        notice = await self._notice(entry, conversation, new, with_text=with_text)
        telling = memo.model_copy(update={"telling": tuple(each.key for each in new)})
        thread_ts, due = facts.thread_ts or entry.message_ts or "", self._ledger.due
        told = memo.after(messages).dump()
        async with self._telling:
            if not await due.save_memo(row, telling.dump()):
                return Again(SOON)
            posted = await self._slack.post(
                slack_channel_id, notice.render(), thread_ts, within=0.0
            )
            if isinstance(posted, Done):
                log.info("reply_told", conversation=row.conversation_id, messages=len(new))
                await retry_until_written(lambda: due.finish(row, self._pace.replies, told), row)
                return Settled("told", is_recorded=True)
            if not posted.certain or _is_unreachable(posted.code):
                return Again(SOON)  # `telling` stays: the next look says it on the card
            await due.save_memo(row, memo.dump())
        return SlackAway(posted)

    async def _notice(
        self,
        entry: Entry,
        conversation: Conversation,
        new: Sequence[WrittenMessage],
        *,
        with_text: bool,
    ) -> Notice:
        """Leave out name and text if people of other organisations may read the channel."""
        card = await self._drawer.card(conversation, entry.slack_channel_id or "", NO_FACTS)
        return Notice(
            who="" if card.why_short else shorten(one_line(card.named.customer), _NAME_LIMIT),
            count=len(new),
            at=new[-1].at,
            link=card.link,
            mention=f"<@{await self._mentioned(entry, conversation)}>",
            text=first_words(new) if with_text and not card.why_short else "",
        )

    async def _mentioned(self, entry: Entry, conversation: Conversation) -> str:
        """Return the assignee, if the bot knows who that is in Slack, or else the author."""
        if conversation.assignee_type == AssigneeType.USER and conversation.assignee_id:
            assignee_id = conversation.assignee_id.lower()
            if user := await self._ledger.customers.user_by_weav_id(assignee_id):
                return user.slack_user_id
        return entry.slack_user_id

    async def _say_on_card(
        self, row: DueRow, messages: Sequence[WrittenMessage], memo: ToldMessages
    ) -> LookResult:
        """Say on the card that the customer replied.

        For a thread that cannot get the notice, or of which nobody knows whether it did: saying it
        twice on the card does no harm, in the thread it would.
        """
        times = [each.at for each in messages if each.key in memo.telling and each.at]
        replied = Replied(replied_at=times[-1].timestamp() if times else row.marked_at)
        async with self._locks.of(row.conversation_id) as lock:
            if lock is None:
                return Again(SOON)
            if replied not in lock.changes:
                if not await lock.note(with_change(lock.changes, replied)):
                    return Again(SOON)
                lock.shown = SHOWN_UNKNOWN
        await self._ledger.due.mark(row.conversation_id, Look.CARD, 0.0)
        log.warning("reply_perhaps_told", conversation=row.conversation_id)
        said = {*memo.told, *memo.telling}
        settled = memo.after([each for each in messages if each.key in said])
        return Again(SOON, memo=settled.dump())
