"""Comparing dates as eight decimal digits in one number, four bits each."""

import numpy as np
from numpy.typing import NDArray

from matching.engine.pairs import ladder
from matching.engine.types import Flags, Ints, Levels, Table

DATE = ("missing", "exact", "one_digit", "transposed", "swapped", "partial", "close", "different")

Digits = NDArray[np.uint32]  # 0xYYYYMMDD; noughts where unknown
EVERY = np.uint32(0x11111111)  # the lowest bit of each digit
YEAR, DAY, MONTH = np.uint32(0xFFFF0000), np.uint32(0xFF), np.uint32(0xFF00)
NEW_YEAR = np.uint32(0x0101)
FOUR, EIGHT = np.uint32(4), np.uint32(8)


def date(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Dates: equal, one digit, neighbouring digits exchanged, day-month swap, as far as known, two parts of three.

    1 January is what systems write when only the year is known: it says no more than the year.
    """
    digits: Digits = table.fact(f"digits of {name}", lambda: _digits(table, name))
    first, second = digits[left], digits[right]
    levels = np.zeros(len(left), np.int8)
    equal = (first == second) & (first > 0)
    levels[equal] = DATE.index("partial")
    levels[equal & ((first & DAY) > 0) & ~_is_new_year(first)] = DATE.index("exact")
    rest = np.flatnonzero((first != second) & (first > 0) & (second > 0))
    levels[rest] = _unequal(first[rest], second[rest])
    return levels


def _unequal(first: Digits, second: Digits) -> Levels:
    full = ((first & DAY) > 0) & ((second & DAY) > 0)
    apart = first ^ second
    differs = _digits_set(apart)
    same_year, same_month, same_day = ((apart & part) == 0 for part in (YEAR, MONTH, DAY))
    turned = (second & YEAR) | ((second & DAY) << EIGHT) | ((second & MONTH) >> EIGHT)
    steps = {
        "one_digit": full & (np.bitwise_count(differs) == 1),
        "swapped": full & (first == turned),
        "transposed": full & (np.bitwise_count(differs) == 2) & _neighbours(first, second, differs),
        "partial": _as_far_as_known(first, second, same_year, same_month, same_day)
        | (same_year & (_is_new_year(first) | _is_new_year(second))),
        "close": full & (same_year.astype(np.int8) + same_month + same_day == 2),
    }
    return ladder(steps, DATE, "different")


def _digits(table: Table, name: str) -> Digits:
    year, month, day = table.date_parts[name].T
    digits: Digits = DECIMAL[year] << np.uint32(16)
    digits |= DECIMAL[month] << EIGHT
    digits |= DECIMAL[day]
    digits[year == 0] = 0
    return digits


def _decimal() -> Digits:
    """The four decimal digits of each number up to 9999."""
    number = np.arange(10_000, dtype=np.uint32)
    places = (number // np.uint32(10**place) % np.uint32(10) << np.uint32(4 * place) for place in range(4))
    digits: Digits = np.bitwise_or.reduce([*places])
    return digits


def _digits_set(number: Digits) -> Digits:
    """The lowest bit of each digit that is not nought."""
    found: Digits = (number | number >> np.uint32(1) | number >> np.uint32(2) | number >> np.uint32(3)) & EVERY
    return found


def _neighbours(first: Digits, second: Digits, differs: Digits) -> Flags:
    """Two neighbouring digits exchanged."""
    crosswise = ~_digits_set(first ^ (second >> FOUR)) & ~_digits_set((first >> FOUR) ^ second)
    found: Flags = (crosswise & differs & (differs >> FOUR) & EVERY) > 0
    return found


def _as_far_as_known(first: Digits, second: Digits, year: Flags, month: Flags, day: Flags) -> Flags:
    month_open = ((first & MONTH) == 0) | ((second & MONTH) == 0)
    day_open = ((first & DAY) == 0) | ((second & DAY) == 0)
    known: Flags = year & (month | month_open) & (day | day_open)
    return known


def _is_new_year(digits: Digits) -> Flags:
    found: Flags = (digits & (MONTH | DAY)) == NEW_YEAR
    return found


DECIMAL = _decimal()
