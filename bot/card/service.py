"""A click on a card: carried out once, and the card drawn again for everybody."""

from collections.abc import Callable
from itertools import takewhile
from typing import Final

from bot.access.audience import ChannelReaders
from bot.card.controls import Click, RequestedChange, assigned_to
from bot.card.history import Change, opened_line, opened_line_in, private_message
from bot.card.lock import CardLocks, HeldLock
from bot.card.post import Delivered, note_on, redraw
from bot.card.render import Card
from bot.card.update import (
    BUSY,
    Confirmed,
    Doubtful,
    LockLost,
    carry_out,
    changes_after,
    private_text,
)
from bot.directory import Names
from bot.form.values import FilledForm
from bot.ledger import Entry, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.api import Done, SlackApi
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


class CardService:
    def __init__(
        self,
        ledger: Ledger,
        weav: WeavClient,
        slack: SlackApi,
        channel_readers: ChannelReaders,
        names: Names,
        notifier: Notifier,
        link_to: Callable[[str], str],
        looks: tuple[float, ...],
        keep_every: float,
    ) -> None:
        """`looks` and `keep_every` are in seconds."""
        self._ledger = ledger
        self._weav = weav
        self._slack = slack
        self._channel_readers = channel_readers
        self._names = names
        self._notifier = notifier
        self._link_to = link_to
        self._looks = looks
        self._locks = CardLocks(ledger.cards, keep_every)

    def change(self, click: Click) -> None:
        """Begin to do what was clicked, once; whoever clicked learns privately why not."""
        changing = self._change(click)
        self._notifier.spawn(changing, "change", click.slack_user_id, click.response_url)

    async def _change(self, click: Click) -> None:
        try:
            text = await self._carried_out(click)
        except LedgerUnavailable as error:
            log.warning("change_not_begun", error=str(error))
            text = DATABASE_AWAY
        if text:
            await self._tell(click, text)

    async def _carried_out(self, click: Click) -> str:
        """Return what is to be said to the one who clicked, in mrkdwn; empty: the card says it."""
        requested = await self._with_assignee(click)
        if requested is None:
            return WHO_ARE_YOU
        conversation_id = click.shown.conversation_id
        entry = await self._ledger.by_conversation(conversation_id)
        async with self._locks.of(conversation_id) as lock:
            return await self._locked(lock, requested, click, entry) if lock else BUSY

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
        if not isinstance(result, Doubtful | LockLost):
            await lock.note(changes)  # what is in doubt stays under way until the next click
        text = private_text(result, change, changes, click)
        if result.conversation is None:
            return text
        card = await self._card_again(result.conversation, click, entry, changes)
        if card.is_short and isinstance(result, Confirmed):
            text = change.line  # a short card says no such thing
        return "\n".join(filter(None, [text, await self._redraw(card, click)]))

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
        changes: tuple[Change, ...],
    ) -> Card:
        opened = opened_line_in(click.card_blocks)
        if entry and entry.form:
            origin = FilledForm.read(entry.form).origin
            opened = opened_line(conversation, origin, entry.slack_user_id)
        return Card(
            conversation,
            opened=opened,
            named=await self._names.of(conversation),
            readers=await self._channel_readers.of_card(click.slack_channel_id),
            link=self._link_to(conversation.id),
            note=note_on(entry) if entry else "",
            changes=changes,
            above=blocks_above(click),
            new=False,
        )

    async def _redraw(self, card: Card, click: Click) -> str:
        """Return what is to be said if Slack does not take it."""
        drawn = await redraw(self._slack, card, click)
        conversation_id = click.shown.conversation_id
        if isinstance(drawn, Delivered):
            log.info("card_drawn", conversation=conversation_id, route=drawn.route)
            return ""
        log.warning("card_not_drawn", conversation=conversation_id, code=drawn.code)
        return NOT_DRAWN.format(code=drawn.code)

    async def _tell(self, click: Click, text: str) -> None:
        """Tell the one who clicked where they did, else as a direct message.

        A response_url knows no thread for what one person sees, and puts it into the channel. There
        it is seen beside a card that began a thread; a card in somebody else's needs a method of
        its own.
        """
        message = private_message(text, click, self._link_to(click.shown.conversation_id))
        channel, person = click.slack_channel_id, click.slack_user_id
        if click.thread_ts not in {"", click.message_ts}:
            told = await self._slack.whisper(channel, person, message, click.thread_ts)
            if isinstance(told, Done):
                return
        await tell_privately(self._slack, message, person, click.response_url)


def blocks_above(click: Click) -> list[Json]:
    """Return what stands over the title of the clicked card, such as why it is a direct message."""
    drawn = click.card_blocks
    above = list(takewhile(lambda block: text_at(block, "type") != "rich_text", drawn))
    return above if len(above) < len(drawn) else []
