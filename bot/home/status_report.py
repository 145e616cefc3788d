"""`/weav-conversation status`: the state of the author's last submissions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from bot.form.reply import not_confirmed_buttons, reopen_button
from bot.labels import PRIORITIES, STATES, STATUSES_SHOWN
from bot.ledger import Entry, Ledger, State, read_within
from bot.slack import blocks
from bot.slack.blocks import Json, Message, first_that_fits, plain_message
from bot.slack.text import escape, link, local_time, one_line, shorten, web_address
from bot.weav.models import Conversation

_HEADING: Final = "Your last Weav conversations"
_ID_LIMIT: Final = 40
_LAST_SEEN_LIMIT: Final = 40
# The limits of a subject, a reason and a link are divided by the first share with which all fits.
_SUBJECT_LIMIT: Final = 100
_REASON_LIMIT: Final = 150
_LINK_LIMIT: Final = 1500
_SHARES: Final = (1, 2, 3, 4, 6, 8, 12)
MOST_LISTED = 10
# Seconds of Slack's 3: getting a connection and running the statement may each take this long.
READ_WITHIN: Final = 1.5
_GIVEN_BACK = {State.REFUSED, State.EXPIRED, State.LEFT}


@dataclass(frozen=True, slots=True)
class Line:
    """One submission; `at` is in seconds since the epoch, and a field is empty if not known.

    `last_seen`: the conversation's status and priority when Weav was last read.
    """

    subject: str
    state: str
    reason: str
    at: float
    link: str
    conversation_id: str
    last_seen: str = ""
    buttons: Sequence[Json] = field(default=())


def status_message(lines: Sequence[Line]) -> Message:
    """List submissions, the newest first; ten at most, because more would be too long for Slack."""
    if not lines:
        none = "You have opened none yet."
        return Message.of(f"{_HEADING}: {none}", _section(none))
    return first_that_fits(_list(lines, share) for share in _SHARES)


def _list(lines: Sequence[Line], share: int) -> Message:
    text = "\n".join([f"{_HEADING}:", *(line_text(line, share) for line in lines)])
    rows = chain.from_iterable(line_blocks(line, share) for line in lines)
    return Message.of(text, _section(f"*{_HEADING}*"), *rows)


def line_blocks(line: Line, share: int = 1) -> list[Json]:
    text = _section(line_text(line, share))
    return [text, blocks.actions(*line.buttons)] if line.buttons else [text]


def line_text(line: Line, share: int) -> str:
    """Write one line in mrkdwn; `share` divides the limits of its longest parts."""
    subject = escape(shorten(line.subject, _SUBJECT_LIMIT // share)) or "_No subject_"
    parts = [f"{subject}: {line.state}"]
    if line.reason:
        parts.append(escape(shorten(line.reason, _REASON_LIMIT // share)))
    if line.last_seen:
        parts.append(escape(shorten(line.last_seen, _LAST_SEEN_LIMIT)))
    parts.append(local_time(line.at))
    if line.conversation_id:
        identifier = f"`{escape(shorten(line.conversation_id, _ID_LIMIT))}`"
        url = web_address(line.link)
        short = url and len(url) <= _LINK_LIMIT // share
        parts.append(link(line.link, "Open in Weav") if short else identifier)
    return " · ".join(parts)


def _section(text: str) -> Json:
    return blocks.section(blocks.mrkdwn(text))


async def report(
    ledger: Ledger, team_id: str, slack_user_id: str, link: Callable[[str], str]
) -> Message:
    reading = ledger.latest(team_id, slack_user_id, MOST_LISTED)
    entries = await read_within(READ_WITHIN, reading)
    if entries is None:
        return plain_message("The bot's database does not answer. Try again in a moment.")
    return status_message([line_of(entry, link) for entry in entries])


def line_of(entry: Entry, link: Callable[[str], str]) -> Line:
    why = entry.reason if entry.state in {State.REFUSED, State.EXPIRED} else None
    return Line(
        subject=entry.subject,
        state=STATES[entry.state],
        reason=why or "",
        at=entry.received_at,
        link=link(entry.conversation_id) if entry.conversation_id else "",
        conversation_id=entry.conversation_id or "",
        last_seen=_last_seen(entry),
        buttons=_buttons(entry),
    )


def _last_seen(entry: Entry) -> str:
    """Return the status and priority when Weav was last read."""
    if entry.conversation is None:
        return ""
    conversation = Conversation.read(entry.conversation)
    status, priority = conversation.status or "", conversation.priority or ""
    words = (STATUSES_SHOWN.get(status, status), PRIORITIES.get(priority, priority))
    return ", ".join(one_line(word) for word in words if word)


def _buttons(entry: Entry) -> list[Json]:
    """Let the author reopen the form or choose; no buttons once the form is removed."""
    if entry.form is None:
        return []
    if entry.state is State.UNCONFIRMED:
        return not_confirmed_buttons(entry.id)
    if entry.state in _GIVEN_BACK:
        return [reopen_button(entry.id)]
    return []
