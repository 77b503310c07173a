"""Identifiers: numbers that systems and authorities give."""

import re
import unicodedata

from .text import TOO_LONG, plain
from .types import VALUE, Context, Problem, Standardised

MAX_IDENTIFIER = 200
_SPREADSHEET = re.compile(r"(\d+)\.0", re.ASCII)
EMPTY = Problem("identifier_empty", "There is no letter and no digit in this.")


def identifier(raw: str, context: Context) -> Standardised:
    """An identifier in capitals, without blanks, dots, dashes and other separators."""
    if len(raw) > MAX_IDENTIFIER:
        return TOO_LONG
    text = plain(raw)
    if not text:
        return Standardised()
    spreadsheet = _SPREADSHEET.fullmatch(text)
    found = spreadsheet[1] if spreadsheet else _letters_and_digits(text)
    return Standardised({VALUE: (found,)}) if found else Standardised(problem=EMPTY)


def _letters_and_digits(text: str) -> str:
    upper = text.upper() if text.isascii() else unicodedata.normalize("NFKC", text.casefold().upper())
    return "".join(filter(str.isalnum, upper))
