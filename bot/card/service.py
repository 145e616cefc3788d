"""A click on a card: carried out once, and the card drawn again for everybody."""

from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from bot.card.controls import Click, RequestedChange, assigned_to
from bot.card.drawn import Drawn, what_is_drawn
from bot.card.facts import NO_FACTS, CardFacts
from bot.card.history import (
    MOST_KEPT,
    Change,
    Noted,
    changes_by_now,
    opened_line_in,
    private_message,
)
from bot.card.lock import NOBODY_KNOWS, CardLocks, HeldLock
from bot.card.post import Delivered, redraw
from bot.card.render import Card, CardDrawer
from bot.card.seen import note_seen
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
    "Look in Weav how it is now: Slack did not let the bot draw the card anew (`{code}`)."
)


@dataclass(eq=False, repr=False)
class CardService:
    """`looks` and `replies` are in seconds; None: cards do not follow Weav."""

    _ledger: Ledger
    _weav: WeavClient
    _slack: SlackApi
    _drawer: CardDrawer
    _locks: CardLocks
    _notifier: Notifier
    _looks: tuple[float, ...]
    _replies: float | None

    def change(self, click: Click) -> None:
        """Begin to do what was clicked, once; whoever clicked learns privately why not."""
        changing = self._change(click)
        self._notifier.spawn(changing, "change", click.slack_user_id, click.response_url)

    async def _change(self, click: Click) -> None:
        text = DATABASE_AWAY
        with logged_if_unavailable(log, "change_not_begun"):
            text = await self._carried_out(click)
        if text:
            await self._tell(click, text)

    async def _carried_out(self, click: Click) -> str:
        """Return what is to be said to the one who clicked, in mrkdwn; empty: the card says it."""
        requested = await self._with_assignee(click)
        if requested is None:
            return WHO_ARE_YOU
        conversation_id = click.shown.conversation_id
        async with self._locks.of(conversation_id) as lock:
            if lock is None:
                return BUSY
            entry = await self._ledger.by_conversation(conversation_id)
            return await self._locked(lock, requested, click, entry)

    async def _locked(
        self, lock: HeldLock, requested: RequestedChange, click: Click, entry: Entry | None
    ) -> str:
        """Draw it before the lock is another's, too: of two cards the later one must stay."""
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
            changes = _with_news(changes, change, result.conversation, lock, entry)
        if not isinstance(result, Doubtful | LockLost):
            await lock.note(changes)  # what is in doubt stays under way until the next click
        if result.conversation is None:
            return text
        card = await self._card_again(result.conversation, click, entry, changes)
        if card.why_short and isinstance(result, Confirmed):
            text = change.line  # a short card says no such thing
        return "\n".join(filter(None, [text, await self._redraw(card, click, lock, entry)]))

    async def _with_assignee(self, click: Click) -> RequestedChange | None:
        if click.requested.field != "assignee":
            return click.requested
        user = await self._ledger.customers.user(click.slack_user_id)
        return assigned_to(user.weav_user_id) if user else None

    async def _card_again(
        self,
        conversation: Conversation,
        click: Click,
        entry: Entry | None,
        changes: tuple[Noted, ...],
    ) -> Card:
        """What the ledger does not have of it is read from the card that was clicked."""
        facts = CardFacts.of(entry, conversation) if entry else NO_FACTS
        facts = facts.model_copy(update={"above": blocks_above(click)})
        if entry is None or (entry.card is None and entry.form is None):
            opened = opened_line_in(click.card_blocks) or facts.opened
            facts = facts.model_copy(update={"opened": opened})
        return await self._drawer.card(conversation, click.slack_channel_id, facts, changes)

    async def _redraw(self, card: Card, click: Click, lock: HeldLock, entry: Entry | None) -> str:
        """Return what is to be said if Slack does not take it."""
        lock.shown = NOBODY_KNOWS
        drawn = await redraw(self._slack, card, click)
        conversation_id = click.shown.conversation_id
        if entry:
            await self._note(entry, card.conversation, drawn)
        if isinstance(drawn, Delivered):
            log.info("card_drawn", conversation=conversation_id, route=drawn.route)
            lock.shown = Drawn.of(card.conversation).dump()
            return ""
        log.warning("card_not_drawn", conversation=conversation_id, code=drawn.code)
        return NOT_DRAWN.format(code=drawn.code)

    async def _note(
        self, entry: Entry, conversation: Conversation, drawn: Delivered | Failed
    ) -> None:
        """Let `status` and the home tab say the same, and follow a card that can be drawn again."""
        conversation_id, due = entry.conversation_id or "", self._ledger.due
        with logged_if_unavailable(log, "card_not_noted", conversation=conversation_id):
            is_there = isinstance(drawn, Delivered) and drawn.route == "channel"
            if self._replies is not None and is_there and await due.resume(conversation_id):
                await due.mark(conversation_id, Look.REPLIES, self._replies)
            await note_seen(self._ledger, entry, conversation, self._replies)

    async def _tell(self, click: Click, text: str) -> None:
        """Tell the one who clicked where they did, else as a direct message.

        A response_url knows no thread for what one person sees, and puts it into the channel. There
        it is seen beside a card that began a thread; a card in somebody else's needs a method of
        its own.
        """
        message = private_message(text, click, self._drawer.link_to(click.shown.conversation_id))
        channel, person = click.slack_channel_id, click.slack_user_id
        if click.thread_ts not in {"", click.message_ts}:
            told = await self._slack.post_ephemeral(channel, person, message, click.thread_ts)
            if isinstance(told, Done):
                return
        await tell_privately(self._slack, message, person, click.response_url)


def _with_news(
    changes: tuple[Noted, ...],
    change: Change,
    conversation: Conversation,
    lock: HeldLock,
    entry: Entry,
) -> tuple[Noted, ...]:
    """Add what the click has found changed in Weav, before what the click itself did."""
    drawn = what_is_drawn(lock.shown, lock.changes, entry)
    changed = drawn.changed(conversation) if drawn else ()
    own = [each for each in changes if each == change]
    others = [each for each in changes if each != change]
    fields = [field for field in changed if not (own and field == change.field)]
    return (*changes_by_now(others, conversation, fields, lock.taken_at), *own)[-MOST_KEPT:]


def blocks_above(click: Click) -> tuple[Json, ...]:
    """Return what stands over the title of the clicked card, such as why it is a direct message."""
    drawn = click.card_blocks
    above = tuple(takewhile(lambda block: text_at(block, "type") != "rich_text", drawn))
    return above if len(above) < len(drawn) else ()
