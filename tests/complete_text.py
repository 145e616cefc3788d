"""Finds words in a message's blocks that its top-level text lacks.

Screen readers and notifications use only that text:
https://docs.slack.dev/reference/methods/chat.postMessage#text-blocks-attachments
"""

import json
import re
from collections.abc import Iterator
from html import unescape
from itertools import pairwise
from typing import Any

from bot.sandbox.slack import Workspace

LONGEST_TEXT = 4000
# A text may cut something long, such as a subject, after this many characters and an ellipsis.
_BEGINNING = 60

METHODS = {"chat.postMessage", "chat.postEphemeral", "chat.update", "response_url"}
# Characters that the bot writes in place of markup, and characters that are invisible.
_INVISIBLE = "\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ESCAPED = str.maketrans("\u2217\u02cd\u223c\u02cb\u203a", "*_~`>", _INVISIBLE)
_EMOJI = re.compile(r":[a-z][a-z0-9_+-]*:")
_LABELLED = re.compile(r"<[^<>|]*\|([^<>]*)>")
_LINK = re.compile(r"<https?:[^<>|]*\|[^<>]*>")
_WORD = re.compile(r"[^\W_]+|…")


def missing_words(text: str, blocks: list[Any]) -> list[str]:
    """Return the words of `blocks` that `text` lacks; a word is letters and digits, in any case.

    Controls do not count: buttons, menus, and a part between two "·" that is only a link. Neither
    do emoji codes, which would be read aloud. `text` may cut a long text, if it has the beginning
    and an ellipsis.
    """
    said = _words(unescape(text))
    return [word for shown in _shown(blocks) for word in _missing(_words(shown), said)]


def messages_with_incomplete_text(workspace: Workspace) -> list[tuple[str, list[str]]]:
    """Return all messages that the bot ever sent whose text lacks words or is too long."""
    calls = [call.arguments for call in workspace.calls if call.method in METHODS]
    answers = [m.as_json() for m in workspace.from_bot() if m.via == "answer"]
    sent = [(each.get("text") or "", _blocks(each)) for each in [*calls, *answers]]
    lacking = [(text, missing_words(text, blocks)) for text, blocks in sent]
    return [(text, words) for text, words in lacking if words or len(text) > LONGEST_TEXT]


def _blocks(arguments: dict[str, Any]) -> list[Any]:
    """In a form-encoded call, an argument is JSON in a string."""
    given = arguments.get("blocks") or []
    blocks: list[Any] = json.loads(given) if isinstance(given, str) else given
    return blocks


def _missing(shown: list[str], said: list[str]) -> list[str]:
    # The text before its own ellipsis may end in half a word.
    whole = {word for word, after in pairwise([*shown, ""]) if after != "…"}
    missing = sorted(whole - {*said, "…"})
    return [] if missing and _begins(" ".join(shown), said) else missing


def _begins(shown: str, said: list[str]) -> bool:
    """Whether its beginning stands before an ellipsis; the last word may be cut."""
    before = [" ".join(said[:at]) for at, word in enumerate(said) if word == "…"]
    lengths = range(_BEGINNING, len(shown))
    return any(each.endswith(shown[:length]) for each in before for length in lengths)


def _words(text: str) -> list[str]:
    read = _LABELLED.sub(r" \1 ", _EMOJI.sub(" ", text.translate(_ESCAPED)))
    return [word.casefold() for word in _WORD.findall(read)]


def _shown(piece: object) -> Iterator[str]:
    """All texts anywhere in the blocks, as users read them."""
    match piece:
        case {"type": "actions" | "button" | "overflow"}:
            return
        case {"type": "mrkdwn", "text": str(text)}:
            yield unescape(_LABELLED.sub(r" \1 ", " · ".join(_without_links(text))))
        case {"type": "plain_text" | "text" | "link", "text": str(text)}:
            yield text
        case dict():
            for inner in piece.values():
                yield from _shown(inner)
        case list():
            for inner in piece:
                yield from _shown(inner)


def _without_links(text: str) -> list[str]:
    return [part for part in text.split(" · ") if not _LINK.fullmatch(part)]
