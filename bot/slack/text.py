"""Text from and for Slack: escaping, shortening, links, dates, and mrkdwn as plain text."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

# https://docs.slack.dev/messaging/formatting-message-text: these three are control characters.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Slack has no escape for a formatting mark, and a zero-width character next to one can activate it.
# So a mark that could format becomes its typographic twin; the one in snake_case stays.
_TWINS = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_MARK = re.compile(r"`|(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])")
# `&gt;` at the start of a line makes a quote, just like a bare `>`.
_QUOTE = re.compile(r"^([^\S\n]*)(>(?:>|[^\S\n])*)", re.MULTILINE)
# Slack links names, email addresses, URLs and bare domains where `verbatim` is not available (a
# message's top-level text). An invisible word joiner inside prevents that.
_JOINER = "\u2060"
_NAME = re.compile(r"([@#])(?=\w)")
_SCHEME = re.compile(r":(?=//)")
_DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_])")

# A bidirectional override would also reverse the text after the user's.
_BIDIRECTIONAL = re.compile("[\u202a-\u202e\u2066-\u2069]")

# Text of these characters alone is never active; most values and all IDs are like that.
_HARMLESS = re.compile("[A-Za-z0-9 ,;()+-]*")

_ELLIPSIS = "…"
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)

# Characters that would end a link in mrkdwn, or are not valid in a URL.
_PERCENT_ENCODED = {ord(character): f"%{ord(character):02X}" for character in '<>|"\\^`{} \t\r\n'}
_URL_LIMIT = 1500

# What Slack writes between < and >: https://docs.slack.dev/messaging/formatting-message-text
_REFERENCE = (
    r"<(?:(?P<mention>@[A-Z0-9]+|![a-z]+(?:\^[^<>|\n]*)?)|\#(?P<channel>[A-Z0-9]+)"
    r"|(?P<url>[a-zA-Z][a-zA-Z0-9+.-]*:[^<>|\s]+))(?:\|(?P<label>[^<>\n]*))?>"
)
_CODE = r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`"
_REFERENCES = re.compile(_REFERENCE)
_PIECES = re.compile(f"{_CODE}|{_REFERENCE}", re.DOTALL)
_QUOTED = re.compile(r"^[ \t]*(?:&gt;|>)(?:&gt;|[> \t])*", re.MULTILINE)
_PAIRS = [
    re.compile(rf"(?<![^\W_]){mark}(?!\s)([^\n{mark}]+)(?<!\s){mark}(?![^\W_])")
    for mark in (r"\*", "_", "~")
]
_DEEPEST_NESTING = 3
# A cut is moved before a link that it would split, if the link begins at most this far before it.
_LONGEST_LINK = 3000
_FENCE = "```"
_ENTITY = re.compile("&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
# A placeholder for a piece that must not be parsed as formatting; no Slack text contains it.
_PLACEHOLDER = "\0"

# The pattern of a UUID; its users ignore case.
DASHED: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_UUID = re.compile(
    rf"(?:urn:uuid:)?(?P<brace>{{)?(?P<id>{DASHED}|[0-9a-f]{{32}})(?(brace)}})", re.IGNORECASE
)
# A noun is a whole word; the longest in `_NOUNS` has 13 letters.
_UUID_IN_PATH = re.compile(
    rf"(?:(?<!\w)(?P<noun>\w{{1,13}})[/=])?(?<![0-9a-z-])(?P<id>{DASHED})(?![0-9a-z-])",
    re.IGNORECASE,
)
_NOUNS = {
    "customer": "customer",
    "customers": "customer",
    "contact": "customer",
    "contacts": "customer",
    "user": "assignee",
    "users": "assignee",
    "agent": "assignee",
    "agents": "assignee",
    "conversation": "other",
    "conversations": "other",
    "company": "company",
    "companies": "company",
}


def escape(text: str) -> str:
    """Make user text safe in mrkdwn, so that it does not mention, format or link. Not idempotent.

    The result is at most five times as long as the text.
    """
    if _HARMLESS.fullmatch(text):
        return text
    text = _BIDIRECTIONAL.sub("", text)
    text = _QUOTE.sub(lambda quote: quote[1] + quote[2].replace(">", "\u203a"), text)
    text = _MARK.sub(lambda mark: _TWINS[mark[0]], text)
    text = _NAME.sub(rf"\1{_JOINER}", text)
    text = _SCHEME.sub(f":{_JOINER}", text)
    text = _DOMAIN.sub(f".{_JOINER}", text)
    return re.sub("[&<>]", lambda control: _ENTITIES[control[0]], text)


def link(url: str, label: str) -> str:
    """Return a mrkdwn link, or only the label without a valid URL. The caller escapes the label."""
    address = web_address(url)
    return f"<{address}|{label}>" if address else label


def web_address(url: str) -> str:
    """Encode an http(s) URL for a mrkdwn link; empty for anything else."""
    if not url.startswith(("https://", "http://")) or len(url) > _URL_LIMIT:
        return ""
    written = url.translate(_PERCENT_ENCODED)
    return written if len(written) <= _URL_LIMIT else ""


def channel_name(slack_channel_id: str) -> str:
    """Mention a channel in mrkdwn; empty for a direct message (D…) or a person.

    https://docs.slack.dev/messaging/formatting-message-text#linking-channels
    """
    return f"<#{slack_channel_id}>" if slack_channel_id.startswith(("C", "G")) else ""


def shorten(text: str, limit: int) -> str:
    """Cut to `limit` code points, which is what Slack and its SDK count, the last one "…"."""
    if len(text) <= limit:
        return text
    return cut(text, limit - 1).rstrip() + _ELLIPSIS


def cut(text: str, limit: int) -> str:
    """Cut to `limit` code points, or a few less so that no visible character is split."""
    if len(text) <= limit:
        return text
    cut = limit
    while cut > 0 and _belongs_together(text, cut):
        cut -= 1
    return text[: cut or limit]


def _belongs_together(text: str, cut: int) -> bool:
    before, after = text[cut - 1], text[cut]
    return (
        unicodedata.category(after) in {"Mn", "Me"}
        or _ZERO_WIDTH_JOINER in (before, after)
        or ord(after) in _SKIN_TONES
        or (ord(after) in _FLAG_LETTERS and _flag_letters_before(text, cut) % 2 == 1)
    )


def _flag_letters_before(text: str, cut: int) -> int:
    start = cut
    while start > 0 and ord(text[start - 1]) in _FLAG_LETTERS:
        start -= 1
    return cut - start


def one_line(text: str) -> str:
    """Replace each run of white space with one space, so that the text is one line."""
    return " ".join(text.split())


def duration(seconds: float, second: str = "seconds", minute: str = "minutes") -> str:
    """Round to seconds, or from 90 s on to minutes."""
    return f"{seconds:.0f} {second}" if seconds < 90 else f"{seconds / 60:.0f} {minute}"  # noqa: PLR2004


def local_time(moment: datetime | float, pattern: str = "{date_short_pretty} at {time}") -> str:
    """Show a moment (epoch seconds or a datetime) in the reader's own time zone.

    A datetime without a zone counts as UTC. One that would overflow in UTC is shown unconverted.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    try:
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return moment.isoformat(" ", "minutes")
    seconds = int(utc.timestamp())
    return f"<!date^{seconds}^{pattern}|{utc:%Y-%m-%d %H:%M} UTC>"


def plain(mrkdwn: str) -> str:
    """Convert a message's mrkdwn to one line of plain text.

    Links become their label, dates their fallback, and channels their name if the text has it.
    Mentions of people, groups and `@here` are removed, and so are formatting, code and quote marks.
    `:emoji:` codes stay.
    """
    pieces: list[str] = []

    def set_aside(piece: re.Match[str]) -> str:
        pieces.append(_inside(piece))
        return _PLACEHOLDER

    text = _PIECES.sub(set_aside, mrkdwn.replace(_PLACEHOLDER, ""))
    text = _without_pairs(_QUOTED.sub("", text))
    remaining = iter(pieces)
    text = re.sub(_PLACEHOLDER, lambda _: next(remaining), text)
    return one_line(_unescape(text))


def cut_mrkdwn(mrkdwn: str, limit: int) -> str:
    """Cut to about `limit` characters without splitting a link or entity; close a code block."""
    if len(mrkdwn) <= limit:
        return mrkdwn
    kept = cut(mrkdwn, limit)
    begun = kept.rfind("<")
    if begun > kept.rfind(">") and len(kept) - begun < _LONGEST_LINK:
        kept = kept[:begun]
    entity = kept.rfind("&", len(kept) - len("&amp"))
    if entity >= 0 and ";" not in kept[entity:]:
        kept = kept[:entity]
    cut_in_code = kept.count(_FENCE) % 2 == 1 and mrkdwn.find(_FENCE, len(kept)) >= 0
    return kept + _FENCE if cut_in_code else kept


def as_typed(command_text: str) -> str:
    """Return a command's text as the user saw it: nothing is removed, and links are labels."""
    return _unescape(_REFERENCES.sub(_as_typed, command_text))


def _inside(piece: re.Match[str]) -> str:
    if (block := piece["block"]) is not None:
        return f" {_REFERENCES.sub(_words_of, block)} "
    if (code := piece["code"]) is not None:
        return _REFERENCES.sub(_words_of, code)
    return _words_of(piece)


def _words_of(reference: re.Match[str]) -> str:
    """Empty for a mention, and for a channel without a name."""
    label = reference["label"] or ""
    if url := reference["url"]:
        return label or url.removeprefix("mailto:").removeprefix("tel:")
    if reference["channel"]:
        return f"#{label}" if label else ""
    return label if reference["mention"].startswith("!date^") else ""


def _as_typed(reference: re.Match[str]) -> str:
    if words := _words_of(reference):
        return words
    if reference["channel"]:
        return f"#{reference['channel']}"
    name = reference["label"] or reference["mention"][1:].rpartition("^")[2]
    return name if name.startswith("@") else f"@{name}"


def _without_pairs(text: str) -> str:
    for _ in range(_DEEPEST_NESTING):
        for pair in _PAIRS:
            text = pair.sub(r"\1", text)
    return text


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda entity: _CHARACTERS[entity[1]], text)


def uuid_in(text: str, kind: Literal["customer", "assignee", "company"]) -> UUID | None:
    """Return the UUID if the text is one, or the UUID of this kind if the text is a link.

    In a link the UUID after this kind's word (`/customers/`) wins over one without a word. One
    after the word of another kind (`/conversations/`) never counts.
    """
    text = text.strip()
    if whole := _UUID.fullmatch(text):
        return UUID(whole["id"])
    if "/" not in text and not text.startswith("<"):
        return None
    found = [
        (_NOUNS.get((match["noun"] or "").lower()), match["id"])
        for match in _UUID_IN_PATH.finditer(text)
    ]
    of_kind = [uuid for known, uuid in found if known == kind]
    unknown = [uuid for known, uuid in found if known is None]
    chosen = of_kind or unknown
    return UUID(chosen[-1]) if chosen else None
