"""Dates: the source's declared format first, then ISO; partial dates are kept as such."""

import re
from datetime import date as day_of
from datetime import datetime
from functools import cache

from .text import fold, one, plain
from .types import VALUE, Context, Problem, Standardised

BIRTH_DATE = "birth_date"
NOT_A_DATE = Standardised(problem=Problem("not_a_date", "This is not a date in the source's format."))
AMBIGUOUS = Standardised(
    problem=Problem("ambiguous_date", "This can be read as more than one date: declare the date format of the source.")
)
_ISO = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?:[T ]\d.*)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})\s?[^\w\s]?\s?(\d{1,2})\s?[^\w\s]?\s?(\d{1,2})", re.ASCII)
_EAST_ASIAN = re.compile(r"(\d{4})\s?[年년]\s?(?:(\d{1,2})\s?[月월]\s?(?:(\d{1,2})\s?[日일])?)?", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2})[/.\- ](\d{4})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[/.\- ]{1,2}(\d{1,2})[/.\- ]{1,2}(\d{4}|\d{2})(?: \d.*)?", re.ASCII)
_SHORT_YEAR_LAST = re.compile(r"%[dmbB].*%[dmbB].*%y")
_DAY_MONTH = re.compile(
    r"(?:(?:de|of|den|the|le) )*(\d{1,2})(?:st|nd|rd|th|er|o)? (?:de |of )?([a-z]+) (?:de )?(\d{4}|\d{2})", re.ASCII
)
_MONTH_DAY = re.compile(r"([a-z]+) (\d{1,2})(?:st|nd|rd|th)? (\d{4}|\d{2})", re.ASCII)
_MONTH_ALONE = re.compile(r"([a-z]+) (?:de )?(\d{4})", re.ASCII)
_MONTH_WORDS = (
    "jan january januar janvier enero gennaio januari styczen stycznia janvar yanvarya ene gen ianouariou",
    "feb february februar fevrier febrero febbraio februari luty lutego fevralya fev fevr",
    "mar march marz maerz mars marzo maart marzec marca marta mrz mrt",
    "apr april avril abril aprile kwiecien kwietnia aprelya avr abr",
    "may mai mayo maggio mei maj maja maya mag",
    "jun june juni juin junio giugno czerwiec czerwca iyunya giu",
    "jul july juli juillet julio luglio lipiec lipca iyulya juil lug",
    "aug august aout agosto augustus sierpien sierpnia avgusta ago",
    "sep sept september septembre septiembre setembro settembre wrzesien wrzesnia sentyabrya set",
    "oct october oktober octobre octubre ottobre pazdziernik pazdziernika oktyabrya okt ott out",
    "nov november novembre noviembre novembro listopad listopada noyabrya",
    "dec december dezember decembre diciembre dezembro dicembre grudzien grudnia dekabrya dez dic",
)  # in English, German, French, Spanish, Italian, Dutch, Polish and Russian, folded
_MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}


def date(raw: str, context: Context) -> Standardised:
    """A date, or its year or month alone; what could be two dates needs the source's date format."""
    return _read(raw, context, VALUE)


def birth_date(raw: str, context: Context) -> Standardised:
    """A birth date, or its year or month alone; what could be two dates needs the source's date format."""
    return _read(raw, context, BIRTH_DATE)


def _read(raw: str, context: Context, field: str) -> Standardised:
    text = plain(raw[:100])
    if not text:
        return Standardised()
    found = _declared(text, context) or _year_first(text)
    return one(field, found) if found else _month_named(text, context, field) or _year_last(text, context, field)


def _declared(text: str, context: Context) -> str:
    """By the source's own format; a two-digit year is the one in the hundred years up to `born_by`."""
    pattern = context.date_format
    if not pattern:
        return ""
    try:
        found = datetime.strptime(text, pattern).date()
        if "%y" in pattern:
            found = found.replace(year=_full_year(found.year % 100, context))
    except ValueError:
        return ""
    return found.isoformat()[: _precision(pattern)]


def _full_year(short: int, context: Context) -> int:
    """A year of two digits: the one in the hundred years up to `born_by`."""
    return context.born_by - (context.born_by - short) % 100


@cache
def _precision(pattern: str) -> int:
    """How much of an ISO date a pattern tells: 4 characters for the year, 7 with the month, 10 with the day."""
    if not re.search("%[mbB]", pattern):
        return 10 if re.search("%[jcxDF]", pattern) else 4
    return 10 if "%d" in pattern else 7


def _year_first(text: str) -> str:
    parts = _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text) or _EAST_ASIAN.fullmatch(text)
    if not parts:
        return ""
    year, month, day = (int(part or 0) for part in parts.groups())
    if not month:
        return f"{year:04}" if year and not day else ""
    return _join(year, month, day)


def _join(year: int, month: int, day: int) -> str:
    """The date in ISO form, without its day when that is 0; empty when there is no such date."""
    try:
        found = day_of(year, month, day or 1).isoformat()
    except ValueError:
        return ""
    return found if day else found[:7]


def _month_named(text: str, context: Context, field: str) -> Standardised | None:
    """ "12 March 1980", "March 1980", "12-Mar-80": a month in words leaves no doubt, but a year of two digits may.

    It is no day when it is above 31, and where the source's format has a year of two digits behind day and month.
    """
    folded = fold(text)
    day_first, month_first, alone = (p.fullmatch(folded) for p in (_DAY_MONTH, _MONTH_DAY, _MONTH_ALONE))
    if day_first:
        day, word, year = day_first.groups()
    elif month_first:
        word, day, year = month_first.groups()
    elif alone:
        (word, year), day = alone.groups(), ""
    else:
        return None
    month = _MONTHS.get(word)
    if not month or day and not int(day):
        return None
    if len(year) == 2:
        if int(year) <= 31 and not _SHORT_YEAR_LAST.search(context.date_format):
            return AMBIGUOUS
        year = str(_full_year(int(year), context))
    found = _join(int(year), month, int(day or 0))
    return one(field, found) if found else None


def _year_last(text: str, context: Context, field: str) -> Standardised:
    """Day and month in an order that the declared format, or else only the numbers, can tell."""
    pattern = context.date_format
    month_only, whole = _MONTH_YEAR.fullmatch(text), _YEAR_LAST.fullmatch(text)
    if month_only:
        month = int(month_only[1])
        return one(field, _join(int(month_only[2]), month, 0)) if 1 <= month <= 12 else NOT_A_DATE
    if not whole:
        return NOT_A_DATE
    first, second, year = (int(part) for part in whole.groups())
    if len(whole[3]) == 2:
        if not _SHORT_YEAR_LAST.search(pattern):
            return AMBIGUOUS
        year = _full_year(year, context)
    if not first or not second:
        return NOT_A_DATE
    if max(first, second) <= 12 and first != second and not _order(pattern):
        return AMBIGUOUS
    month_first = second > 12 or (first <= 12 and _order(pattern) == "month first")
    found = _join(year, first, second) if month_first else _join(year, second, first)
    return one(field, found) if found else NOT_A_DATE


def _order(pattern: str) -> str:
    """Whether a declared format has the day or the month first; empty when it does not tell."""
    day, month = pattern.find("%d"), pattern.find("%m")
    if min(day, month) < 0:
        return ""
    return "day first" if day < month else "month first"
