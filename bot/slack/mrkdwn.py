"""Slack's mrkdwn, as it arrives in payloads, read as plain text."""

import re
from collections.abc import Callable

from bot.slack.text import fold, head

# https://docs.slack.dev/messaging/formatting-message-text: what Slack writes between < and >.
_REFERENCE = (
    r"<(?:(?P<mention>@[A-Z0-9]+|![a-z]+(?:\^[^<>|\n]*)?)|\#(?P<channel>[A-Z0-9]+)"
    r"|(?P<url>[a-zA-Z][a-zA-Z0-9+.-]*:[^<>|\s]+))(?:\|(?P<label>[^<>\n]*))?>"
)
_CODE = r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`"
_REFERENCES = re.compile(_REFERENCE)
_PIECES = re.compile(f"{_CODE}|{_REFERENCE}", re.DOTALL)
_QUOTE = re.compile(r"^[ \t]*(?:&gt;|>)(?:&gt;|[> \t])*", re.MULTILINE)
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
    text = _without_pairs(_QUOTE.sub("", text))
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
    return _unescape(_REFERENCES.sub(_seen(_mention_as_typed), command_text))


def _inside(piece: re.Match[str]) -> str:
    seen = _seen(lambda _: "")
    if (block := piece["block"]) is not None:
        return f" {_REFERENCES.sub(seen, block)} "
    if (code := piece["code"]) is not None:
        return _REFERENCES.sub(seen, code)
    return seen(piece)


def _seen(mention_as: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    def seen(token: re.Match[str]) -> str:
        label = token["label"] or ""
        if token["url"]:
            return label or token["url"].removeprefix("mailto:").removeprefix("tel:")
        if token["channel"]:
            return f"#{label}" if label else mention_as(token)
        return label if token["mention"].startswith("!date^") else mention_as(token)

    return seen


def _mention_as_typed(token: re.Match[str]) -> str:
    if token["channel"]:
        return f"#{token['channel']}"
    name = token["label"] or token["mention"][1:].rpartition("^")[2]
    return name if name.startswith("@") else f"@{name}"


def _without_pairs(text: str) -> str:
    for _ in range(_DEEPEST_NESTING):
        for pair in _PAIRS:
            text = pair.sub(r"\1", text)
    return text


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda entity: _CHARACTERS[entity[1]], text)
