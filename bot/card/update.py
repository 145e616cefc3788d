"""A click on a card: carried out in Weav, drawn for everybody, told to whom it concerns.

A change is read, compared, written and confirmed, one at a time for each conversation: a PUT takes
all five fields, and would put the others back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, TypeAlias, assert_never

from bot.access.audience import Audience, ChannelReaders
from bot.card.controls import Click, RequestedChange, Shown, assigned_to, value_of
from bot.card.history import (
    Change,
    already_note,
    change_lines,
    maker_of,
    note,
    overtaken_note,
    read_changes,
    settled,
    with_change,
)
from bot.card.lock import CardLocks
from bot.card.post import RECOVERED, Delivered
from bot.card.render import draw_card, history_of, is_short_for, short_card
from bot.directory import NOT_NAMED, Named, Names
from bot.form.stored import StoredForm
from bot.ledger import CardLock, Entry, Ledger, LedgerUnavailable
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.api import Done, Failed, SlackApi
from bot.slack.message import TEXT_LIMIT, Message
from bot.slack.payloads import at, text_at
from bot.slack.text import escape
from bot.weav.client import WeavClient
from bot.weav.conversations import Changed, Found, Update, read_conversation, write_conversation
from bot.weav.models import Conversation
from bot.weav.outcomes import NotSent, Refused, Unconfirmed
from bot.weav.pages import LookUpFailed

HEADING: Final = "Weav conversation"


def redrawn_card(
    conversation: Conversation,
    click: Click,
    changes: Sequence[Change],
    *,
    history: str,
    link: str,
    note: str,
    named: Named = NOT_NAMED,
) -> Message:
    """Keep what stood above the card: in a direct message, why it came there."""
    drawn = draw_card(
        conversation,
        history=history or history_in(click.card_blocks),
        named=named,
        link=link,
        note=note,
        heading=HEADING,
        changes=change_lines(changes),
    )
    above = _above(click.card_blocks)
    said = " ".join([*(text_at(block, "text", "text") for block in above), drawn.text])
    text = said if len(said) <= TEXT_LIMIT else drawn.text
    return Message(text, [*above, *drawn.blocks])


def history_in(blocks: Iterable[Any]) -> str:
    """Read from the card itself who opened it, as it was drawn; empty if it does not say."""
    for block in blocks:
        if text_at(block, "block_id") == ids.CARD_HISTORY:
            elements = at(block, "elements")
            first = elements[0] if isinstance(elements, list) and elements else {}
            said = text_at(first, "text")
            return said if said.startswith("Opened by ") else ""
    return ""


async def replace(slack: SlackApi, click: Click, card: Message) -> Delivered | Failed:
    """Put the card where the clicked one stands.

    chat.update does not reach what a response_url posted where the bot is no member; the click's
    own response_url does, wherever it was.
    """
    updated = await slack.update(click.slack_channel_id, click.message_ts, card)
    if isinstance(updated, Done):
        return Delivered("channel", click.slack_channel_id, click.message_ts)
    if not click.response_url:
        return updated
    replaced = await slack.respond(click.response_url, card, in_channel=True, replace_original=True)
    if isinstance(replaced, Done):
        return Delivered("response_url", click.slack_channel_id, click.message_ts)
    return replaced


async def tell_privately(slack: SlackApi, click: Click, message: Message) -> Done | Failed:
    """Tell the one who clicked where they did, else as a direct message.

    A response_url knows no thread for what one person sees, and puts it into the channel. There it
    is seen beside a card that began a thread; a card in somebody else's needs a method of its own.
    """
    if click.thread_ts not in {"", click.message_ts}:
        channel, person = click.slack_channel_id, click.slack_user_id
        told = await slack.whisper(channel, person, message, click.thread_ts)
        if isinstance(told, Done):
            return told
    if click.response_url:
        told = await slack.respond(click.response_url, message)
        if isinstance(told, Done):
            return told
    return await slack.message(click.slack_user_id, message)


def _above(blocks: Sequence[Any]) -> list[dict[str, Any]]:
    above = list(takewhile(lambda block: text_at(block, "type") != "rich_text", blocks))
    return above if len(above) < len(blocks) else []


NOTHING_CHANGED = "Nothing was changed."
STILL = (
    "The card shows what Weav says now, which is without your change. It may still come: look in"
    " Weav before you click again."
)
NOT_KNOWN = "Your change may have been made or not: look in Weav before you click again."
NOT_TAKEN = "Weav did not make the change."


@dataclass(frozen=True, slots=True)
class Granted:
    """Weav has confirmed it."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class AlreadySo:
    """It was so before."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The field is no longer as the clicked card said, so nobody knows if it is still wished."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class NotChanged:
    """Certainly not changed."""

    reason: str
    conversation: None = None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Sent, and not confirmed; `conversation` is what Weav said afterwards, if it said anything."""

    reason: str
    conversation: Conversation | None


@dataclass(frozen=True, slots=True)
class OutOfTurn:
    """Nothing was written: somebody else's turn has begun, and what was read may be old."""

    conversation: None = None


ChangeResult: TypeAlias = Granted | AlreadySo | Overtaken | NotChanged | Doubtful | OutOfTurn


async def grant(
    weav: WeavClient,
    requested: RequestedChange,
    shown: Shown,
    looks: tuple[float, ...],
    before_writing: Callable[[], Awaitable[bool]],
) -> ChangeResult:
    """`looks`: seconds before each look for a change whose answer was lost.

    `before_writing` says whether the turn is still this click's.
    """
    found = await read_conversation(weav, shown.conversation_id)
    match found:
        case LookUpFailed(reason):
            return NotChanged(f"{reason} {NOTHING_CHANGED}")
        case Found(conversation):
            if value_of(conversation, requested.field) == requested.value:
                return AlreadySo(conversation)
            if not shown.shows(conversation, requested.field):
                return Overtaken(conversation)
            if not await before_writing():
                return OutOfTurn()
            return await _write(weav, requested, found, looks)
        case _:
            assert_never(found)


async def _write(
    weav: WeavClient, requested: RequestedChange, found: Found, looks: tuple[float, ...]
) -> ChangeResult:
    conversation_id = found.conversation.id
    outcome = await write_conversation(weav, conversation_id, update_for(requested, found.update))
    match outcome:
        case Changed(conversation):
            if _confirms(conversation, requested, found):
                return Granted(conversation)
            return await _look(weav, requested, found, looks, NOT_TAKEN)
        case Refused(message=message):
            return NotChanged(f"{message} {NOTHING_CHANGED}")
        case NotSent(reason=reason):
            return NotChanged(f"{reason} {NOTHING_CHANGED} Click again in a moment.")
        case Unconfirmed(reason):
            return await _look(weav, requested, found, looks, reason)
        case _:
            assert_never(outcome)


async def _look(
    weav: WeavClient,
    requested: RequestedChange,
    before: Found,
    looks: tuple[float, ...],
    reason: str,
) -> ChangeResult:
    seen: Conversation | None = None
    for pause in looks:
        await asyncio.sleep(pause)
        now = await read_conversation(weav, before.conversation.id)
        if isinstance(now, Found):
            seen = now.conversation
            if _confirms(seen, requested, before):
                return Granted(seen)
    return Doubtful(f"{reason} {STILL if seen else NOT_KNOWN}", seen)


def _confirms(conversation: Conversation, requested: RequestedChange, before: Found) -> bool:
    same = conversation.id.lower() == before.conversation.id.lower()
    return same and value_of(conversation, requested.field) == requested.value


def update_for(requested: RequestedChange, current: Update) -> Update:
    """Change one field and keep the others as they were read."""
    match requested.field:
        case "status" | "priority":
            return current.model_copy(update={requested.field: requested.value})
        case "assignee":
            kind, _, id_ = requested.value.partition(":")
            return current.model_copy(update={"assignee_type": kind, "assignee_id": id_})
        case _:
            assert_never(requested.field)


@dataclass(frozen=True, slots=True)
class CardLine:
    turns: CardLocks
    turn: CardLock
    clicked: Change

    async def begin(self) -> bool:
        """If this process dies before Weav answers, the next click still finds who it was.

        False: it is not this click's turn any more.
        """
        under_way = self.clicked.model_copy(update={"under_way": True})
        return await self._note(with_change(read_changes(self.turn.changes), under_way))

    async def end(self, result: ChangeResult) -> tuple[Change, ...]:
        """Return all lines; what is in doubt stays under way until the next click."""
        changes = read_changes(self.turn.changes)
        granted = isinstance(result, Granted)
        if result.conversation:
            changes = settled(changes, result.conversation, self.clicked.field if granted else None)
        if granted:
            changes = with_change(changes, self.clicked)
        if not isinstance(result, Doubtful | OutOfTurn):
            await self._note(changes)
        return changes

    async def _note(self, changes: Sequence[Change]) -> bool:
        noted = [each.model_dump(exclude_defaults=True) for each in changes]
        return await self.turns.note(self.turn, noted)


log = get_logger("weav_slack.update")
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


class CardUpdater:
    def __init__(
        self,
        ledger: Ledger,
        weav: WeavClient,
        slack: SlackApi,
        channel_readers: ChannelReaders,
        names: Names,
        link: Callable[[str], str | None],
        looks: tuple[float, ...],
        keep_every: float,
    ) -> None:
        """`looks` and `keep_every` are in seconds."""
        self._ledger = ledger
        self._weav = weav
        self._slack = slack
        self._channel_readers = channel_readers
        self._names = names
        self._link = link
        self._looks = looks
        self._turns = CardLocks(ledger.cards, keep_every)

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
        requested = await self._understood(click)
        if requested is None:
            return WHO_ARE_YOU
        entry = await self._ledger.by_conversation(click.shown.conversation_id)
        async with self._turns.of(click.shown.conversation_id) as turn:
            if turn is None:
                return BUSY
            clicked = Change(
                slack_user_id=click.slack_user_id,
                field=requested.field,
                value=requested.value,
                at=turn.taken_at,
            )
            line = CardLine(self._turns, turn, clicked)
            result = await grant(self._weav, requested, click.shown, self._looks, line.begin)
            log.info(
                "card_clicked",
                conversation=click.shown.conversation_id,
                field=requested.field,
                result=type(result).__name__,
            )
            return await self._show(result, requested, click, entry, await line.end(result))

    async def _understood(self, click: Click) -> RequestedChange | None:
        if click.requested.field != "assignee":
            return click.requested
        user = await self._ledger.memory.user(click.slack_user_id)
        return assigned_to(user.weav_user_id) if user else None

    async def _show(
        self,
        result: ChangeResult,
        requested: RequestedChange,
        click: Click,
        entry: Entry | None,
        changes: tuple[Change, ...],
    ) -> str:
        """Draw before the turn is over: of two cards the later one must stay."""
        said = _said(result, requested, changes, click)
        if result.conversation is None:
            return said
        readers = await self._channel_readers.of_card(click.slack_channel_id)
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
    ) -> Message:
        link = self._link(conversation.id) or ""
        if is_short_for(readers):
            return short_card(conversation, readers, link, HEADING)
        history = ""
        if entry and entry.form:
            origin = StoredForm.read(entry.form).origin
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

    async def _draw(self, card: Message, click: Click) -> str:
        drawn = await replace(self._slack, click, card)
        conversation_id = click.shown.conversation_id
        if isinstance(drawn, Delivered):
            log.info("card_drawn", conversation=conversation_id, route=drawn.route)
            return ""
        log.warning("card_not_drawn", conversation=conversation_id, code=drawn.code)
        return NOT_DRAWN.format(code=drawn.code)


def _said(
    result: ChangeResult, requested: RequestedChange, changes: tuple[Change, ...], click: Click
) -> str:
    """Tell the one who clicked what the card does not; empty: it says everything."""
    match result:
        case Granted():
            return ""
        case AlreadySo(conversation):
            maker = maker_of(changes, conversation, requested.field)
            own = maker is not None and maker.slack_user_id == click.slack_user_id
            if own and not click.shown.shows(conversation, requested.field):
                return ""  # a double click: what its first half did is drawn now
            return already_note(requested, None if own else maker)
        case Overtaken(conversation):
            return overtaken_note(
                requested, conversation, maker_of(changes, conversation, requested.field)
            )
        case NotChanged(reason) | Doubtful(reason):
            return escape(reason)
        case OutOfTurn():
            return BUSY
        case _:
            assert_never(result)
