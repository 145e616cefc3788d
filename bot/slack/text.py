"""Text: what people wrote, and ours on its way to Slack: escaped, shortened, links, and dates."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

# https://docs.slack.dev/messaging/formatting-message-text: these three are control characters.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Slack has no escape for a formatting mark, and a zero-width neighbour can make one work that did
# not, so a mark that could format becomes its typographic twin; the one in snake_case stays.
_TWINS = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_MARK = re.compile(r"`|(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])")
# A `&gt;` that starts a line is a quote as much as a bare `>`.
_QUOTE = re.compile(r"^([^\S\n]*)(>(?:>|[^\S\n])*)", re.MULTILINE)
# Names, e-mail addresses, URLs and bare domains are linked by themselves where `verbatim` cannot
# be given (a message's top-level text); an invisible word joiner inside prevents that.
_JOINER = "\u2060"
_NAME = re.compile(r"([@#])(?=\w)")
_SCHEME = re.compile(r":(?=//)")
_DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_])")

# An override would turn around what stands after the user's text, too.
_BIDIRECTIONAL = re.compile("[\u202a-\u202e\u2066-\u2069]")

# Of letters, digits and these alone nothing can be active; most values and all IDs are so.
_HARMLESS = re.compile("[A-Za-z0-9 ,;()+-]*")

_ELLIPSIS = "…"
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)

# What would end a link in mrkdwn, or be none of a URL.
_CODES = {ord(character): f"%{ord(character):02X}" for character in '<>|"\\^`{} \t\r\n'}
_URL_LIMIT = 1500

# https://docs.slack.dev/messaging/formatting-message-text: what Slack writes between < and >.
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
# Where a text is cut: less than this before it, a link has begun that ends after it.
_LONGEST_LINK = 3000
_FENCE = "```"
_ENTITY = re.compile("&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
# Stands for a piece whose inside is not formatting; no Slack text contains it.
_PLACE = "\0"

# A UUID. A pattern, which its users match in either case.
DASHED: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_UUID = re.compile(
    rf"(?:urn:uuid:)?(?P<brace>{{)?(?P<id>{DASHED}|[0-9a-f]{{32}})(?(brace)}})", re.IGNORECASE
)
# A noun is a whole word, and none that counts is longer.
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
    """Make user text safe in mrkdwn: it neither mentions, formats nor links. Not idempotent.

    At most five times as long as the text.
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
    """Write a link in mrkdwn, the label escaped by the caller; no URL, no link."""
    address = web_address(url)
    return f"<{address}|{label}>" if address else label


def web_address(url: str) -> str:
    """Give back an http(s) URL with nothing in it that ends a link, empty for all others."""
    if not url.startswith(("https://", "http://")) or len(url) > _URL_LIMIT:
        return ""
    written = url.translate(_CODES)
    return written if len(written) <= _URL_LIMIT else ""


def channel_name(slack_channel_id: str) -> str:
    """Name a channel in mrkdwn; empty for a direct message (D…) and a person, which Slack cannot.

    https://docs.slack.dev/messaging/formatting-message-text#linking-channels
    """
    return f"<#{slack_channel_id}>" if slack_channel_id.startswith(("C", "G")) else ""


def shorten(text: str, limit: int) -> str:
    """Keep at most `limit` code points, which Slack and its SDK count, the last one "…"."""
    if len(text) <= limit:
        return text
    return head(text, limit - 1).rstrip() + _ELLIPSIS


def head(text: str, limit: int) -> str:
    """Keep `limit` code points or a few less, so that no visible character is cut in two."""
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


def fold(text: str) -> str:
    """Make it one line: every run of white space is one space."""
    return " ".join(text.split())


def duration(seconds: float, second: str = "seconds", minute: str = "minutes") -> str:
    """Round it, to minutes from 90 s on."""
    return f"{seconds:.0f} {second}" if seconds < 90 else f"{seconds / 60:.0f} {minute}"  # noqa: PLR2004


def clock(moment: datetime | float, pattern: str = "{date_short_pretty} at {time}") -> str:
    """Show a moment in the reader's own time zone; seconds since the epoch, or a datetime.

    A datetime without a zone counts as UTC. One that is past the ends of the calendar in UTC is
    shown as it is.

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
    """Read a message's text as one plain line.

    Links become their label, dates their fallback, channels keep their name, if they have one here;
    people, groups and `@here` go, and so do formatting, code and quote marks. `:emoji:` codes stay.
    """
    pieces: list[str] = []

    def set_aside(piece: re.Match[str]) -> str:
        pieces.append(_inside(piece))
        return _PLACE

    text = _PIECES.sub(set_aside, mrkdwn.replace(_PLACE, ""))
    text = _without_pairs(_QUOTED.sub("", text))
    remaining = iter(pieces)
    text = re.sub(_PLACE, lambda _: next(remaining), text)
    return fold(_unescape(text))


def beginning(mrkdwn: str, limit: int) -> str:
    """Keep about `limit` characters: no half link or entity, and a block of code is closed."""
    if len(mrkdwn) <= limit:
        return mrkdwn
    kept = head(mrkdwn, limit)
    begun = kept.rfind("<")
    if begun > kept.rfind(">") and len(kept) - begun < _LONGEST_LINK:
        kept = kept[:begun]
    entity = kept.rfind("&", len(kept) - len("&amp"))
    if entity >= 0 and ";" not in kept[entity:]:
        kept = kept[:entity]
    cut_in_code = kept.count(_FENCE) % 2 == 1 and mrkdwn.find(_FENCE, len(kept)) >= 0
    return kept + _FENCE if cut_in_code else kept


def as_typed(command_text: str) -> str:
    """Read the words after a command as the user saw them: nothing goes, links are labels."""
    return _unescape(_REFERENCES.sub(_as_typed, command_text))


def _inside(piece: re.Match[str]) -> str:
    if (block := piece["block"]) is not None:
        return f" {_REFERENCES.sub(_words_of, block)} "
    if (code := piece["code"]) is not None:
        return _REFERENCES.sub(_words_of, code)
    return _words_of(piece)


def _words_of(reference: re.Match[str]) -> str:
    """Empty for a mention, and for a channel without its name."""
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
    """Find the UUID that the text is, or the one of this kind in the link that it is.

    In a link the UUID behind `/customers/` wins over others, and one behind `/conversations/` is
    never a customer's.
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
