"""Comparing names of people and organisations."""

from collections.abc import Callable

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine.features import are_nicknames
from matching.engine.pairs import Sides, by_value, holds_for, ladder, sides, similarity
from matching.engine.types import Column, Flags, Ints, Levels, Table

GIVEN = ("missing", "exact", "nickname", "near", "part", "initial", "swapped", "similar", "script", "different")
MIDDLE = ("missing", "exact", "near", "initial", "different")
FAMILY = ("missing", "exact", "near", "part", "swapped", "similar", "script", "different")
ORGANISATION = ("missing", "exact", "near", "part", "similar", "different")

NEAR, SIMILAR, FAIR = 0.93, 0.85, 0.7  # Jaro-Winkler
ONE_SLIP_FROM = 4  # letters from which one keystroke makes two names nearly equal
NEAR_TOKENS, SIMILAR_TOKENS, SAME_WORDS = 88.0, 72.0, 100.0  # token ratios, of 100


def given_name(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """First names: equal, nickname, one keystroke, one part of the other, initial, alike, different."""
    column = table.single[name]
    pair = sides(column, left, right)
    lone = by_value(column, lambda value: len(value) == 1)
    same_initial = sides(table.single[f"{name}.initial"], left, right).equal
    initial = pair.both & same_initial & (lone[pair.left] | lone[pair.right])
    near, alike = _nearness(column, pair, sides(table.single[f"{name}.phonetic"], left, right).equal)
    steps = {
        "missing": ~pair.both,
        "initial": initial,
        "exact": pair.equal | sides(table.single[f"{name}.compact"], left, right).equal,
        "nickname": holds_for(column, pair.left, pair.right, pair.unequal & _one_word(column, pair), are_nicknames),
        "near": near,
        "part": _one_in_other(column, pair),
        "similar": alike | _same_consonants(table, left, right, name),
        "script": _two_scripts(table, left, right, name),
    }
    return ladder(steps, GIVEN, "different")


def middle_name(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Middle names: equal, nearly equal, initial of the other, different."""
    column = table.single[name]
    pair = sides(column, left, right)
    near, _ = _nearness(column, pair, pair.equal)
    steps = {
        "missing": ~pair.both,
        "exact": pair.equal,
        "near": near,
        "initial": holds_for(column, pair.left, pair.right, pair.unequal, _is_initial),
    }
    return ladder(steps, MIDDLE, "different")


def family_name(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Surnames: equal, one keystroke or a particle apart, one part of the other (married, double), alike, different."""
    column = table.single[name]
    pair = sides(column, left, right)
    core = table.single[f"{name}.core"]
    bare = sides(core, left, right)
    near, alike = _nearness(core, bare, sides(table.single[f"{name}.phonetic"], left, right).equal)
    steps = {
        "missing": ~pair.both,
        "exact": pair.equal | sides(table.single[f"{name}.compact"], left, right).equal,
        "near": near | bare.equal,
        "part": _one_in_other(column, pair),
        "similar": alike | _same_consonants(table, left, right, name),
        "script": _two_scripts(table, left, right, name),
    }
    return ladder(steps, FAMILY, "different")


def exchanged(table: Table, left: Ints, right: Ints, weak: Flags) -> Flags:
    """Whether first name and surname stand in each other's place; looked at only where `weak`."""
    given, family = table.single["given_name"], table.single["family_name"]
    same_words = sides(table.single["name.sorted"], left, right).equal
    there, back = (
        Sides(given.codes[left], family.codes[right], weak),
        Sides(family.codes[left], given.codes[right], weak),
    )
    known = weak & (there.left > 0) & (there.right > 0) & (back.left > 0) & (back.right > 0)
    first = similarity(given.values, there.left, family.values, there.right, known, JaroWinkler.similarity)
    alike = known & (first >= SIMILAR)
    second = similarity(family.values, back.left, given.values, back.right, alike, JaroWinkler.similarity)
    crosswise = alike & (second >= SIMILAR) & (np.maximum(first, second) >= NEAR)
    return weak & (same_words | crosswise)


def organisation(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Organisation names without legal forms: equal, nearly, one in the other, most words shared, different."""
    column = table.single[name]
    pair = sides(column, left, right)
    ratio = _ratio(column, pair, fuzz.token_sort_ratio)
    words = _ratio(column, pair, fuzz.token_set_ratio)
    steps = {
        "missing": ~pair.both,
        "exact": pair.equal,
        "near": ratio >= NEAR_TOKENS,
        "part": words >= SAME_WORDS,
        "similar": (ratio >= SIMILAR_TOKENS) | (words >= NEAR_TOKENS),
    }
    return ladder(steps, ORGANISATION, "different")


def _ratio(
    column: Column, pair: Sides, scorer: Callable[..., float]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return similarity(column.values, pair.left, column.values, pair.right, pair.unequal, scorer)


def _nearness(column: Column, pair: Sides, same_sound: Flags) -> tuple[Flags, Flags]:
    """(nearly equal, alike): one keystroke in a name of some length or very close; fairly close or of one sound."""
    closeness = _ratio(column, pair, JaroWinkler.similarity)
    fair = closeness >= FAIR
    slips = similarity(column.values, pair.left, column.values, pair.right, pair.unequal & fair, OSA.distance)
    lengths = np.fromiter(map(len, column.values), np.int64, len(column.values))
    long_enough = np.minimum(lengths[pair.left], lengths[pair.right]) >= ONE_SLIP_FROM
    one_slip = fair & (slips == 1) & long_enough
    return (closeness >= NEAR) | one_slip, (closeness >= SIMILAR) | one_slip | (fair & same_sound)


def _two_scripts(table: Table, left: Ints, right: Ints, name: str) -> Flags:
    """Written in two scripts: a transliteration that looks different says little."""
    return sides(table.single[f"{name}.script"], left, right).unequal


def _same_consonants(table: Table, left: Ints, right: Ints, name: str) -> Flags:
    same = sides(table.single[f"{name}.skeleton"], left, right).equal
    return same & _two_scripts(table, left, right, name)


def _one_word(column: Column, pair: Sides) -> Flags:
    single = by_value(column, lambda value: " " not in value)
    return single[pair.left] & single[pair.right]


def _one_in_other(column: Column, pair: Sides) -> Flags:
    several = by_value(column, lambda value: " " in value)
    worth_a_look = pair.unequal & (several[pair.left] | several[pair.right])
    return holds_for(column, pair.left, pair.right, worth_a_look, _is_part)


def _is_part(first: str, second: str) -> bool:
    """All words of the shorter name, initials aside, are words of the longer one."""
    short, long = sorted(({word for word in name.split() if len(word) > 1} for name in (first, second)), key=len)
    return bool(short) and short <= long


def _is_initial(first: str, second: str) -> bool:
    return first[:1] == second[:1] and min(len(first), len(second)) == 1
