"""Text on its way to Slack: escaped, shortened, links, and moments as Slack's dates."""

import re
import unicodedata
from datetime import UTC, datetime

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


def clock(moment: datetime | float) -> str:
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
    return f"<!date^{seconds}^{{date_short_pretty}} at {{time}}|{utc:%Y-%m-%d %H:%M} UTC>"
