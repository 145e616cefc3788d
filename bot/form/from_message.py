"""The form that a message shortcut opens, made from its payload alone, without a Slack call."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from bot.form.values import FilledForm, FormValues, Origin
from bot.slack.payloads import MessageShortcut, SourceMessage, list_at, text_at
from bot.slack.text import DASHED, cut, cut_mrkdwn, plain
from bot.weav.directory import DOMAIN, NAME_CHARACTER
from bot.weav.models import SUBJECT_LIMIT

# Slack's placeholders for blocks without a text, and for an attachment without a fallback.
_PLACEHOLDERS: Final = {"This content can't be displayed.", "[no preview available]"}
# How many blocks, attachments and parts of them are read.
_MOST_PARTS: Final = 2000
_UUID: Final = re.compile(
    r"(?:(?<![a-z])(?P<conversation>conversations?)[/=])?(?<![0-9a-z-])"
    rf"(?P<id>{DASHED})(?![0-9a-z-])",
    re.IGNORECASE,
)
# A whole email address; Slack writes <mailto:a@b.example|a@b.example>. A local part has at most 64
# characters: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1
_ADDRESS: Final = re.compile(rf"(?<![\w.@-]){NAME_CHARACTER}{{1,64}}@{DOMAIN}(?![\w@-])")
_SCHEME: Final = "mailto:"
# Of each kind. A message that names more customers is hardly about one of them.
_MOST: Final = 3
# Characters of mrkdwn that are read, links and marks included. A subject has 500, and a customer
# mentioned further down is hardly whom the message is about.
LONGEST_READ: Final = 12_000


def message_text(message: SourceMessage) -> str:
    """Return a message's text as mrkdwn, cut off if the message has very many parts."""
    return (
        _real_text(message.text)
        or _Reader().blocks(message.blocks)
        or _Reader().attachments(message.attachments)
        or _Reader().file(message.files)
    )


class _Reader:
    """Reads one message, `_MOST_PARTS` parts of it at most."""

    def __init__(self) -> None:
        self._left = _MOST_PARTS

    def file(self, files: Iterable[object]) -> str:
        names = (text_at(file, "title") or text_at(file, "name") for file in self._each(files))
        return next(filter(None, names), "")

    def attachments(self, attachments: Iterable[object]) -> str:
        return _lines(map(self._attachment, self._each(attachments)))

    def blocks(self, blocks: Iterable[object]) -> str:
        return _lines(map(self._block, self._each(blocks)))

    def _each(self, parts: Iterable[Any]) -> Iterator[Any]:
        for part in parts:
            if not self._left:
                return
            self._left -= 1
            yield part

    def _attachment(self, attachment: object) -> str:
        """https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments."""
        written = (_real_text(text_at(attachment, name)) for name in ("pretext", "title", "text"))
        blocks = self.blocks(list_at(attachment, "blocks"))
        return blocks or _lines(written) or _real_text(text_at(attachment, "fallback"))

    def _block(self, block: object) -> str:
        """Read the blocks with text of https://docs.slack.dev/reference/block-kit/blocks."""
        match text_at(block, "type"):
            case "section":
                fields = (text_at(field, "text") for field in self._each(list_at(block, "fields")))
                return _lines([text_at(block, "text", "text"), *fields])
            case "header":
                return text_at(block, "text", "text")
            case "context":
                return _lines(
                    text_at(part, "text") for part in self._each(list_at(block, "elements"))
                )
            case "markdown":
                return text_at(block, "text")
            case "rich_text":
                return _lines(map(self._rich, self._each(list_at(block, "elements"))))
        return ""

    def _rich(self, section: object) -> str:
        if text_at(section, "type") == "rich_text_list":
            return _lines(map(self._run, self._each(list_at(section, "elements"))))
        return self._run(section)

    def _run(self, section: object) -> str:
        return "".join(map(_part, self._each(list_at(section, "elements"))))


def _part(part: Any) -> str:  # noqa: ANN401 - JSON
    """Leave out mentions, as `plain` does: a payload has no names of people and channels."""
    match text_at(part, "type"):
        case "text":
            return escape(text_at(part, "text"), quote=False)
        case "link":
            url, label = (escape(text_at(part, name), quote=False) for name in ("url", "text"))
            return f"<{url}|{label}>" if label else f"<{url}>"
        case "emoji":
            return f":{text_at(part, 'name')}:"
        case "date":
            return escape(text_at(part, "fallback"), quote=False)
    return ""


def _real_text(text: str) -> str:
    return "" if text.strip() in {"", *_PLACEHOLDERS} else text


def _lines(several: Iterable[str]) -> str:
    return "\n".join(text for text in several if text.strip())


@dataclass(frozen=True, slots=True)
class Mentions:
    """IDs and addresses in a message, in order; `ids` may be of customers or anything else."""

    ids: tuple[str, ...] = ()
    conversation_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


NO_MENTIONS: Final = Mentions()


def mentions_in(text: str) -> Mentions:
    """Find IDs and email addresses in mrkdwn."""
    found = [
        (match["conversation"] is not None, str(UUID(match["id"])))
        for match in _UUID.finditer(text)
    ]
    emails = _ADDRESS.findall(text.replace(_SCHEME, " "))
    return Mentions(
        ids=_first(id_ for of_conversation, id_ in found if not of_conversation),
        conversation_ids=_first(id_ for of_conversation, id_ in found if of_conversation),
        emails=_first(emails),
    )


def _first(several: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(several))[:_MOST]


def form_from_message(shortcut: MessageShortcut) -> FilledForm:
    """Use the first 500 characters of the message as the subject.

    https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
    """
    message, slack_channel_id = shortcut.message, shortcut.channel.id
    text = message_text(message)
    start = cut_mrkdwn(text, LONGEST_READ)
    subject = plain(start)
    message_ts = message.ts or shortcut.message_ts
    origin = Origin(
        via="message",
        slack_channel_id=slack_channel_id,
        message_ts=message_ts,
        thread_ts=message.thread_ts or message_ts,
        message_link=permalink(
            shortcut.team.domain, slack_channel_id, message_ts, message.thread_ts
        ),
        shortened=len(subject) > SUBJECT_LIMIT or start != text,
    )
    return FilledForm(FormValues(subject=cut(subject, SUBJECT_LIMIT).rstrip()), origin)


def mentions_of(shortcut: MessageShortcut) -> Mentions:
    """Find IDs and addresses in the message that may lead to a customer."""
    return mentions_in(cut_mrkdwn(message_text(shortcut.message), LONGEST_READ))


def permalink(team_domain: str, slack_channel_id: str, message_ts: str, thread_ts: str = "") -> str:
    """Build the URL that `chat.getPermalink` returns; empty if a part is missing.

    https://docs.slack.dev/reference/methods/chat.getPermalink
    """
    if not (team_domain and slack_channel_id and message_ts):
        return ""
    place = f"{quote(slack_channel_id, safe='')}/p{quote(message_ts.replace('.', ''), safe='')}"
    link = f"https://{quote(team_domain, safe='')}.slack.com/archives/{place}"
    if thread_ts and thread_ts != message_ts:
        link += f"?thread_ts={quote(thread_ts, safe='')}&cid={quote(slack_channel_id, safe='')}"
    return link
