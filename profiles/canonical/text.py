"""Plain text: tidied for display, folded for search and keys."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from .types import VALUE, Context, Problem, Standardised

MAX_LENGTH = 2_000
TOO_LONG = Standardised(problem=Problem("too_long", "The text is too long for this field."))
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_JOINERS = "\u200c\u200d "  # inside a word they belong to the spelling of some scripts
_APOSTROPHES = re.compile(r"['’‘`´ʼʹ]")
_UNPRINTED = frozenset(("Cc", "Cs", "Cn"))


def tidy(raw: str) -> str:
    """Composed characters and single blanks, without invisible and control characters; a very long text is cut."""
    text = " ".join(raw[: 4 * MAX_LENGTH].split())
    if not text.isprintable():
        text = "".join(ch for ch in _INVISIBLE.sub("", text) if unicodedata.category(ch) not in _UNPRINTED)
        text = " ".join(text.split()).strip(_JOINERS)
    return text[:MAX_LENGTH].strip() if text.isascii() else _composed(text)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)[:MAX_LENGTH].strip(_JOINERS)


def plain(raw: str) -> str:
    """Tidy text in compatibility form, with the digits of every script as 0 to 9: for what machines read."""
    text = tidy(raw)
    return text if text.isascii() else latin_digits(unicodedata.normalize("NFKC", text)).strip()


def latin_digits(text: str) -> str:
    """The same text with the decimal digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(ch)) if ch.isdecimal() else ch for ch in text)


@lru_cache(maxsize=1 << 14)
def fold(text: str) -> str:
    """Lower-case Latin letters and digits, single blanks: how texts of any script are searched, sorted and compared.

    Apostrophes vanish (O'Brien is obrien), other punctuation separates words.
    """
    if text.isascii():
        return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", text[:MAX_LENGTH].lower())).strip()
    latin = anyascii(_APOSTROPHES.sub("", unicodedata.normalize("NFKC", text[:MAX_LENGTH]))).lower()
    return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", latin)).strip()


def tokens(text: str) -> list[str]:
    """The words of a folded text."""
    return fold(text).split()


def one(field: str, value: str) -> Standardised:
    """One value of one field; nothing when the value is empty."""
    return Standardised({field: (value,)} if value else {})


def several(**values: str) -> Standardised:
    """One value for each field that has any."""
    return Standardised({field: (value,) for field, value in values.items() if value})


def text(raw: str, context: Context) -> Standardised:
    """Text as it is, with single blanks and without invisible characters."""
    return TOO_LONG if len(raw) > MAX_LENGTH else one(VALUE, tidy(raw))
