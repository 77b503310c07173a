"""Public holidays by calendar, as rules. PURE.

A calendar that lacks a holiday makes a deadline earlier, never later: so each holds only days that are certain. The
European one holds the two that are holidays in every member state on a fixed date; a member state has more.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import lru_cache

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
DAY = timedelta(days=1)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus of Meeus, Jones and Butcher)."""
    golden, century, of_century = year % 19, year // 100, year % 100
    skipped = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - skipped + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def last(year: int, month: int, weekday: int) -> date:
    """The last such weekday of a month."""
    found = nth(year, month, weekday, 5)
    return found if found.month == month else found - timedelta(days=7)


def in_every_member_state(year: int) -> Iterable[date]:
    return date(year, 1, 1), date(year, 12, 25)


# bank holidays proclaimed for one year, and the one that was moved
PROCLAIMED = {
    2020: [date(2020, 5, 8)],
    2022: [date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19)],
    2023: [date(2023, 5, 8)],
}
MOVED = {date(2020, 5, 4), date(2022, 5, 30)}


def england_and_wales(year: int) -> Iterable[date]:
    """Bank holidays; of those at a weekend the next free weekday."""
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    movable = [
        easter(year) - 2 * DAY, easter(year) + DAY,
        nth(year, 5, MONDAY, 1), last(year, 5, MONDAY), last(year, 8, MONDAY),
    ]  # fmt: skip
    return [*_substituted(fixed), *(set(movable) - MOVED), *PROCLAIMED.get(year, [])]


def _substituted(days: list[date]) -> set[date]:
    """Those that are weekdays; for each of the others the next weekday that is none of them."""
    kept = {day for day in days if day.weekday() < SATURDAY}
    for day in days:
        if day.weekday() >= SATURDAY:
            while day.weekday() >= SATURDAY or day in kept:
                day += DAY
            kept.add(day)
    return kept


def california(year: int) -> Iterable[date]:
    """Holidays of the state that are federal ones too (Government Code 6700 and 6701): one on a Sunday is kept on the
    Monday, one on a Saturday is not moved, but Veterans Day, which is kept on the Friday."""
    veterans = date(year, 11, 11)
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 12, 25), veterans]
    kept = [day + DAY if day.weekday() == SUNDAY else day for day in fixed]
    if veterans.weekday() == SATURDAY:
        kept.append(veterans - DAY)
    thanksgiving = nth(year, 11, THURSDAY, 4)
    return [
        *kept, nth(year, 1, MONDAY, 3), nth(year, 2, MONDAY, 3), last(year, 5, MONDAY), nth(year, 9, MONDAY, 1),
        thanksgiving,
    ]  # fmt: skip


CALENDARS: dict[str, Callable[[int], Iterable[date]]] = {
    "": lambda year: (),
    "eu": in_every_member_state,
    "england": england_and_wales,
    "california": california,
}


@lru_cache(maxsize=512)
def holidays(calendar: str, year: int) -> frozenset[date]:
    """The holidays of a calendar in a year."""
    return frozenset(CALENDARS[calendar](year))


def is_working_day(day: date, calendar: str) -> bool:
    """Neither a Saturday, a Sunday nor a holiday."""
    return day.weekday() < SATURDAY and day not in holidays(calendar, day.year)
