"""The card: a conversation as everybody in the channel sees it, drawn from one value.

Channels that people of other organisations read, or may read, get a short one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import labels
from bot.access.audience import Audience
from bot.card.controls import controls
from bot.card.history import Noted, change_lines
from bot.directory import NOT_NAMED, Named
from bot.slack import blocks, ids
from bot.slack.blocks import MESSAGE_LIMIT, Json, Message, sentence
from bot.slack.payloads import text_at
from bot.slack.text import escape, fold, link, shorten, web_address
from bot.weav.models import SUBJECT_LIMIT, Conversation

_NO_SUBJECT: Final = "No subject"
_UNASSIGNED: Final = "Unassigned"
_SPAM: Final = ":warning: Weav marks this conversation as spam."
_WHY_SHORT: Final = {
    Audience.SHARED: "This channel is shared with other organisations: the rest is in Weav.",
    Audience.UNSEEN: "The bot cannot see who reads this channel: the rest is in Weav.",
}
# A card is to be taken in at a glance: longer values than Weav documents are shortened.
_VALUE_LIMIT: Final = 50
# Escaping makes them up to five times as long, and the text of a message has its limit, too.
_IN_TEXT_LIMIT: Final = 150
_LINK: Final = re.compile(r"<https?://[^<|>]*\|([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that is drawn; what is not known is empty.

    `opened` says in mrkdwn who opened it, how and when; `note` is a plain sentence on how it went;
    `link` leads to it in Weav; `above` are blocks that stand over the card and stay there.
    """

    conversation: Conversation
    opened: str = ""
    named: Named = NOT_NAMED
    readers: Audience = Audience.INSIDE
    link: str = ""
    note: str = ""
    changes: Sequence[Noted] = ()
    above: Sequence[Json] = ()
    new: bool = True

    @property
    def heading(self) -> str:
        return "New Weav conversation" if self.new else "Weav conversation"

    @property
    def is_short(self) -> bool:
        return self.readers in _WHY_SHORT


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is known of a conversation, escaped; the sign is an emoji code."""

    name: str
    word: str
    sign: str = ""


def render(card: Card) -> Message:
    """Draw what a support person needs first; what Weav left open is left out."""
    if card.is_short:
        return _short(card)
    conversation = card.conversation
    facts = _facts(conversation, card.named)
    notes = [note for note in (card.note, _SPAM if conversation.is_spam else "") if note]
    changes = change_lines(card.changes)
    identified = _identified(conversation)
    drawn = Message.of(
        _in_one_line(card, facts, notes, changes, identified),
        *card.above,
        blocks.title(_subject(conversation, SUBJECT_LIMIT), web_address(card.link)),
        blocks.fields(*map(_field, facts)),
        *map(sentence, notes),
        controls(conversation),
        blocks.context(blocks.mrkdwn("\n".join(changes))) if changes else None,
        _opened(card),
        _identifiers(identified),
    )
    above = [text_at(block, "text", "text") for block in card.above]
    text = " ".join([*filter(None, above), drawn.text])
    return Message(text, drawn.blocks) if len(text) <= MESSAGE_LIMIT else drawn


def _short(card: Card) -> Message:
    """Draw ID, status and link, and why no more: no subject, nobody's name."""
    status = card.conversation.status or ""
    status = _shown(labels.STATUSES_SHOWN.get(status, status))
    identifier = _shown(card.conversation.id)
    drawn = [f"*{card.heading}*", f"`{identifier}`", status, _open_in_weav(card.link)]
    return Message.of(
        " · ".join(filter(None, [card.heading, identifier, status, _WHY_SHORT[card.readers]])),
        blocks.section(blocks.mrkdwn(" · ".join(filter(None, drawn)))),
        controls(card.conversation, discreet=True),
        blocks.footnote(_WHY_SHORT[card.readers]),
    )


def _facts(conversation: Conversation, named: Named) -> list[_Fact]:
    customer = _shown(named.customer)
    facts = [
        _Fact("Customer", customer) if customer else None,
        _fact("Priority", conversation.priority, labels.PRIORITIES),
        _fact("Status", conversation.status, labels.STATUSES_SHOWN),
        _assignee(conversation, _shown(named.assignee)),
        _fact("Channel", conversation.channel, labels.CHANNELS),
    ]
    return [fact for fact in facts if fact]


def _fact(name: str, word: str | None, known: Mapping[str, str]) -> _Fact | None:
    if word and word in known:
        return _Fact(name, known[word], labels.SIGNS[word])
    shown = _shown(word)
    return _Fact(name, shown) if shown else None


def _assignee(conversation: Conversation, name: str) -> _Fact:
    """Say of what kind it is where the name is not known."""
    kind = _fact("Assignee", conversation.assignee_type, labels.ASSIGNEE_TYPES)
    if kind:
        return replace(kind, word=name or kind.word)
    return _Fact("Assignee", _shown(conversation.assignee_id) or _UNASSIGNED)


def _field(fact: _Fact) -> Json:
    return blocks.mrkdwn(f"*{fact.name}*\n{f'{fact.sign} {fact.word}'.lstrip()}")


def _subject(conversation: Conversation, limit: int) -> str:
    return shorten(fold(conversation.subject or ""), limit) or _NO_SUBJECT


def _opened(card: Card) -> Json | None:
    """Put who opened it first: it is read from here when the ledger has forgotten it."""
    texts = [blocks.mrkdwn(text) for text in (card.opened, _open_in_weav(card.link)) if text]
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
    facts: Sequence[_Fact],
    notes: Sequence[str],
    changes: Sequence[str],
    identified: Mapping[str, str],
) -> str:
    """Say the same without signs, which screen readers would read aloud."""
    said = [
        f"{card.heading}: {escape(_subject(card.conversation, _IN_TEXT_LIMIT))}",
        *(f"{fact.name}: {fact.word}" for fact in facts),
        *(escape(shorten(fold(note), _IN_TEXT_LIMIT)) for note in notes),
        *changes,
        _LINK.sub(r"\1", card.opened),
        *(f"{name}: {each}" for name, each in identified.items()),
    ]
    return " · ".join(filter(None, said))


def _shown(text: str | None) -> str:
    return escape(shorten(fold(text or ""), _VALUE_LIMIT))
