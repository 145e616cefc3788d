"""A click on a card: carried out once in Weav, and the card redrawn for everybody."""

from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from bot.card.controls import Click, RequestedChange, assigned_to
from bot.card.digest import CardDigest, shown_digest
from bot.card.facts import NO_FACTS, CardFacts
from bot.card.history import (
    Change,
    HistoryLine,
    opened_line_in,
    private_message,
    with_changes_in_weav,
)
from bot.card.lock import SHOWN_UNKNOWN, CardLocks, HeldLock
from bot.card.post import redraw
from bot.card.render import Card, CardDrawer
from bot.card.seen import store_conversation
from bot.card.update import (
    BUSY,
    Confirmed,
    Doubtful,
    LockLost,
    carry_out,
    changes_after,
    private_text,
)
from bot.ledger import Entry, Ledger, Look, logged_if_unavailable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.api import Done, Failed, SlackApi
from bot.slack.blocks import Json
from bot.slack.notifier import Notifier, tell_privately
from bot.slack.payloads import text_at
from bot.weav.client import WeavClient
from bot.weav.models import Conversation

log = get_logger("weav_slack.card")
WHO_ARE_YOU: Final = (
    f"Tell the bot once who you are in Weav: type `{ids.COMMAND} me UUID` with your own ID from"
    " Weav. Then click again."
)
DATABASE_AWAY: Final = (
    "Try again in a moment. The bot's database does not answer, so nothing was changed."
)
NOT_DRAWN: Final = (
    "Check the conversation in Weav: Slack did not let the bot update this card (`{code}`)."
)


@dataclass(eq=False, repr=False)
class CardService:
    """`looks`: seconds before each look for a change whose answer was lost.

    `replies`: seconds from a new message to the look for replies; None if cards do not follow Weav.
    """

    _ledger: Ledger
    _weav: WeavClient
    _slack: SlackApi
    _drawer: CardDrawer
    _locks: CardLocks
    _notifier: Notifier
    _looks: tuple[float, ...]
    _replies: float | None

    def change(self, click: Click) -> None:
        """Start to carry out the click, once; if that fails, its author is told privately."""
        changing = self._change(click)
        self._notifier.spawn(changing, "change", click.slack_user_id, click.response_url)

    async def _change(self, click: Click) -> None:
        text = DATABASE_AWAY
        with logged_if_unavailable(log, "change_not_begun"):
            text = await self._answer_to(click)
        if text:
            await self._tell(click, text)

    async def _answer_to(self, click: Click) -> str:
        """Return the private answer to the click in mrkdwn; empty if the card says it all."""
        requested = await self._with_assignee(click)
        if requested is None:
            return WHO_ARE_YOU
        conversation_id = click.shown.conversation_id
        async with self._locks.of(conversation_id) as lock:
            if lock is None:
                return BUSY
            entry = await self._ledger.by_conversation(conversation_id)
            return await self._change_locked(lock, requested, click, entry)

    async def _change_locked(
        self, lock: HeldLock, requested: RequestedChange, click: Click, entry: Entry | None
    ) -> str:
        """Change the conversation and redraw the card under the lock: the last redraw must win."""
        change = Change(
            slack_user_id=click.slack_user_id,
            field=requested.field,
            value=requested.value,
            at=lock.taken_at,
        )
        result = await carry_out(self._weav, change, click.shown, lock, self._looks)
        log.info(
            "card_clicked",
            conversation=click.shown.conversation_id,
            field=change.field,
            result=type(result).__name__,
        )
        changes = changes_after(lock.changes, change, result)
        text = private_text(result, change, changes, click)
        if result.conversation and entry:
            changes = _with_found_changes(changes, change, result.conversation, lock, entry)
        if not isinstance(result, Doubtful | LockLost):
            await lock.note(changes)  # a doubtful change stays under way until the next click
        if result.conversation is None:
            return text
        card = await self._current_card(result.conversation, click, entry, changes)
        if card.why_short and isinstance(result, Confirmed):
            text = change.line  # a short card has no history
        return "\n".join(filter(None, [text, await self._redraw(card, click, lock, entry)]))

    async def _with_assignee(self, click: Click) -> RequestedChange | None:
        if click.requested.field != "assignee":
            return click.requested
        user = await self._ledger.customers.user(click.slack_user_id)
        return assigned_to(user.weav_user_id) if user else None

    async def _current_card(
        self,
        conversation: Conversation,
        click: Click,
        entry: Entry | None,
        changes: tuple[HistoryLine, ...],
    ) -> Card:
        """Build the card; what the ledger no longer has is read from the clicked card."""
        facts = CardFacts.of(entry, conversation) if entry else NO_FACTS
        facts = facts.model_copy(update={"above": blocks_above(click)})
        if entry is None or (entry.card is None and entry.form is None):
            opened = opened_line_in(click.card_blocks) or facts.opened
            facts = facts.model_copy(update={"opened": opened})
        return await self._drawer.card(conversation, click.slack_channel_id, facts, changes)

    async def _redraw(self, card: Card, click: Click, lock: HeldLock, entry: Entry | None) -> str:
        """Return the private answer if Slack refuses the redraw, or an empty text."""
        lock.shown = SHOWN_UNKNOWN
        route = await redraw(self._slack, card, click)
        conversation_id = click.shown.conversation_id
        if entry:
            await self._record(entry, card.conversation, is_updatable=route == "channel")
        if isinstance(route, Failed):
            log.warning("card_not_drawn", conversation=conversation_id, code=route.code)
            return NOT_DRAWN.format(code=route.code)
        log.info("card_drawn", conversation=conversation_id, route=route)
        lock.shown = CardDigest.of(card.conversation).dump()
        return ""

    async def _record(
        self, entry: Entry, conversation: Conversation, *, is_updatable: bool
    ) -> None:
        """Store the conversation for `status` and the home tab, and follow the card again."""
        conversation_id, due, replies = entry.conversation_id or "", self._ledger.due, self._replies
        with logged_if_unavailable(log, "card_not_noted", conversation=conversation_id):
            if replies is not None and is_updatable and await due.resume_looks(conversation_id):
                await due.mark(conversation_id, Look.REPLIES, replies)
            await store_conversation(self._ledger, entry, conversation, replies)

    async def _tell(self, click: Click, text: str) -> None:
        """Answer the click privately, next to the card, or else as a direct message.

        A response_url cannot post an ephemeral message into a thread; it posts to the channel. That
        is fine for a card that stands in the channel. For a card inside a thread, use
        chat.postEphemeral.
        """
        message = private_message(text, click, self._drawer.link_to(click.shown.conversation_id))
        channel, person = click.slack_channel_id, click.slack_user_id
        if click.thread_ts not in {"", click.message_ts}:
            told = await self._slack.post_ephemeral(channel, person, message, click.thread_ts)
            if isinstance(told, Done):
                return
        await tell_privately(self._slack, message, person, click.response_url)


def _with_found_changes(
    changes: tuple[HistoryLine, ...],
    change: Change,
    conversation: Conversation,
    lock: HeldLock,
    entry: Entry,
) -> tuple[HistoryLine, ...]:
    """Add the changes made in Weav that the click found, and put the click's own change last."""
    digest = shown_digest(lock.shown, lock.changes, entry)
    changed = digest.changed_fields(conversation) if digest else ()
    lines = with_changes_in_weav(changes, conversation, changed, lock.taken_at)
    own = [line for line in lines if line == change]
    return (*(line for line in lines if line != change), *own)


def blocks_above(click: Click) -> tuple[Json, ...]:
    """Return the blocks above the clicked card's title, e.g. why it is a direct message."""
    drawn = click.card_blocks
    above = tuple(takewhile(lambda block: text_at(block, "type") != "rich_text", drawn))
    return above if len(above) < len(drawn) else ()
