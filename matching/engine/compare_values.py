"""Comparing dates, e-mails, phones, identifiers, categories and addresses."""

from typing import Any

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine.pairs import (
    Crossed,
    Sides,
    any_of,
    best_of,
    by_value,
    cross,
    holds_for,
    ladder,
    sides,
    similarity,
)
from matching.engine.types import Flags, Floats, Ints, Levels, MultiColumn, Table

CATEGORY = ("missing", "exact", "different")
SUFFIX = ("missing", "exact", "one_sided", "different")
DATE = ("missing", "exact", "one_digit", "transposed", "swapped", "partial", "close", "different")
EMAIL = ("missing", "exact", "shared", "near", "handle", "different")
PHONE = ("missing", "exact", "shared", "near", "different")
IDENTIFIER = ("missing", "exact", "shared", "near", "different")
ADDRESS = ("missing", "exact", "shared", "near", "unit", "street", "postcode", "place", "city", "different")

PHONE_TAIL = 7  # digits of a number without country and area code
SLIP_FROM = 6  # characters from which one keystroke is told from another value
STREET_SAME, STREET_NEAR, CITY_NEAR = 95.0, 80.0, 0.9


def category(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Equal or different, nothing between."""
    pair = sides(table.single[name], left, right)
    return ladder({"missing": ~pair.both, "exact": pair.equal}, CATEGORY, "different")


def suffix(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Name suffixes: equal, on one side only, different; missing when neither side has one."""
    pair = sides(table.single[name], left, right)
    one_sided = (pair.left > 0) ^ (pair.right > 0)
    steps = {"exact": pair.equal, "different": pair.unequal, "one_sided": one_sided}
    return ladder(steps, SUFFIX, "missing")


def date(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Dates: equal, one digit, neighbouring digits exchanged, day-month swap, as far as known, two parts of three.

    1 January is what systems write when only the year is known: it says no more than the year.
    """
    first, second = table.date_parts[name][left].astype(np.int64), table.date_parts[name][right].astype(np.int64)
    both = (first[:, 0] > 0) & (second[:, 0] > 0)
    full = both & (first[:, 2] > 0) & (second[:, 2] > 0)
    same = first == second
    differing, neighbours = _digit_slips(first, second)
    swapped = same[:, 0] & (first[:, 1] == second[:, 2]) & (first[:, 2] == second[:, 1])
    as_far_as_known = (same | (first == 0) | (second == 0)).all(axis=1)
    default_day = same[:, 0] & (_is_new_year(first) | _is_new_year(second))
    steps = {
        "missing": ~both,
        "exact": full & same.all(axis=1) & ~_is_new_year(first),
        "one_digit": full & (differing == 1),
        "swapped": full & swapped,
        "transposed": full & (differing == 2) & neighbours,
        "partial": as_far_as_known | default_day,
        "close": full & (same.sum(axis=1) == 2),
    }
    return ladder(steps, DATE, "different")


def email(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """E-mails: any equal, one keystroke with the same digits, one own name part at two providers, different."""
    column = table.multi[name]
    crossed = cross(column, left, right)
    unequal = crossed.left != crossed.right
    near = _within_one(column, crossed, unequal)
    near = holds_for(column, crossed.left, crossed.right, near, _same_digits)
    found = ladder({"exact": ~unequal, "near": near}, EMAIL, "different")
    levels = best_of(crossed, found, len(left))
    handles = cross(table.multi[f"{name}.handle"], left, right)
    same_handle = any_of(handles, handles.left == handles.right, len(left))
    levels[same_handle & (levels == EMAIL.index("different"))] = EMAIL.index("handle")
    return levels


def phone(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Phones: any equal, one digit off or one side without area code, different."""
    column = table.multi[name]
    crossed = cross(column, left, right)
    unequal = crossed.left != crossed.right
    lengths = np.fromiter(map(len, column.values), np.int64, len(column.values))
    local = holds_for(
        column, crossed.left, crossed.right, unequal & (lengths[crossed.left] != lengths[crossed.right]), _same_tail
    )
    near = local | _within_one(column, crossed, unequal)
    return best_of(crossed, ladder({"exact": ~unequal, "near": near}, PHONE, "different"), len(left))


def identifier(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Identifiers: any equal, one character off, different."""
    column = table.multi[name]
    crossed = cross(column, left, right)
    unequal = crossed.left != crossed.right
    near = _within_one(column, crossed, unequal)
    return best_of(crossed, ladder({"exact": ~unequal, "near": near}, IDENTIFIER, "different"), len(left))


def address(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Street, number, flat, postcode and city as one comparison: equal, nearly, building, street, place, different."""
    number, unit, code = (sides(table.single[part], left, right) for part in ("house_number", "unit", "postcode"))
    street, city = (_in_one_script(table, part, left, right) for part in ("street", "city"))
    likeness = _street_likeness(table, street)
    same_city = city.equal | (_measure(table, "city", city, JaroWinkler.similarity) >= CITY_NEAR)
    code_slip = _measure(table, "postcode", code, OSA.distance) == 1
    place = code.equal | (same_city & ~code.both)
    some_place = place | same_city | code_slip | ~(code.both | city.both)
    unit_clash, number_clash = unit.unequal, number.unequal
    near_street, same_number = likeness >= STREET_NEAR, number.equal
    steps = {
        "missing": ~(street.both | code.both | city.both),
        "unit": near_street & same_number & some_place & unit_clash,
        "exact": (likeness >= STREET_SAME) & same_number & place,
        "near": near_street & ~number_clash & some_place,
        "street": near_street & some_place,
        "postcode": code.equal,
        "place": same_city & ~street.both & ~code.both,
        "city": same_city,
    }
    return ladder(steps, ADDRESS, "different")


def _in_one_script(table: Table, part: str, left: Ints, right: Ints) -> Sides:
    """A part of the address, taken as unknown where the two sides write it in different scripts."""
    pair = sides(table.single[part], left, right)
    script = sides(table.single[f"{part}.script"], left, right)
    return pair._replace(both=pair.both & ~script.unequal)


def _street_likeness(table: Table, street: Sides) -> Floats:
    measured = _measure(table, "street", street, fuzz.token_sort_ratio)
    joined = _measure(table, "street", street, fuzz.ratio)
    return np.where(street.equal, 100.0, np.maximum(measured, joined))


def _measure(table: Table, part: str, pair: Sides, scorer: Any) -> Floats:
    values = table.single[part].values
    return similarity(values, pair.left, values, pair.right, pair.unequal, scorer)


def _digit_slips(first: Ints, second: Ints) -> tuple[Ints, Flags]:
    """How many of the eight digits differ, and whether two differing ones are neighbours exchanged."""
    weights = np.array([10_000, 100, 1])
    powers = 10 ** np.arange(7, -1, -1)
    left, right = (first @ weights)[:, None] // powers % 10, (second @ weights)[:, None] // powers % 10
    differs = left != right
    crosswise = (left[:, :-1] == right[:, 1:]) & (left[:, 1:] == right[:, :-1])
    neighbours = (differs[:, :-1] & differs[:, 1:] & crosswise).any(axis=1)
    return differs.sum(axis=1), neighbours


def _is_new_year(parts: Ints) -> Flags:
    new_year: Flags = (parts[:, 1] == 1) & (parts[:, 2] == 1)
    return new_year


def _within_one(column: MultiColumn, crossed: Crossed, where: Flags) -> Flags:
    """One keystroke between two long values."""
    long = by_value(column, lambda value: len(value) >= SLIP_FROM)
    where = where & long[crossed.left] & long[crossed.right]
    distance = similarity(column.values, crossed.left, column.values, crossed.right, where, OSA.distance)
    slip: Flags = where & (distance == 1)
    return slip


def _same_digits(first: str, second: str) -> bool:
    return [sign for sign in first if sign.isdigit()] == [sign for sign in second if sign.isdigit()]


def _same_tail(first: str, second: str) -> bool:
    return min(len(first), len(second)) >= PHONE_TAIL and first[-PHONE_TAIL:] == second[-PHONE_TAIL:]
