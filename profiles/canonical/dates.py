"""Dates: the source's declared format first, then ISO; partial dates are kept as such."""

import re
from datetime import date, datetime

from .text import tidy
from .types import Context, Problem, Standardised

_ISO = re.compile(r"^(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?:[T ].*)?$")
_SLASHED = re.compile(r"^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})$")
BORN_BY = 2030


def birth_date(raw: str, context: Context) -> Standardised:
    """A date, or its year or month alone; day and month that could be swapped need the source's date format."""
    text = tidy(raw)
    if not text:
        return Standardised()
    found = _declared(text, context.date_format) or _iso(text)
    if found:
        return Standardised({"birth_date": (found,)})
    return _slashed(text)


def _declared(text: str, pattern: str) -> str:
    if not pattern:
        return ""
    try:
        found = datetime.strptime(text, pattern).date()
    except ValueError:
        return ""
    if "%y" in pattern and found.year >= BORN_BY:
        found = found.replace(year=found.year - 100)
    return found.isoformat()


def _iso(text: str) -> str:
    parts = _ISO.match(text)
    if not parts:
        return ""
    year, month, day = parts.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    return "-".join(filter(None, (year, month, day)))


def _slashed(text: str) -> Standardised:
    """Day and month in an order that only the numbers can tell."""
    parts = _SLASHED.match(text)
    if not parts:
        return Standardised(problem=Problem("not_a_date", "This is not a date in the source's format."))
    first, second, year = (int(part) for part in parts.groups())
    if first <= 12 and second <= 12 and first != second:
        return Standardised(problem=Problem("ambiguous_date", "Day and month could be swapped: declare the date format."))
    day, month = (first, second) if second <= 12 else (second, first)
    try:
        return Standardised({"birth_date": (date(year, month, day).isoformat(),)})
    except ValueError:
        return Standardised(problem=Problem("not_a_date", "There is no such day."))
