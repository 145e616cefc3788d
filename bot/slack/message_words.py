"""The words of a message, wherever its author has put them.

People write text. Apps write blocks or attachments, often without the text that should stand for
them, and then Slack says only that there is something.
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from bot.slack.payloads import list_at, text_at

# What Slack writes where an app gave blocks without a text, or attachments without a fallback.
_NO_WORDS: Final = {"This content can't be displayed.", "[no preview available]"}
# Blocks, attachments and parts of them that are read, one by one; with words in each there are more
# than anybody needs by then.
_MOST_PARTS: Final = 2000


def words_of(message: object) -> str:
    """Return them as mrkdwn, those of a message in very many parts not to its end; never raise."""
    return (
        _said(message, "text")
        or _Reader().blocks(message)
        or _Reader().attachments(message)
        or _Reader().file(message)
    )


class _Reader:
    """Reads one message."""

    def __init__(self) -> None:
        self._left = _MOST_PARTS

    def file(self, message: object) -> str:
        files = self._each(message, "files")
        names = (text_at(file, "title") or text_at(file, "name") for file in files)
        return next(filter(None, names), "")

    def attachments(self, message: object) -> str:
        return _lines(map(self._attachment, self._each(message, "attachments")))

    def blocks(self, around: object) -> str:
        return _lines(map(self._block, self._each(around, "blocks")))

    def _each(self, around: object, name: str) -> Iterator[Any]:
        for part in list_at(around, name):
            if not self._left:
                return
            self._left -= 1
            yield part

    def _attachment(self, attachment: object) -> str:
        """https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments."""
        written = (_said(attachment, name) for name in ("pretext", "title", "text"))
        return self.blocks(attachment) or _lines(written) or _said(attachment, "fallback")

    def _block(self, block: object) -> str:
        """https://docs.slack.dev/reference/block-kit/blocks: those that say something."""
        match text_at(block, "type"):
            case "section":
                fields = (text_at(field, "text") for field in self._each(block, "fields"))
                return _lines([text_at(block, "text", "text"), *fields])
            case "header":
                return text_at(block, "text", "text")
            case "context":
                return _lines(text_at(part, "text") for part in self._each(block, "elements"))
            case "markdown":
                return text_at(block, "text")
            case "rich_text":
                return _lines(map(self._rich, self._each(block, "elements")))
        return ""

    def _rich(self, section: object) -> str:
        if text_at(section, "type") == "rich_text_list":
            return _lines(map(self._run, self._each(section, "elements")))
        return self._run(section)

    def _run(self, section: object) -> str:
        return "".join(map(_part, self._each(section, "elements")))


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
