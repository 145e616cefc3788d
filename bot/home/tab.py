"""The home tab: what waits for a person, their open conversations and their last submissions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import labels
from bot.home.status_report import line_blocks, line_of
from bot.ledger import Entry
from bot.slack import blocks, ids
from bot.slack.blocks import Json, Message, mrkdwn, section, sentence
from bot.slack.text import channel_name, escape, link, local_time, one_line, shorten, web_address
from bot.weav.models import Conversation

# Slack allows 100 blocks. These lists take up to 66 with their headings; the check adds its own.
MOST_WAITING: Final = 10
MOST_OPEN: Final = 20
_NONE_YET: Final = (
    f"You have opened none yet. Begin with the button above, or with {ids.COMMAND} in any channel."
)
_NONE_OPEN: Final = "None, as far as the bot knows."
_AWAY: Final = (
    "Open this tab again in a moment. The bot's database does not answer, so what you opened cannot"
    " be shown now."
)
CHECKING: Final = "Checking this installation…"
_SUBJECT_LIMIT: Final = 100
_VALUE_LIMIT: Final = 50


@dataclass(frozen=True, slots=True)
class HomeContent:
    """Entries of the ledger, the newest first; one more than shown means that there are more."""

    waiting: Sequence[Entry] = ()
    open: Sequence[Entry] = ()
    latest: Sequence[Entry] = ()


def home_tab(content: HomeContent, link_to: Callable[[str], str]) -> list[Json]:
    """Draw the part for everybody; `link_to` returns a conversation's address by its id."""
    return [
        _new_conversation(),
        *_waiting(content.waiting, link_to),
        *_open(content.open, link_to),
        *_latest(content, link_to),
    ]


def home_tab_without_database() -> list[Json]:
    return [_new_conversation(), sentence(_AWAY)]


@dataclass(frozen=True, slots=True)
class Check:
    """The report on the installation; `at` is in seconds since the epoch."""

    report: Message
    at: float


def installation(check: Check | None) -> list[Json]:
    """Draw the part for admins; None: the check is still running."""
    heading = blocks.header("This installation")
    if check is None:
        return [heading, sentence(CHECKING)]
    when = blocks.context(mrkdwn(local_time(check.at, "checked {ago}")))
    return [heading, *check.report.blocks, when]


def _new_conversation() -> Json:
    return blocks.actions(blocks.button("New conversation", ids.REOPEN, style="primary"))


def _waiting(entries: Sequence[Entry], link_to: Callable[[str], str]) -> Iterator[Json]:
    if not entries:
        return
    yield blocks.header("Waiting for you")
    for entry in entries[:MOST_WAITING]:
        yield from line_blocks(replace(line_of(entry, link_to), reason=entry.reason or ""))
    yield from _more(entries, MOST_WAITING)


def _open(entries: Sequence[Entry], link_to: Callable[[str], str]) -> Iterator[Json]:
    yield blocks.header("Your open conversations")
    if not entries:
        yield sentence(_NONE_OPEN)
    for entry in entries[:MOST_OPEN]:
        yield section(mrkdwn(_conversation(entry, link_to)))
    yield from _more(entries, MOST_OPEN)


def _latest(content: HomeContent, link_to: Callable[[str], str]) -> Iterator[Json]:
    yield blocks.header("Your last submissions")
    if not content.latest:
        yield sentence(_NONE_YET)
    waiting = {entry.id for entry in content.waiting[:MOST_WAITING]}
    for entry in content.latest:
        line = line_of(entry, link_to)
        yield from line_blocks(replace(line, buttons=()) if entry.id in waiting else line)


def _more(entries: Sequence[Entry], most: int) -> Iterator[Json]:
    if len(entries) > most:
        yield blocks.footnote(f"There are more: these are the newest {most}.")


def _conversation(entry: Entry, link_to: Callable[[str], str]) -> str:
    """Write the conversation as the bot last knew it, and where its card is."""
    conversation = Conversation.read(entry.conversation)
    subject = escape(shorten(one_line(conversation.subject or ""), _SUBJECT_LIMIT)) or "No subject"
    facts = [
        _fact(conversation.priority, labels.PRIORITIES),
        _fact(conversation.status, labels.STATUSES),
        local_time(conversation.created_at or entry.received_at, "opened {ago}"),
        _fact(conversation.channel, labels.CHANNELS),
        channel_name(entry.slack_channel_id or ""),
    ]
    url = web_address(link_to(conversation.id))
    if not url:
        facts.append(f"`{escape(shorten(conversation.id, _VALUE_LIMIT))}`")
    return f"*{link(url, subject)}*\n{' · '.join(filter(None, facts))}"


def _fact(word: str | None, known: Mapping[str, str]) -> str:
    if word and word in known:
        return f"{labels.EMOJI[word]} {known[word]}"
    return escape(shorten(one_line(word or ""), _VALUE_LIMIT))
