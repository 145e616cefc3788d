"""Names as they are compared: whatever case, accents and width somebody types."""

import re
import unicodedata
from typing import Final

# Letters that Unicode does not take apart, and what people type who do not have them.
_LETTERS: Final = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
        "ħ": "h",
    }
)
# Müller is also written Mueller.
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
# Characters that count; nobody's name has as many. Sorting the accents of one letter takes the
# square of their number: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format.
_LONGEST: Final = 1000
_MOST_WORDS: Final = 8
_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_SPECIAL: Final = re.compile(r"[!%_]")


def fold(text: str) -> str:
    """Make one line of it in one spelling; what cannot be stored goes, and all that is too long."""
    decomposed = unicodedata.normalize("NFKD", _storable(text).casefold())
    bare = "".join(each for each in decomposed if not unicodedata.combining(each))
    return _CONTROL.sub(" ", bare.casefold().translate(_LETTERS)).strip()


def searchable(*texts: str) -> str:
    """Join folded texts, a space before each word, so that beginnings of words can be found."""
    spellings = [fold(text) for text in texts]
    composed = (unicodedata.normalize("NFC", _storable(text).casefold()) for text in texts)
    others = [fold(text.translate(_UMLAUTS)) for text in composed]
    words = dict.fromkeys(" ".join([*spellings, *others]).split())
    return " " + " ".join(words) if words else ""


def words_of(query: str) -> list[str]:
    """Fold the words that somebody searches for, each once and a few at most."""
    return list(dict.fromkeys(fold(query).split()))[:_MOST_WORDS]


def containing(part: str) -> str:
    """Make a LIKE pattern, with `!` as its escape."""
    escaped = _SPECIAL.sub(r"!\g<0>", part)
    return f"%{escaped}%"


def _storable(text: str) -> str:
    return text[:_LONGEST].encode("utf-8", "replace").decode().replace("\x00", " ")
