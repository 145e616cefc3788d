"""The words of a message, wherever its author has put them.

People write text. Apps write blocks or attachments, often without the text that should stand for
them, and then Slack says only that there is something.
"""

from collections.abc import Iterable
from html import escape
from typing import Any, Final

from bot.slack.payloads import list_at, text_at

# What Slack writes where an app gave blocks without a text, or attachments without a fallback.
_NO_WORDS: Final = {"This content can't be displayed.", "[no preview available]"}


def words_of(message: object) -> str:
    """Return them as mrkdwn; never raise."""
    files = (text_at(file, "title") or text_at(file, "name") for file in list_at(message, "files"))
    ways = (
        _said(message, "text"),
        _in_blocks(message),
        _lines(map(_in_attachment, list_at(message, "attachments"))),
        next(filter(None, files), ""),
    )
    return next(filter(None, ways), "")


def _in_attachment(attachment: object) -> str:
    """https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments."""
    written = (_said(attachment, name) for name in ("pretext", "title", "text"))
    return _in_blocks(attachment) or _lines(written) or _said(attachment, "fallback")


def _in_blocks(around: object) -> str:
    return _lines(_in_block(block) for block in list_at(around, "blocks"))


def _in_block(block: object) -> str:
    """https://docs.slack.dev/reference/block-kit/blocks: those that say something."""
    match text_at(block, "type"):
        case "section":
            fields = (text_at(field, "text") for field in list_at(block, "fields"))
            return _lines([text_at(block, "text", "text"), *fields])
        case "header":
            return text_at(block, "text", "text")
        case "context":
            return _lines(text_at(element, "text") for element in list_at(block, "elements"))
        case "markdown":
            return text_at(block, "text")
        case "rich_text":
            return _lines(_rich(section) for section in list_at(block, "elements"))
    return ""


def _rich(section: object) -> str:
    parts = list_at(section, "elements")
    if text_at(section, "type") == "rich_text_list":
        return _lines(_run(item) for item in parts)
    return _run(section)


def _run(section: object) -> str:
    return "".join(_part(part) for part in list_at(section, "elements"))


def _part(part: Any) -> str:  # noqa: ANN401 - JSON
    """People and channels have no name here: they are left out, as they are of mrkdwn."""
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


def _said(around: object, name: str) -> str:
    text = text_at(around, name)
    return "" if text.strip() in {"", *_NO_WORDS} else text


def _lines(several: Iterable[str]) -> str:
    return "\n".join(text for text in several if text.strip())
