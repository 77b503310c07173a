"""Comparing dates, e-mails, phones, identifiers, categories and addresses."""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from matching.engine.features import is_handle, local_part
from matching.engine.pairs import (
    Sides,
    best_of,
    cross,
    holds_for,
    jaro_winkler,
    ladder,
    measured,
    one_slip,
    ratio,
    sides,
)
from matching.engine.texts import Hashes, hashes, pick
from matching.engine.types import Codes, Flags, Floats, Ints, Levels, Table

CATEGORY = ("missing", "exact", "different")
PLACE = ("missing", "exact", "near", "different")
POSTCODE = ("missing", "exact", "near", "district", "area", "different")
SUFFIX = ("missing", "exact", "one_sided", "different")
EMAIL = ("missing", "exact", "shared", "near", "handle", "different")
PHONE = ("missing", "exact", "shared", "near", "different")
IDENTIFIER = ("missing", "exact", "shared", "near", "different")
ADDRESS = ("missing", "exact", "shared", "near", "unit", "street", "postcode", "place", "city", "number", "different")

NO_DIGIT = re.compile(r"\D")
PHONE_TAIL = 7  # digits of a number without country and area code
SLIP_FROM = 6  # characters from which one keystroke is told from another value
STREET_SAME, STREET_NEAR, CITY_NEAR = 95.0, 80.0, 0.9


def category(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Equal or different, nothing between."""
    pair = sides(table.single[name], left, right)
    return ladder({"missing": ~pair.both, "exact": pair.equal}, CATEGORY, "different")


def place(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Names of places and other free categories that people spell: equal, spelled nearly alike, different."""
    pair = sides(table.single[name], left, right)
    near = _where_unequal(pair, lambda one, other: jaro_winkler(table, name, one, other, CITY_NEAR) >= CITY_NEAR)
    return ladder({"missing": ~pair.both, "exact": pair.equal, "near": near}, PLACE, "different")


def postcode(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Postcodes: equal, one keystroke, the same but for the last three signs, the same first two, different."""
    pair = sides(table.single[name], left, right)
    districts: Hashes = table.learn(f"districts of {name}", lambda: _heads(table, name, -3))
    areas: Hashes = table.learn(f"areas of {name}", lambda: _heads(table, name, 2))
    steps = {
        "missing": ~pair.both,
        "exact": pair.equal,
        "near": _where_unequal(pair, lambda one, other: one_slip(table, name, one, other)),
        "district": pair.both & (districts[pair.left] == districts[pair.right]),
        "area": pair.both & (areas[pair.left] == areas[pair.right]),
    }
    return ladder(steps, POSTCODE, "different")


def _heads(table: Table, name: str, size: int) -> Hashes:
    return hashes([value[:size] or value for value in table.single[name].values])


def suffix(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Name suffixes: equal, on one side only, different; missing when neither side has one."""
    pair = sides(table.single[name], left, right)
    one_sided = (pair.left > 0) ^ (pair.right > 0)
    steps = {"exact": pair.equal, "different": pair.unequal, "one_sided": one_sided}
    return ladder(steps, SUFFIX, "missing")


def email(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """E-mails: any equal, one keystroke with the same digits, one own name part at two providers, different."""
    crossed = cross(table, name, left, right)
    levels = np.full(len(crossed.pair), EMAIL.index("exact"), np.int8)
    rest = np.flatnonzero(crossed.left != crossed.right)
    one, other = crossed.left[rest], crossed.right[rest]
    near = _within_one(table, name, one, other)
    near[near] = holds_for(table.multi[name].values, one[near], other[near], _same_digits)
    handle = _same_handle(table, name, left[crossed.pair[rest]], right[crossed.pair[rest]], one, other)
    levels[rest] = ladder({"near": near, "handle": handle}, EMAIL, "different")
    return best_of(crossed, levels, len(left))


def phone(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Phones: any equal, one digit off or one side without area code, different."""
    crossed = cross(table, name, left, right)
    levels = np.full(len(crossed.pair), PHONE.index("exact"), np.int8)
    rest = np.flatnonzero(crossed.left != crossed.right)
    one, other = crossed.left[rest], crossed.right[rest]
    near = _within_one(table, name, one, other) | _local(table, name, one, other)
    levels[rest] = ladder({"near": near}, PHONE, "different")
    return best_of(crossed, levels, len(left))


def identifier(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Identifiers: any equal, one character off, different."""
    crossed = cross(table, name, left, right)
    levels = np.full(len(crossed.pair), IDENTIFIER.index("exact"), np.int8)
    rest = np.flatnonzero(crossed.left != crossed.right)
    near = _within_one(table, name, crossed.left[rest], crossed.right[rest])
    levels[rest] = ladder({"near": near}, IDENTIFIER, "different")
    return best_of(crossed, levels, len(left))


def address(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Street, number, flat, postcode and city as one comparison: equal, nearly, building, street, place, different.

    "number" is the same street and number although the places are written as two: a suburb, or a town gone wrong.
    """
    number, unit, code = (sides(table.single[part], left, right) for part in ("house_number", "unit", "postcode"))
    street, city = (_in_one_script(table, part, left, right) for part in ("street", "city"))
    same_city = city.equal | _where_unequal(city, lambda one, other: _city_near(table, one, other))
    code_slip = _where_unequal(code, lambda one, other: one_slip(table, "postcode", one, other))
    place = code.equal | (same_city & ~code.both)
    some_place = place | same_city | code_slip | ~(code.both | city.both)
    same_number = number.equal
    likeness = _street_likeness(table, street, some_place | same_number)
    near_street = likeness >= STREET_NEAR
    steps = {
        "missing": ~(street.both | code.both | city.both),
        "unit": near_street & same_number & some_place & unit.unequal,
        "exact": (likeness >= STREET_SAME) & same_number & place,
        "near": near_street & ~number.unequal & some_place,
        "street": near_street & some_place,
        "postcode": code.equal,
        "place": same_city & ~street.both & ~code.both,
        "city": same_city,
        "number": near_street & same_number & ~unit.unequal,
    }
    return ladder(steps, ADDRESS, "different")


def _city_near(table: Table, one: Codes, other: Codes) -> Flags:
    near: Flags = jaro_winkler(table, "city", one, other, CITY_NEAR) >= CITY_NEAR
    return near


def _where_unequal(pair: Sides, test: Callable[[Codes, Codes], Flags]) -> Flags:
    result = np.zeros(len(pair.both), np.bool_)
    rows = np.flatnonzero(pair.unequal)
    result[rows] = test(pair.left[rows], pair.right[rows])
    return result


def _in_one_script(table: Table, part: str, left: Ints, right: Ints) -> Sides:
    """A part of the address, taken as unknown where the two sides write it in different scripts."""
    pair = sides(table.single[part], left, right)
    if len(table.single[f"{part}.script"].values) <= 2:
        return pair
    script = sides(table.single[f"{part}.script"], left, right)
    return pair._replace(both=pair.both & ~script.unequal)


def _street_likeness(table: Table, street: Sides, worth_a_look: Flags) -> Floats:
    """Of 100; 0 where it is below what matters or where the places differ anyway."""
    result = np.where(street.equal, 100.0, 0.0)
    rows = np.flatnonzero(street.unequal & worth_a_look)
    one, other = street.left[rows], street.right[rows]
    joined = ratio(table, "street", one, other, fuzz.ratio, STREET_NEAR)
    result[rows] = np.maximum(joined, ratio(table, "street", one, other, fuzz.token_sort_ratio, STREET_NEAR))
    return result


def _within_one(table: Table, name: str, one: Codes, other: Codes) -> Flags:
    """One keystroke between two long values."""
    length = measured(table, name).length
    long_enough = (length[one] >= SLIP_FROM) & (length[other] >= SLIP_FROM)
    slip: Flags = long_enough & one_slip(table, name, one, other)
    return slip


def _local(table: Table, name: str, one: Codes, other: Codes) -> Flags:
    """The same number with and without its first digits."""
    length = measured(table, name).length
    rows = np.flatnonzero(length[one] != length[other])
    result = np.zeros(len(one), np.bool_)
    result[rows] = holds_for(table.multi[name].values, one[rows], other[rows], _same_tail)
    return result


def _same_handle(table: Table, name: str, left: Ints, right: Ints, one: Codes, other: Codes) -> Flags:
    """The same local part at two providers, made from neither owner's name."""
    local: NDArray[np.uint64] = table.learn(f"handles of {name}", lambda: hashes(table.multi[name].values, until=b"@+"))
    rows = np.flatnonzero(local[one] == local[other])
    own = np.logical_and(
        *(_is_own(table, name, owner[rows], code[rows]) for owner, code in ((left, one), (right, other)))
    )
    result = np.zeros(len(one), np.bool_)
    result[rows] = own
    return result


def _is_own(table: Table, name: str, owner: Ints, code: Codes) -> Flags:
    names = [table.single[part] for part in ("given_name.compact", "family_name.compact")]
    given, family = (pick(column.values, column.codes[owner]) for column in names)
    local = map(local_part, pick(table.multi[name].values, code))
    return np.fromiter(map(is_handle, local, given, family), np.bool_, len(owner))


def _same_digits(first: str, second: str) -> bool:
    return NO_DIGIT.sub("", first) == NO_DIGIT.sub("", second)


def _same_tail(first: str, second: str) -> bool:
    return min(len(first), len(second)) >= PHONE_TAIL and first[-PHONE_TAIL:] == second[-PHONE_TAIL:]
