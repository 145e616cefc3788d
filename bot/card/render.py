"""The card: a conversation as everybody in the channel sees it.

Channels that people of other organisations read, or may read, get a short one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from bot import labels
from bot.access.audience import Audience
from bot.card.controls import controls
from bot.directory import NOT_NAMED, Named
from bot.form.values import Origin
from bot.slack import blocks, ids
from bot.slack.blocks import Json
from bot.slack.elements import SECTION_LIMIT, footnote, link, web_address
from bot.slack.message import Message, card
from bot.slack.text import clock, escape, fold, shorten
from bot.weav.models import Conversation

_NO_SUBJECT: Final = "No subject"
_SPAM: Final = ":warning: Weav takes this conversation for spam."
# A card is to be taken in at a glance: longer values than Weav documents are shortened.
_SUBJECT_LIMIT: Final = 500
_VALUE_LIMIT: Final = 50
_UNLINKED: Final = re.compile(r"<https?://[^<|>]*\|([^<>]*)>")
# Escaping makes them up to five times as long, and the top-level text may have 4,000 characters.
_IN_TEXT_LIMIT: Final = 150


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is known of a conversation, escaped; the sign is an emoji code."""

    name: str
    word: str = ""
    sign: str = ""
    identifier: str = ""

    @property
    def drawn(self) -> str:
        code = self.identifier and f"`{self.identifier}`"
        return " ".join(part for part in (self.sign, self.word, code) if part)

    @property
    def said(self) -> str:
        # Screen readers would read the sign aloud.
        return " ".join(part for part in (self.word, self.identifier) if part)


def summary_card(
    conversation: Conversation,
    *,
    origin: Origin,
    slack_user_id: str,
    named: Named = NOT_NAMED,
    link: str = "",
    note: str = "",
) -> Message:
    """Draw a conversation; `link` leads to it in Weav, `note` is a plain sentence on how it went.

    What Weav left open is left out.
    """
    history = history_of(conversation, origin, slack_user_id)
    return draw_card(conversation, history=history, named=named, link=link, note=note)


def draw_card(
    conversation: Conversation,
    *,
    history: str,
    named: Named = NOT_NAMED,
    link: str = "",
    note: str = "",
    heading: str = "New Weav conversation",
    changes: Sequence[str] = (),
) -> Message:
    """Draw a conversation with what may be done to it; history and changes are mrkdwn."""
    facts = _facts(conversation, named)
    notes = [text for text in (note, _SPAM if conversation.is_spam else "") if text]
    said = [*map(_said, notes), *changes, _UNLINKED.sub(r"\1", history)]
    return card(
        _in_one_line(heading, conversation, facts, said),
        _title(conversation.subject, link),
        blocks.fields(*(blocks.mrkdwn(f"*{fact.name}*\n{fact.drawn}") for fact in facts)),
        *(blocks.section(blocks.plain(shorten(text, SECTION_LIMIT))) for text in notes),
        controls(conversation),
        blocks.context(blocks.mrkdwn("\n".join(changes))) if changes else None,
        _footer(history, link),
    )


def history_of(conversation: Conversation, origin: Origin, slack_user_id: str) -> str:
    """Say who opened it, how and when, in mrkdwn."""
    who = f"Opened by <@{slack_user_id}> {_way(origin)}"
    return f"{who} · {clock(conversation.created_at)}" if conversation.created_at else who


def _title(subject: str | None, url: str) -> Json:
    text = shorten(fold(subject or ""), _SUBJECT_LIMIT) or _NO_SUBJECT
    return blocks.title(text, web_address(url))


def _facts(conversation: Conversation, named: Named) -> list[_Fact]:
    facts = [
        _fact("Priority", conversation.priority, labels.PRIORITIES),
        _fact("Status", conversation.status, labels.STATUSES),
        _fact("Channel", conversation.channel, labels.CHANNELS),
        _assignee(conversation, named.assignee),
        _Fact("Customer", _shown(named.customer), identifier=_shown(conversation.customer_id)),
        _Fact("Conversation", identifier=_shown(conversation.id)),
    ]
    return [fact for fact in facts if fact.said]


def _fact(name: str, word: str | None, known: Mapping[str, str]) -> _Fact:
    if word and word in known:
        return _Fact(name, known[word], labels.SIGNS[word])
    return _Fact(name, _shown(word))


def _assignee(conversation: Conversation, name: str) -> _Fact:
    fact = _fact("Assignee", conversation.assignee_type, labels.ASSIGNEE_TYPES)
    identifier = _shown(conversation.assignee_id)
    fact = replace(fact, word=_shown(name) or fact.word, identifier=identifier)
    return fact if fact.said else _Fact("Assignee", "Nobody")


def _shown(text: str | None) -> str:
    return escape(shorten(fold(text or ""), _VALUE_LIMIT))


def _way(origin: Origin) -> str:
    match origin.via:
        case "command":
            return f"with `{ids.COMMAND}`"
        case "message":
            return f"from {link(origin.message_link, 'a message')}"
        case "shortcut":
            return "with the shortcut"
        case _:
            assert_never(origin.via)


def _footer(history: str, url: str) -> Json | None:
    said = [history, link(url, "Open in Weav") if web_address(url) else ""]
    texts = [blocks.mrkdwn(text) for text in said if text]
    return {**blocks.context(*texts), "block_id": ids.CARD_HISTORY} if texts else None


def _in_one_line(
    heading: str, conversation: Conversation, facts: list[_Fact], said: list[str]
) -> str:
    title = _said(conversation.subject or "") or _NO_SUBJECT
    named = (f"{fact.name}: {fact.said}" for fact in facts)
    return " · ".join(text for text in (f"{heading}: {title}", *named, *said) if text)


def _said(text: str) -> str:
    return escape(shorten(fold(text), _IN_TEXT_LIMIT))


_SHORT_VALUE_LIMIT: Final = 60
_WHY_SHORT: Final = {
    Audience.SHARED: "This channel is shared with other organisations: the rest is in Weav.",
    Audience.UNSEEN: "The bot cannot see who reads this channel: the rest is in Weav.",
}


def is_short_for(readers: Audience) -> bool:
    return readers in _WHY_SHORT


def short_card(
    conversation: Conversation,
    readers: Audience,
    url: str = "",
    heading: str = "New Weav conversation",
) -> Message:
    """Draw ID, status and link, and why for these `readers`: no subject, nobody's name."""
    conversation_id = _shown_in_short(conversation.id)
    word = conversation.status or ""
    status = _shown_in_short(labels.STATUSES.get(word, word))
    said = [heading, conversation_id, *([status] if status else []), _WHY_SHORT[readers]]
    drawn = [f"*{heading}*", f"`{conversation_id}`", *([status] if status else [])]
    if (opened := link(url, "Open in Weav")).startswith("<"):
        drawn.append(opened)
    section = blocks.section(blocks.mrkdwn(" · ".join(drawn)))
    return card(
        " · ".join(said),
        section,
        controls(conversation, discreet=True),
        footnote(_WHY_SHORT[readers]),
    )


def _shown_in_short(text: str) -> str:
    return escape(shorten(fold(text), _SHORT_VALUE_LIMIT))
