"""The card: one value with everything that it shows, and how that is drawn.

A channel that people of other organisations read, or may read, gets a short card.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import labels
from bot.access.audience import Audience, ChannelAudiences
from bot.card.controls import controls
from bot.card.facts import NO_FACTS, CardFacts
from bot.card.history import HistoryLine, change_lines
from bot.directory import NO_NAMES, ConversationNames, Names
from bot.slack import blocks, ids
from bot.slack.blocks import MESSAGE_LIMIT, Json, Message, sentence
from bot.slack.payloads import text_at
from bot.slack.text import escape, link, one_line, shorten, web_address
from bot.weav.models import DELETED, SUBJECT_LIMIT, Conversation

_NO_SUBJECT: Final = "No subject"
_UNASSIGNED: Final = "Unassigned"
_SPAM: Final = ":warning: Weav marks this conversation as spam."
_WHY_SHORT: Final = {
    Audience.SHARED: "This channel is shared with other organisations: the rest is in Weav.",
    Audience.HIDDEN: "The bot cannot see who reads this channel: the rest is in Weav.",
}
_FORGOTTEN: Final = "The conversation was deleted in Weav, and the bot no longer keeps its details."
# A card must be readable at a glance, so values longer than Weav documents are cut.
_VALUE_LIMIT: Final = 50
# Escaping makes text up to five times as long, and a message's `text` has a limit, too.
_IN_TEXT_LIMIT: Final = 150
_LINK: Final = re.compile(r"<https?://[^<|>]*\|([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that a card shows; empty if not known. `link` opens the conversation in Weav."""

    conversation: Conversation
    facts: CardFacts = NO_FACTS
    named: ConversationNames = NO_NAMES
    readers: Audience = Audience.INSIDE
    link: str = ""
    changes: Sequence[HistoryLine] = ()
    new: bool = True

    @property
    def heading(self) -> str:
        return "New Weav conversation" if self.new else "Weav conversation"

    @property
    def why_short(self) -> str:
        """Say why the card is short; empty if it is a full card."""
        conversation = self.conversation
        if conversation.status == DELETED and conversation.model_fields_set == {"id", "status"}:
            return _FORGOTTEN
        return _WHY_SHORT.get(self.readers, "")


@dataclass(eq=False, repr=False)
class CardDrawer:
    """Builds a card from Weav's conversation, the stored facts, and the names of the people in it.

    `link_to` returns a conversation's address in Weav by its id; empty if no address is set.
    """

    _names: Names
    _channel_audiences: ChannelAudiences
    link_to: Callable[[str], str]

    async def card(
        self,
        conversation: Conversation,
        slack_channel_id: str,
        facts: CardFacts,
        changes: Sequence[HistoryLine] = (),
        *,
        new: bool = False,
    ) -> Card:
        return Card(
            conversation,
            facts,
            named=await self._names.of(conversation),
            readers=await self._channel_audiences.of_card(slack_channel_id),
            link="" if conversation.status == DELETED else self.link_to(conversation.id),
            changes=changes,
            new=new,
        )


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a conversation, escaped; `sign` is an emoji code."""

    name: str
    word: str
    sign: str = ""


def render(card: Card) -> Message:
    """Draw what a support person needs first; leave out fields that Weav did not set."""
    if card.why_short:
        return _short(card)
    conversation = card.conversation
    fields = _fields(conversation, card.named)
    notes = [note for note in (card.facts.note, _SPAM if conversation.is_spam else "") if note]
    changes = change_lines(card.changes)
    named_ids = _named_ids(conversation)
    drawn = Message.of(
        _plain_text(card, fields, notes, changes, named_ids),
        *card.facts.above,
        blocks.title(_subject(conversation, SUBJECT_LIMIT), web_address(card.link)),
        blocks.fields(*map(_field_block, fields)),
        *map(sentence, notes),
        controls(conversation),
        blocks.context(blocks.mrkdwn("\n".join(changes))) if changes else None,
        _opened_block(card),
        _ids_block(named_ids),
    )
    above = [text_at(block, "text", "text") for block in card.facts.above]
    text = " ".join([*filter(None, above), drawn.text])
    return Message(text, drawn.blocks) if len(text) <= MESSAGE_LIMIT else drawn


def _short(card: Card) -> Message:
    """Draw ID, status, link and the reason why there is no more: no subject, and no names."""
    status = card.conversation.status or ""
    status = _escaped_value(labels.STATUSES_SHOWN.get(status, status))
    identifier = _escaped_value(card.conversation.id)
    drawn = [f"*{card.heading}*", f"`{identifier}`", status, _open_in_weav(card.link)]
    return Message.of(
        " · ".join(filter(None, [card.heading, identifier, status, card.why_short])),
        blocks.section(blocks.mrkdwn(" · ".join(filter(None, drawn)))),
        controls(card.conversation, discreet=True),
        blocks.footnote(card.why_short),
    )


def _fields(conversation: Conversation, named: ConversationNames) -> list[_Field]:
    customer = _escaped_value(named.customer)
    fields = [
        _Field("Customer", customer) if customer else None,
        _field("Priority", conversation.priority, labels.PRIORITIES),
        _field("Status", conversation.status, labels.STATUSES_SHOWN),
        _assignee(conversation, _escaped_value(named.assignee)),
        _field("Channel", conversation.channel, labels.CHANNELS),
    ]
    return [field for field in fields if field]


def _field(name: str, word: str | None, known: Mapping[str, str]) -> _Field | None:
    if word and word in known:
        return _Field(name, known[word], labels.EMOJI[word])
    shown = _escaped_value(word)
    return _Field(name, shown) if shown else None


def _assignee(conversation: Conversation, name: str) -> _Field:
    """Draw the assignee's name, or their type if the name is not known."""
    kind = _field("Assignee", conversation.assignee_type, labels.ASSIGNEE_TYPES)
    if kind:
        return replace(kind, word=name or kind.word)
    return _Field("Assignee", _escaped_value(conversation.assignee_id) or _UNASSIGNED)


def _field_block(field: _Field) -> Json:
    return blocks.mrkdwn(f"*{field.name}*\n{f'{field.sign} {field.word}'.lstrip()}")


def _subject(conversation: Conversation, limit: int) -> str:
    return shorten(one_line(conversation.subject or ""), limit) or _NO_SUBJECT


def _opened_block(card: Card) -> Json | None:
    """Put the opened line first: `opened_line_in` reads it if the ledger has forgotten it."""
    texts = [blocks.mrkdwn(text) for text in (card.facts.opened, _open_in_weav(card.link)) if text]
    return blocks.context(*texts, block_id=ids.CARD_HISTORY) if texts else None


def _open_in_weav(url: str) -> str:
    return link(url, "Open in Weav") if web_address(url) else ""


def _ids_block(named_ids: Mapping[str, str]) -> Json:
    """Make each a text of its own, so that Slack breaks the line between IDs and not inside one."""
    drawn = (f"{name} `{identifier}`" for name, identifier in named_ids.items())
    return blocks.context(*map(blocks.mrkdwn, drawn))


def _named_ids(conversation: Conversation) -> dict[str, str]:
    named = {
        "Customer ID": _escaped_value(conversation.customer_id),
        "Assignee ID": _escaped_value(conversation.assignee_id),
        "Conversation ID": _escaped_value(conversation.id),
    }
    return {name: identifier for name, identifier in named.items() if identifier}


def _plain_text(
    card: Card,
    fields: Sequence[_Field],
    notes: Sequence[str],
    changes: Sequence[str],
    named_ids: Mapping[str, str],
) -> str:
    """Say the same without emoji, which screen readers would read aloud."""
    said = [
        f"{card.heading}: {escape(_subject(card.conversation, _IN_TEXT_LIMIT))}",
        *(f"{field.name}: {field.word}" for field in fields),
        *(escape(shorten(one_line(note), _IN_TEXT_LIMIT)) for note in notes),
        *changes,
        _LINK.sub(r"\1", card.facts.opened),
        *(f"{name}: {each}" for name, each in named_ids.items()),
    ]
    return " · ".join(filter(None, said))


def _escaped_value(text: str | None) -> str:
    return escape(shorten(one_line(text or ""), _VALUE_LIMIT))
