"""Dates: the source's declared format first, then ISO; partial dates are kept as such."""

import re
from datetime import date as day_of
from datetime import datetime

from dateutil import parser

from .text import latin_digits, one, tidy
from .types import Context, Problem, Standardised

_ISO = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?:[T ]\d.*)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/. ](\d{1,2})[/. ](\d{1,2})", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2})[/.\- ](\d{4})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[/.\- ]{1,2}(\d{1,2})[/.\- ]{1,2}(\d{4})(?: .*)?", re.ASCII)
_MONTH_NAMED = re.compile(r"(?=.*\b[A-Za-z]{3,})(?=.*\b\d{4}\b)(?=.*\b\d{1,2}(?:st|nd|rd|th)?\b)[\w ,.\-/]+", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[/.\- ]\d{1,2}[/.\- ]\d{2}", re.ASCII)
BORN_BY = 2030
NOT_A_DATE = Standardised(problem=Problem("not_a_date", "This is not a date in the source's format."))
AMBIGUOUS = Standardised(
    problem=Problem("ambiguous_date", "This can be read as more than one date: declare the date format of the source.")
)


def date(raw: str, context: Context) -> Standardised:
    """A date, or its year or month alone; what could be two dates needs the source's date format."""
    return _read(raw, context, "value")


def birth_date(raw: str, context: Context) -> Standardised:
    """A birth date, or its year or month alone; what could be two dates needs the source's date format."""
    return _read(raw, context, "birth_date")


def _read(raw: str, context: Context, field: str) -> Standardised:
    text = latin_digits(tidy(raw))
    if not text:
        return Standardised()
    found = _declared(text, context.date_format) or _iso(text) or _month_named(text)
    if found:
        return one(field, found)
    return _numbers(text, context.date_format, field)


def _declared(text: str, pattern: str) -> str:
    if not pattern:
        return ""
    try:
        found = datetime.strptime(text, pattern).date()
    except ValueError:
        return ""
    if "%y" in pattern and found.year >= BORN_BY:
        found = found.replace(year=found.year - 100, day=min(found.day, 28) if found.month == 2 else found.day)
    return found.isoformat()[: _precision(pattern)]


def _precision(pattern: str) -> int:
    """How much of an ISO date a pattern tells: 4 characters for the year, 7 with the month, 10 with the day."""
    if not re.search("%[mbB]", pattern):
        return 10 if re.search("%[jcx]", pattern) else 4
    return 10 if "%d" in pattern else 7


def _iso(text: str) -> str:
    parts = _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text)
    if not parts:
        return ""
    year, month, day = parts.groups()
    if not int(month or 0):
        return year if int(year) and not int(day or 0) else ""
    return _join(int(year), int(month), int(day or 0))


def _join(year: int, month: int, day: int) -> str:
    """The date in ISO form, without its day when that is 0; empty when there is no such date."""
    try:
        found = day_of(year, month, day or 1).isoformat()
    except ValueError:
        return ""
    return found if day else found[:7]


def _month_named(text: str) -> str:
    """ "12 March 1980": a month in words leaves no doubt."""
    if not _MONTH_NAMED.fullmatch(text):
        return ""
    try:
        return str(parser.parse(text).date().isoformat())
    except (ValueError, OverflowError, TypeError):
        return ""


def _numbers(text: str, pattern: str, field: str) -> Standardised:
    """Day and month in an order that the declared format, or else only the numbers, can tell."""
    if _SHORT_YEAR.fullmatch(text):
        return AMBIGUOUS
    month_only, whole = _MONTH_YEAR.fullmatch(text), _YEAR_LAST.fullmatch(text)
    if month_only:
        return one(field, _join(int(month_only[2]), int(month_only[1]), 0)) if 1 <= int(month_only[1]) <= 12 else NOT_A_DATE
    if not whole:
        return NOT_A_DATE
    first, second, year = (int(part) for part in whole.groups())
    if max(first, second) <= 12 and first != second and not _orders(pattern):
        return AMBIGUOUS
    month_first = second > 12 or (first <= 12 and _orders(pattern) == "month first")
    found = _join(year, first, second) if month_first else _join(year, second, first)
    return one(field, found) if found and first and second else NOT_A_DATE


def _orders(pattern: str) -> str:
    """Whether a declared format has the day or the month first; empty when it does not tell."""
    day, month = pattern.find("%d"), pattern.find("%m")
    if min(day, month) < 0:
        return ""
    return "day first" if day < month else "month first"
