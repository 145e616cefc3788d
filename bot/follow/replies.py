"""The customer replied: the card's thread is told, once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

from bot.card.facts import CardFacts
from bot.card.history import Replied, with_change
from bot.card.lock import NOBODY_KNOWS, CardLocks
from bot.card.render import CardDrawer
from bot.follow.look_results import (
    GONE_IN_SLACK,
    SOON,
    Again,
    LookResult,
    Settled,
    SlackAway,
    late,
    not_read,
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
# Seconds before it was told of that a message can be new: Weav comes again for most of a day.
_NEW_FOR: Final = 24 * 3600.0
# Messages whose signs are kept; what is older than all of them is not new.
_MOST_KEPT: Final = 200


class ToldMessages(BaseModel):
    """Which messages the thread was told of: kept with the row.

    `told` are their signs. What is not after `until` (seconds since the epoch) is old, and so is
    what has no date once there is such a moment.
    `telling`: those that it is just being told of. Should this process die meanwhile, nobody knows
    whether Slack has taken it.
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
        """Count all of them as told, the oldest first, beside what this list happens to lack."""
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
    """What the thread is told; what is unknown, or not for everybody who reads there, is empty."""

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


def _is_closed(code: str) -> bool:
    """Whether no later attempt reaches the thread, though the card perhaps."""
    return code in GONE_IN_SLACK or code.startswith("restricted_action")


def first_words(messages: Sequence[WrittenMessage]) -> str:
    """Read no more of them than is shown: HTML takes its time."""
    text = ""
    for message in messages:
        text = f"{text} {message.words}".strip()
        if len(text) > TEXT_LIMIT:
            break
    return shorten(one_line(text), TEXT_LIMIT)


@dataclass(eq=False, repr=False)
class ReplyFollower:
    """`wish_of`: what the threads of a Slack channel's cards are told, as `REPLIES` has it."""

    _ledger: Ledger
    _weav: WeavClient
    _slack: SlackApi
    _drawer: CardDrawer
    _locks: CardLocks
    _wish_of: Callable[[str], str]
    _pace: FollowPace
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def look(self, row: DueRow, entry: Entry) -> LookResult:
        if not (entry.slack_channel_id and entry.message_ts):
            return Settled("no_thread")
        messages = await customer_messages(self._weav, row.conversation_id)
        if isinstance(messages, LookUpFailed):
            return not_read(row, messages, self._pace)
        so_far = ToldMessages.model_validate(row.memo)
        if so_far.telling:
            return await self._doubt(row, messages, so_far)
        new = so_far.new_in(messages, row.marked_at)
        if not new:
            return late(row, self._pace) or Settled("nothing_new", so_far.dump())
        wish = self._wish_of(entry.slack_channel_id)
        if wish == "off":
            return Settled("off", so_far.after(messages).dump())
        return await self._tell(row, entry, messages, new, with_text=wish == "text")

    async def _tell(
        self,
        row: DueRow,
        entry: Entry,
        messages: Sequence[WrittenMessage],
        new: Sequence[WrittenMessage],
        *,
        with_text: bool,
    ) -> LookResult:
        """Slack cannot be asked what it has taken: what it is told is written down before.

        One at a time, so that a process that dies leaves one in doubt at most.
        """
        found = await read_conversation(self._weav, row.conversation_id)
        if isinstance(found, LookUpFailed):
            return not_read(row, found, self._pace)
        conversation, so_far = found.conversation, ToldMessages.model_validate(row.memo)
        slack_channel_id, facts = entry.slack_channel_id or "", CardFacts.of(entry, conversation)
        notice = await self._notice(entry, conversation, new, facts, with_text=with_text)
        telling = so_far.model_copy(update={"telling": tuple(each.key for each in new)})
        thread_ts, due = facts.thread_ts or entry.message_ts or "", self._ledger.due
        told = so_far.after(messages).dump()
        async with self._telling:
            if not await due.note(row, telling.dump()):
                return Again(SOON)
            posted = await self._slack.post(
                slack_channel_id, notice.render(), thread_ts, within=0.0
            )
            if isinstance(posted, Done):
                log.info("reply_told", conversation=row.conversation_id, messages=len(new))
                await retry_until_written(lambda: due.looked(row, self._pace.replies, told), row)
                return Settled("told", is_recorded=True)
            if not posted.certain or _is_closed(posted.code):
                return Again(SOON)  # and the card says it
            await due.note(row, so_far.dump())
        return SlackAway(posted)

    async def _notice(
        self,
        entry: Entry,
        conversation: Conversation,
        new: Sequence[WrittenMessage],
        facts: CardFacts,
        *,
        with_text: bool,
    ) -> Notice:
        """Where people of other organisations read, it has neither name nor text."""
        card = await self._drawer.card(conversation, entry.slack_channel_id or "", facts)
        return Notice(
            who="" if card.why_short else shorten(one_line(card.named.customer), _NAME_LIMIT),
            count=len(new),
            at=new[-1].at,
            link=card.link,
            mention=f"<@{await self._whom(entry, conversation)}>",
            text=first_words(new) if with_text and not card.why_short else "",
        )

    async def _whom(self, entry: Entry, conversation: Conversation) -> str:
        """Name the assignee, if they have said who they are in Weav, or else the author."""
        if conversation.assignee_type == AssigneeType.USER and conversation.assignee_id:
            assignee_id = conversation.assignee_id.lower()
            if user := await self._ledger.customers.user_with(assignee_id):
                return user.slack_user_id
        return entry.slack_user_id

    async def _doubt(
        self, row: DueRow, messages: Sequence[WrittenMessage], so_far: ToldMessages
    ) -> LookResult:
        """Whether the thread was told is not known, or it cannot be: the card says it.

        Unlike the thread it can be told twice.
        """
        times = [each.at for each in messages if each.key in so_far.telling and each.at]
        replied = Replied(replied_at=times[-1].timestamp() if times else row.marked_at)
        async with self._locks.of(row.conversation_id) as lock:
            if lock is None:
                return Again(SOON)
            if replied not in lock.changes:
                if not await lock.note(with_change(lock.changes, replied)):
                    return Again(SOON)
                lock.shown = NOBODY_KNOWS
        await self._ledger.due.mark(row.conversation_id, Look.CARD, 0.0)
        log.warning("reply_perhaps_told", conversation=row.conversation_id)
        said = {*so_far.told, *so_far.telling}
        settled = so_far.after([each for each in messages if each.key in said])
        return Again(SOON, memo=settled.dump())
