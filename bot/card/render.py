"""The card, put together and drawn from one value: a conversation as everybody sees it.

Channels that people of other organisations read, or may read, get a short one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import labels
from bot.access.audience import Audience, ChannelReaders
from bot.card.controls import controls
from bot.card.facts import NO_FACTS, CardFacts
from bot.card.history import Noted, change_lines
from bot.directory import NOT_NAMED, Named, Names
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
    Audience.UNSEEN: "The bot cannot see who reads this channel: the rest is in Weav.",
}
_FORGOTTEN: Final = "Weav has deleted it, and the bot no longer keeps what it said."
# A card is to be taken in at a glance: longer values than Weav documents are shortened.
_VALUE_LIMIT: Final = 50
# Escaping makes them up to five times as long, and the text of a message has its limit, too.
_IN_TEXT_LIMIT: Final = 150
_LINK: Final = re.compile(r"<https?://[^<|>]*\|([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that is drawn; what is not known is empty. `link` leads to it in Weav."""

    conversation: Conversation
    facts: CardFacts = NO_FACTS
    named: Named = NOT_NAMED
    readers: Audience = Audience.INSIDE
    link: str = ""
    changes: Sequence[Noted] = ()
    new: bool = True

    @property
    def heading(self) -> str:
        return "New Weav conversation" if self.new else "Weav conversation"

    @property
    def why_short(self) -> str:
        """Empty: it says everything."""
        conversation = self.conversation
        if conversation.status == DELETED and conversation.model_fields_set == {"id", "status"}:
            return _FORGOTTEN
        return _WHY_SHORT.get(self.readers, "")


@dataclass(eq=False, repr=False)
class CardDrawer:
    """Puts a card together from Weav's word, what is kept, and what is known of both.

    `link_to`: a conversation's address in Weav by its id; empty where none is set.
    """

    _names: Names
    _channel_readers: ChannelReaders
    link_to: Callable[[str], str]

    async def card(
        self,
        conversation: Conversation,
        slack_channel_id: str,
        facts: CardFacts,
        changes: Sequence[Noted] = (),
        *,
        new: bool = False,
    ) -> Card:
        return Card(
            conversation,
            facts,
            named=await self._names.of(conversation),
            readers=await self._channel_readers.of_card(slack_channel_id),
            link="" if conversation.status == DELETED else self.link_to(conversation.id),
            changes=changes,
            new=new,
        )


@dataclass(frozen=True, slots=True)
class _Field:
    """What is known of a conversation, escaped; the sign is an emoji code."""

    name: str
    word: str
    sign: str = ""


def render(card: Card) -> Message:
    """Draw what a support person needs first; what Weav left open is left out."""
    if card.why_short:
        return _short(card)
    conversation = card.conversation
    fields = _fields(conversation, card.named)
    notes = [note for note in (card.facts.note, _SPAM if conversation.is_spam else "") if note]
    changes = change_lines(card.changes)
    identified = _identified(conversation)
    drawn = Message.of(
        _in_one_line(card, fields, notes, changes, identified),
        *card.facts.above,
        blocks.title(_subject(conversation, SUBJECT_LIMIT), web_address(card.link)),
        blocks.fields(*map(_drawn, fields)),
        *map(sentence, notes),
        controls(conversation),
        blocks.context(blocks.mrkdwn("\n".join(changes))) if changes else None,
        _opened(card),
        _identifiers(identified),
    )
    above = [text_at(block, "text", "text") for block in card.facts.above]
    text = " ".join([*filter(None, above), drawn.text])
    return Message(text, drawn.blocks) if len(text) <= MESSAGE_LIMIT else drawn


def _short(card: Card) -> Message:
    """Draw ID, status and link, and why no more: no subject, nobody's name."""
    status = card.conversation.status or ""
    status = _shown(labels.STATUSES_SHOWN.get(status, status))
    identifier = _shown(card.conversation.id)
    drawn = [f"*{card.heading}*", f"`{identifier}`", status, _open_in_weav(card.link)]
    return Message.of(
        " · ".join(filter(None, [card.heading, identifier, status, card.why_short])),
        blocks.section(blocks.mrkdwn(" · ".join(filter(None, drawn)))),
        controls(card.conversation, discreet=True),
        blocks.footnote(card.why_short),
    )


def _fields(conversation: Conversation, named: Named) -> list[_Field]:
    customer = _shown(named.customer)
    fields = [
        _Field("Customer", customer) if customer else None,
        _field("Priority", conversation.priority, labels.PRIORITIES),
        _field("Status", conversation.status, labels.STATUSES_SHOWN),
        _assignee(conversation, _shown(named.assignee)),
        _field("Channel", conversation.channel, labels.CHANNELS),
    ]
    return [field for field in fields if field]


def _field(name: str, word: str | None, known: Mapping[str, str]) -> _Field | None:
    if word and word in known:
        return _Field(name, known[word], labels.SIGNS[word])
    shown = _shown(word)
    return _Field(name, shown) if shown else None


def _assignee(conversation: Conversation, name: str) -> _Field:
    """Say of what kind it is where the name is not known."""
    kind = _field("Assignee", conversation.assignee_type, labels.ASSIGNEE_TYPES)
    if kind:
        return replace(kind, word=name or kind.word)
    return _Field("Assignee", _shown(conversation.assignee_id) or _UNASSIGNED)


def _drawn(field: _Field) -> Json:
    return blocks.mrkdwn(f"*{field.name}*\n{f'{field.sign} {field.word}'.lstrip()}")


def _subject(conversation: Conversation, limit: int) -> str:
    return shorten(one_line(conversation.subject or ""), limit) or _NO_SUBJECT


def _opened(card: Card) -> Json | None:
    """Put who opened it first: it is read from here when the ledger has forgotten it."""
    texts = [blocks.mrkdwn(text) for text in (card.facts.opened, _open_in_weav(card.link)) if text]
    return blocks.context(*texts, block_id=ids.CARD_HISTORY) if texts else None


def _open_in_weav(url: str) -> str:
    return link(url, "Open in Weav") if web_address(url) else ""


def _identifiers(identified: Mapping[str, str]) -> Json:
    """Each is a text of its own: Slack breaks the line between them, and not within an ID."""
    drawn = (f"{name} `{identifier}`" for name, identifier in identified.items())
    return blocks.context(*map(blocks.mrkdwn, drawn))


def _identified(conversation: Conversation) -> dict[str, str]:
    named = {
        "Customer ID": _shown(conversation.customer_id),
        "Assignee ID": _shown(conversation.assignee_id),
        "Conversation ID": _shown(conversation.id),
    }
    return {name: identifier for name, identifier in named.items() if identifier}


def _in_one_line(
    card: Card,
    fields: Sequence[_Field],
    notes: Sequence[str],
    changes: Sequence[str],
    identified: Mapping[str, str],
) -> str:
    """Say the same without signs, which screen readers would read aloud."""
    said = [
        f"{card.heading}: {escape(_subject(card.conversation, _IN_TEXT_LIMIT))}",
        *(f"{field.name}: {field.word}" for field in fields),
        *(escape(shorten(one_line(note), _IN_TEXT_LIMIT)) for note in notes),
        *changes,
        _LINK.sub(r"\1", card.facts.opened),
        *(f"{name}: {each}" for name, each in identified.items()),
    ]
    return " · ".join(filter(None, said))


def _shown(text: str | None) -> str:
    return escape(shorten(one_line(text or ""), _VALUE_LIMIT))
