"""A click on a card: carried out in Weav, drawn for everybody, told to whom it concerns."""

from collections.abc import Callable
from typing import assert_never

from bot.desk.granting import (
    Already,
    Denied,
    Doubtful,
    Granted,
    OutOfTurn,
    Overtaken,
    Result,
    grant,
)
from bot.desk.lines import CardLine
from bot.desk.names import Names
from bot.desk.outsiders import Outsiders
from bot.desk.papers import Papers
from bot.desk.posting import RECOVERED
from bot.desk.turns import Turns
from bot.ledger import Entry, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.audience import Audience
from bot.slack.cards import Card, history_of
from bot.slack.changes import (
    Change,
    already_note,
    maker_of,
    note,
    overtaken_note,
)
from bot.slack.clicks import Click, Wish, assigned_to
from bot.slack.delivery import Delivered
from bot.slack.gateway import Failed, SlackGateway
from bot.slack.redrawing import HEADING, redrawn_card, replace, tell_privately
from bot.slack.short_card import is_short_for, short_card
from bot.slack.text import escape
from bot.weav.client import WeavClient
from bot.weav.models import Conversation

log = get_logger("weav_slack.changing")

WHO_ARE_YOU = (
    "The bot does not know yet who you are in Weav. Tell it once with"
    f" `{ids.COMMAND} me UUID`, with your own ID from Weav, and click again."
)
DATABASE_AWAY = "The bot's database does not answer, so nothing was changed. Try again in a moment."
BUSY = (
    "Somebody else's click on this card is still being carried out, so yours was not. Try again"
    " in a moment."
)
NOT_DRAWN = "Slack did not let the bot draw the card anew (`{code}`): look in Weav how it is now."


class Changer:
    def __init__(
        self,
        ledger: Ledger,
        weav: WeavClient,
        slack: SlackGateway,
        outsiders: Outsiders,
        names: Names,
        link: Callable[[str], str | None],
        looks: tuple[float, ...],
        keep_every: float,
    ) -> None:
        """`looks` and `keep_every` are in seconds."""
        self._ledger = ledger
        self._weav = weav
        self._slack = slack
        self._outsiders = outsiders
        self._names = names
        self._link = link
        self._looks = looks
        self._turns = Turns(ledger.cards, keep_every)

    async def change(self, click: Click) -> None:
        """Do what was clicked, once, or say privately why not."""
        try:
            said = await self._change(click)
        except LedgerUnavailable as error:
            log.warning("change_not_begun", error=str(error))
            said = DATABASE_AWAY
        if not said:
            return
        link = self._link(click.shown.conversation_id) or ""
        told = await tell_privately(self._slack, click, note(said, click, link))
        if isinstance(told, Failed):
            log.error("user_not_reached", code=told.code)

    async def _change(self, click: Click) -> str:
        """Return what is to be said to the one who clicked, in mrkdwn; empty: the card says it."""
        wish = await self._understood(click)
        if wish is None:
            return WHO_ARE_YOU
        entry = await self._ledger.by_conversation(click.shown.conversation_id)
        async with self._turns.of(click.shown.conversation_id) as turn:
            if turn is None:
                return BUSY
            clicked = Change(
                slack_user_id=click.slack_user_id,
                field=wish.field,
                value=wish.value,
                at=turn.taken_at,
            )
            line = CardLine(self._turns, turn, clicked)
            result = await grant(self._weav, wish, click.shown, self._looks, line.begin)
            log.info(
                "card_clicked",
                conversation=click.shown.conversation_id,
                field=wish.field,
                result=type(result).__name__,
            )
            return await self._show(result, wish, click, entry, await line.end(result))

    async def _understood(self, click: Click) -> Wish | None:
        if click.wish.field != "assignee":
            return click.wish
        user = await self._ledger.memory.user(click.slack_user_id)
        return assigned_to(user.weav_user_id) if user else None

    async def _show(
        self,
        result: Result,
        wish: Wish,
        click: Click,
        entry: Entry | None,
        changes: tuple[Change, ...],
    ) -> str:
        """Draw before the turn is over: of two cards the later one must stay."""
        said = _said(result, wish, changes, click)
        if result.conversation is None:
            return said
        readers = await self._outsiders.of_card(click.slack_channel_id)
        if is_short_for(readers) and isinstance(result, Granted):
            said = changes[-1].said  # a short card says no such thing
        card = await self._card(result.conversation, click, changes, entry, readers)
        return "\n".join(part for part in (said, await self._draw(card, click)) if part)

    async def _card(
        self,
        conversation: Conversation,
        click: Click,
        changes: tuple[Change, ...],
        entry: Entry | None,
        readers: Audience,
    ) -> Card:
        link = self._link(conversation.id) or ""
        if is_short_for(readers):
            return short_card(conversation, readers, link, HEADING)
        history = ""
        if entry and entry.form:
            origin = Papers.read(entry.form).origin
            history = history_of(conversation, origin, entry.slack_user_id)
        note = RECOVERED if entry and entry.recovered else ""
        return redrawn_card(
            conversation,
            click,
            changes,
            history=history,
            named=await self._names.of(conversation),
            link=link,
            note=note,
        )

    async def _draw(self, card: Card, click: Click) -> str:
        drawn = await replace(self._slack, click, card)
        conversation_id = click.shown.conversation_id
        if isinstance(drawn, Delivered):
            log.info("card_drawn", conversation=conversation_id, route=drawn.route)
            return ""
        log.warning("card_not_drawn", conversation=conversation_id, code=drawn.code)
        return NOT_DRAWN.format(code=drawn.code)


def _said(result: Result, wish: Wish, changes: tuple[Change, ...], click: Click) -> str:
    """Tell the one who clicked what the card does not; empty: it says everything."""
    match result:
        case Granted():
            return ""
        case Already(conversation):
            maker = maker_of(changes, conversation, wish.field)
            own = maker is not None and maker.slack_user_id == click.slack_user_id
            if own and not click.shown.shows(conversation, wish.field):
                return ""  # a double click: what its first half did is drawn now
            return already_note(wish, None if own else maker)
        case Overtaken(conversation):
            return overtaken_note(wish, conversation, maker_of(changes, conversation, wish.field))
        case Denied(reason) | Doubtful(reason):
            return escape(reason)
        case OutOfTurn():
            return BUSY
        case _:
            assert_never(result)
