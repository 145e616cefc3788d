"""Texts that people and programs can send, each chosen to be hard to search."""

from __future__ import annotations

import random
from typing import Final

from hypothesis import strategies as st

LENGTH: Final = 40_000  # the length of Slack's longest message

# These are repeated; each is one kind of text, or half of something that the bot searches for.
_PIECES: Final = {
    "letters": "a",
    "capitals": "A",
    "digits": "1",
    "hex": "deadbeef01",
    "words": "word ",
    "snake case": "a_",
    "hyphens": "a-",
    "at signs": "@",
    "names": "@a",
    "channels": "#a",
    "dots": ".",
    "domain": "a.",
    "equals": "=",
    "slashes": "/",
    "path": "a/",
    "schemes": "http://",
    "mailto": "mailto:",
    "half addresses": "a@b.",
    "new lines": "\n",
    "carriage returns": "\r\n",
    "spaces": " ",
    "tabs": "\t",
    "lines of spaces": " \n",
    "separators": "\u2028",
    "no-break spaces": "\u00a0",
    "double quotes": '"',
    "apostrophes": "'",
    "quotes": ">",
    "quotes and spaces": "> ",
    "quoted lines": "\n>",
    "escaped quotes": "&gt; ",
    "bold": "*",
    "bold letters": "*a",
    "half bold": " *a",
    "ends of bold": "a* ",
    "italic": "_",
    "half italic": " _a",
    "struck": "~",
    "half struck": " ~a",
    "code": "`",
    "half code": "`a",
    "blocks": "```",
    "half blocks": "```a",
    "less than": "<",
    "half tags": "<a",
    "half links": "<http://a",
    "half labels": "<a:b|",
    "half mentions": "<@U1",
    "half channels": "<#C1|",
    "half groups": "<!subteam^S1",
    "half dates": "<!date^1^{a}^",
    "mentions": "<@U1> ",
    "ampersands": "&",
    "entities": "&amp;",
    "half entities": "&lt",
    "emoji": "😀",
    "flags": "🇩",
    "skin tones": "👍🏽",
    "families": "👨\u200d",
    "joiners": "\u200d",
    "zero width": "\u200b",
    "variation": "\ufe0f",
    "word joiners": "\u2060",
    "right to left": "\u202e",
    "base64": "QUJDREVGR0g+/1",
    "almost UUIDs": "3c90c3cc-0d44-4b50-8888-00000000000",
    "UUIDs": "3c90c3cc-0d44-4b50-8888-000000000001 ",
    "UUIDs in paths": "customers/3c90c3cc-0d44-4b50-8888-000000000001/",
    "beginnings of UUIDs": "3c90c3cc-",
    "accents": "\u0301",
    "accented": "e\u0301",
    "accents out of order": "\u0316\u0301",
    "ligatures": "\ufdfa",
    "jamo": "\u1100\u1161",
    "sharp s": "ß",
    "dotted i": "İ",
    "control characters": "\x01",
    "zero": "\0",
    "wildcards": "%_!",
    "all marks": "*_~`",
}


def long(piece: str, length: int = LENGTH) -> str:
    return (piece * (length // len(piece) + 1))[:length]


TEXTS: Final = {name: long(piece) for name, piece in _PIECES.items()} | {
    "an address without an end": f"a@{long('a', LENGTH - 2)}",
    "an address of hyphens": f"a@a{long('-', LENGTH - 3)}",
    "an address of labels": f"a@{long('a-.', LENGTH - 2)}",
    "a link without an end": f"<https://{long('a', LENGTH - 9)}",
    "a word in a link": f"/{long('a', LENGTH - 1)}",
    "a word in a tag": f"</{long('a', LENGTH - 2)}",
    "a path in a tag": f"<{long('a/', LENGTH - 1)}",
    "lines in a tag": f"<{long(chr(10), LENGTH - 1)}",
    "spaces in bold": f"*a{long(' ', LENGTH - 3)}*",
    "spaces between letters": f"a{long(' ', LENGTH - 2)}a",
    "a block without an end": f"```{long('a', LENGTH - 3)}",
    "chance": "".join(
        random.Random(1).choices("<>|@#!&;*_~`abc19.-/= \n:\u0301", k=LENGTH)  # noqa: S311
    ),
}

# Runs of random short texts side by side, to find what the table misses. Only the test that draws
# them joins them, so a failure prints in one line.
_RUN = st.tuples(
    st.sampled_from(sorted(_PIECES.values())) | st.text(min_size=1, max_size=5),
    st.integers(1, LENGTH),
)
Runs = list[tuple[str, int]]
RUNS = st.lists(_RUN, min_size=1, max_size=6)


def joined(runs: Runs) -> str:
    return "".join(long(piece, length) for piece, length in runs)[:LENGTH]
