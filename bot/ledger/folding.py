"""Names made comparable, whatever case, accents and character width somebody types."""

import re
import unicodedata
from typing import Final

# Letters that Unicode does not decompose, and what people without such a keyboard type.
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
# Characters of a text that are read; no name is this long. Sorting the accents of one letter takes
# quadratic time: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format.
_LONGEST: Final = 1000
_MOST_WORDS: Final = 8
_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_SPECIAL: Final = re.compile(r"[!%_]")


def fold(text: str) -> str:
    """Return one line in one spelling, without what the database cannot store, cut to _LONGEST."""
    decomposed = unicodedata.normalize("NFKD", _storable(text).casefold())
    bare = "".join(each for each in decomposed if not unicodedata.combining(each))
    return _CONTROL.sub(" ", bare.casefold().translate(_LETTERS)).strip()


def searchable(*texts: str) -> str:
    """Join folded texts with a space before each word, so that LIKE finds beginnings of words."""
    spellings = [fold(text) for text in texts]
    composed = (unicodedata.normalize("NFC", _storable(text).casefold()) for text in texts)
    others = [fold(text.translate(_UMLAUTS)) for text in composed]
    words = dict.fromkeys(" ".join([*spellings, *others]).split())
    return " " + " ".join(words) if words else ""


def words_of(query: str) -> list[str]:
    """Fold the words of a search, each once, _MOST_WORDS at most."""
    return list(dict.fromkeys(fold(query).split()))[:_MOST_WORDS]


def containing(part: str) -> str:
    """Make a LIKE pattern that escapes with `!`."""
    escaped = _SPECIAL.sub(r"!\g<0>", part)
    return f"%{escaped}%"


def _storable(text: str) -> str:
    return text[:_LONGEST].encode("utf-8", "replace").decode().replace("\x00", " ")
