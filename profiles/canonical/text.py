"""Plain text: tidied for display, folded for search and keys."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from .types import Context, Standardised

MAX_LENGTH = 2_000
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_BLANKS = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")


def tidy(raw: str) -> str:
    """Composed characters, single blanks, no invisible or control characters at the ends or inside."""
    text = unicodedata.normalize("NFC", raw[:MAX_LENGTH])
    text = _BLANKS.sub(" ", text)
    return "".join(ch for ch in text if unicodedata.category(ch) not in ("Cc", "Cs", "Cn")).strip()


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower case Latin letters and digits, single blanks: how texts of any script are searched and compared."""
    plain = anyascii(_APOSTROPHES.sub("", unicodedata.normalize("NFKC", text[:MAX_LENGTH]))).casefold()
    return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", plain)).strip()


def tokens(text: str) -> list[str]:
    """The words of a folded text."""
    return fold(text).split()


def one(field: str, value: str) -> Standardised:
    return Standardised({field: (value,)} if value else {})


def text(raw: str, context: Context) -> Standardised:
    """Text as it is, with tidy blanks."""
    return one("value", tidy(raw))
