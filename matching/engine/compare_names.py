"""Comparing names of people and organisations: at a glance where codes settle it, closely where texts must be read."""

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from matching.engine.columns import containing
from matching.engine.features import nickname_relation
from matching.engine.pairs import (
    Sides,
    holds_for,
    jaro_winkler,
    ladder,
    measured,
    one_slip,
    scored,
    sides,
)
from matching.engine.texts import jaro_winkler_at_most, may_be_one_slip, pick
from matching.engine.types import OPEN, Codes, Flags, Floats, Ints, Levels, Table

GIVEN = ("missing", "exact", "nickname", "near", "part", "initial", "swapped", "similar", "script", "different")
MIDDLE = ("missing", "exact", "near", "initial", "different")
FAMILY = ("missing", "exact", "near", "part", "swapped", "similar", "script", "different")
ORGANISATION = ("missing", "exact", "near", "part", "similar", "different")

NEAR, SIMILAR, FAIR = 0.93, 0.85, 0.7  # Jaro-Winkler
ONE_SLIP_FROM = 4  # letters from which one keystroke makes two names nearly equal
NEAR_TOKENS, SIMILAR_TOKENS, SAME_WORDS = 88.0, 72.0, 100.0  # token ratios, of 100


def given_at_a_glance(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """First names that are missing, equal, initials or usual forms of one name; the others are open."""
    pair = sides(table.single[name], left, right)
    levels = _equal_or_open(pair, GIVEN)
    known = measured(table, name)
    lone = known.length == 1
    levels[pair.equal & lone[pair.left]] = GIVEN.index("initial")
    rest = np.flatnonzero(pair.unequal)
    one, other = pair.left[rest], pair.right[rest]
    initial = (known.first[one] == known.first[other]) & (lone[one] | lone[other])
    steps = {
        "initial": initial,
        "exact": _same_facet(table, f"{name}.compact", left[rest], right[rest]),
        "nickname": _nicknames(table, name, one, other),
    }
    levels[rest] = np.where(np.logical_or.reduce([*steps.values()]), ladder(steps, GIVEN, "different"), OPEN)
    return levels


def given_name(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """First names: equal, nickname, one keystroke, one part of the other, initial, alike, different."""
    pair = sides(table.single[name], left, right)
    same_sound = sides(table.single[f"{name}.phonetic"], left, right).equal
    near, alike = _nearness(table, name, pair.left, pair.right, same_sound)
    return _ladder_of_words(table, left, right, name, near, alike, GIVEN)


def middle_at_a_glance(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Middle names that are missing or equal; the others are open."""
    return _equal_or_open(sides(table.single[name], left, right), MIDDLE)


def middle_name(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Middle names: equal, nearly equal, initial of the other, different."""
    pair = sides(table.single[name], left, right)
    near, _ = _nearness(table, name, pair.left, pair.right, np.zeros(len(left), np.bool_))
    initial = holds_for(table.single[name].values, pair.left, pair.right, _is_initial)
    return ladder({"near": near, "initial": initial}, MIDDLE, "different")


def family_at_a_glance(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Surnames that are missing or equal, particles aside; the others are open."""
    pair = sides(table.single[name], left, right)
    levels = _equal_or_open(pair, FAMILY)
    rest = np.flatnonzero(pair.unequal)
    levels[rest[_same_facet(table, f"{name}.core", left[rest], right[rest])]] = FAMILY.index("near")
    levels[rest[_same_facet(table, f"{name}.compact", left[rest], right[rest])]] = FAMILY.index("exact")
    return levels


def family_name(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Surnames: equal, one keystroke or a particle apart, one part of the other (married, double), alike, different."""
    core = sides(table.single[f"{name}.core"], left, right)
    same_sound = sides(table.single[f"{name}.phonetic"], left, right).equal
    near, alike = _nearness(table, f"{name}.core", core.left, core.right, same_sound)
    return _ladder_of_words(table, left, right, name, near, alike, FAMILY)


def exchanged(table: Table, left: Ints, right: Ints) -> Flags:
    """Whether first name and surname stand in each other's place."""
    given, family = table.single["given_name"], table.single["family_name"]
    codes = given.codes[left], family.codes[right], family.codes[left], given.codes[right]
    known = np.logical_and.reduce([code > 0 for code in codes])
    first, second = measured(table, "given_name"), measured(table, "family_name")
    there = jaro_winkler_at_most(first, codes[0], second, codes[1]) >= SIMILAR
    back = jaro_winkler_at_most(second, codes[2], first, codes[3]) >= SIMILAR
    result = np.zeros(len(left), np.bool_)
    rows = np.flatnonzero(known & there & back)
    one, other = (
        _across(table, code[rows], match[rows]) for code, match in ((codes[0], codes[1]), (codes[3], codes[2]))
    )
    result[rows] = (one >= SIMILAR) & (other >= SIMILAR) & (np.maximum(one, other) >= NEAR)
    words = sorted_words(table)
    crosswise: Flags = result | (known & (words[left] == words[right]))
    return crosswise


def sorted_words(table: Table) -> Ints:
    """A number for all words of a record's names, whatever their order."""
    from matching.engine.keys import part_hashes

    return part_hashes(table, "name.sorted").view(np.int64)


def organisation_at_a_glance(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Organisation names that are missing or equal; the others are open."""
    return _equal_or_open(sides(table.single[name], left, right), ORGANISATION)


def organisation(table: Table, left: Ints, right: Ints, name: str) -> Levels:
    """Organisation names without legal forms: equal, nearly, one in the other, most words shared, different."""
    pair = sides(table.single[name], left, right)
    values = table.single[name].values
    ratio = scored(values, pair.left, pair.right, fuzz.token_sort_ratio)
    words = scored(values, pair.left, pair.right, fuzz.token_set_ratio)
    steps = {
        "near": ratio >= NEAR_TOKENS,
        "part": words >= SAME_WORDS,
        "similar": (ratio >= SIMILAR_TOKENS) | (words >= NEAR_TOKENS),
    }
    return ladder(steps, ORGANISATION, "different")


def _equal_or_open(pair: Sides, order: tuple[str, ...]) -> Levels:
    levels = np.full(len(pair.both), OPEN, np.int8)
    levels[~pair.both] = 0
    levels[pair.equal] = order.index("exact")
    return levels


def _ladder_of_words(
    table: Table, left: Ints, right: Ints, name: str, near: Flags, alike: Flags, order: tuple[str, ...]
) -> Levels:
    pair = sides(table.single[name], left, right)
    steps = {"near": near, "part": _one_in_other(table, name, pair), "similar": alike}
    if _writes_two_scripts(table, name):
        two = sides(table.single[f"{name}.script"], left, right).unequal
        steps["similar"] = alike | (two & sides(table.single[f"{name}.skeleton"], left, right).equal)
        steps["script"] = two
    return ladder(steps, order, "different")


def _nearness(table: Table, name: str, one: Codes, other: Codes, same_sound: Flags) -> tuple[Flags, Flags]:
    """(nearly equal, alike): one keystroke in a name of some length or very close; fairly close or of one sound."""
    known = measured(table, name)
    bound = jaro_winkler_at_most(known, one, known, other)
    long_enough = np.minimum(known.length[one], known.length[other]) >= ONE_SLIP_FROM
    slip = long_enough & may_be_one_slip(known, one, known, other)
    rows = np.flatnonzero((bound >= SIMILAR) | ((bound >= FAIR) & (slip | same_sound)))
    closeness = jaro_winkler(table, name, one[rows], other[rows], FAIR)
    fair = closeness >= FAIR
    slipped = fair & slip[rows] & one_slip(table, name, one[rows], other[rows])
    near, alike = np.zeros((2, len(one)), np.bool_)
    near[rows] = (closeness >= NEAR) | slipped
    alike[rows] = (closeness >= SIMILAR) | slipped | (fair & same_sound[rows])
    return near, alike


def _across(table: Table, given: Codes, family: Codes) -> Floats:
    first = pick(table.single["given_name"].values, given)
    second = pick(table.single["family_name"].values, family)
    result: Floats = process.cpdist(first, second, scorer=JaroWinkler.similarity, dtype=np.float64)
    return result


def _same_facet(table: Table, facet: str, left: Ints, right: Ints) -> Flags:
    """Whether a form of the name without blanks is the same; only names of several words can differ from it."""
    several = _several_words(table, facet.rpartition(".")[0])
    if not several.any():
        return np.zeros(len(left), np.bool_)
    return sides(table.single[facet], left, right).equal


def _nicknames(table: Table, name: str, one: Codes, other: Codes) -> Flags:
    """Whether one first name is a usual form of the other, from a list of all such pairs of the table."""
    related: Ints = table.learn(f"nicknames of {name}", lambda: _related(table, name))
    if not len(related):
        return np.zeros(len(one), np.bool_)
    packed = np.minimum(one, other).astype(np.int64) * len(table.single[name].values) + np.maximum(one, other)
    place = np.minimum(np.searchsorted(related, packed), len(related) - 1)
    found: Flags = related[place] == packed
    return found


def _related(table: Table, name: str) -> Ints:
    values = list(table.single[name].values)
    number = {value: code for code, value in enumerate(values) if value and " " not in value}
    forms = nickname_relation()
    pairs = {
        (min(code, number[form]), max(code, number[form]))
        for value, code in number.items()
        if value in forms
        for form in forms[value]
        if form in number and form != value
    }
    return np.array(sorted(one * len(values) + other for one, other in pairs), np.int64)


def _writes_two_scripts(table: Table, name: str) -> bool:
    return len(table.single[f"{name}.script"].values) > 2


def _several_words(table: Table, name: str) -> Flags:
    found: Flags = table.learn(f"several words of {name}", lambda: _with_blank(table, name))
    return found


def _with_blank(table: Table, name: str) -> Flags:
    return containing(table.single[name].values, " ")


def _one_in_other(table: Table, name: str, pair: Sides) -> Flags:
    several = _several_words(table, name)
    rows = np.flatnonzero(pair.unequal & (several[pair.left] | several[pair.right]))
    result = np.zeros(len(pair.both), np.bool_)
    result[rows] = holds_for(table.single[name].values, pair.left[rows], pair.right[rows], _is_part)
    return result


def _is_part(first: str, second: str) -> bool:
    """All words of the shorter name, initials aside, are words of the longer one."""
    short, long = sorted(({word for word in name.split() if len(word) > 1} for name in (first, second)), key=len)
    return bool(short) and short <= long


def _is_initial(first: str, second: str) -> bool:
    return first[:1] == second[:1] and min(len(first), len(second)) == 1
