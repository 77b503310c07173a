"""Tools for comparing columns pair by pair: sides, cross products, bounded likeness, ladders of levels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine.selection import OFFSETS
from matching.engine.texts import (
    Measures,
    common_at_most,
    jaro_winkler_at_most,
    may_be_one_slip,
    measures,
    pick,
)
from matching.engine.types import Codes, Column, Flags, Floats, Ints, Levels, MultiColumn, Table

FEW = 1_000  # records


class Sides(NamedTuple):
    """The codes of a column left and right, and where both are known."""

    left: Codes
    right: Codes
    both: Flags

    @property
    def equal(self) -> Flags:
        """Known and equal."""
        equal: Flags = self.both & (self.left == self.right)
        return equal

    @property
    def unequal(self) -> Flags:
        """Known and not equal."""
        unequal: Flags = self.both & (self.left != self.right)
        return unequal


def sides(column: Column, left: Ints, right: Ints) -> Sides:
    """Look up a column for each pair."""
    first, second = column.codes[left], column.codes[right]
    return Sides(first, second, (first > 0) & (second > 0))


def ladder(steps: Mapping[str, Flags], order: Sequence[str], otherwise: str) -> Levels:
    """For each pair the first step that holds, as its place in `order`."""
    levels = np.full(len(next(iter(steps.values()))), order.index(otherwise), np.int8)
    for name, holds in reversed(list(steps.items())):
        np.copyto(levels, np.int8(order.index(name)), where=holds)
    return levels


def measured(table: Table, name: str) -> Measures:
    """What bounds the likeness of a column's values; worked out once per table."""
    found: Measures = table.learn(f"measures of {name}", lambda: measures(values_of(table, name)))
    return found


def values_of(table: Table, name: str) -> Sequence[str]:
    """The distinct values of a column."""
    return (table.multi[name] if name in table.multi else table.single[name]).values


def scored(values: Sequence[str], one: Codes, other: Codes, scorer: Any) -> Floats:
    """The scorer's figure for each two values given by code."""
    result: Floats = process.cpdist(pick(values, one), pick(values, other), scorer=scorer, dtype=np.float64)
    return result


def _needs_no_measures(table: Table, one: Codes) -> bool:
    """No pair to look at; tables of many records are measured before there is one, see `compare.facts_of`."""
    return not len(one) and len(table) <= FEW


def jaro_winkler(table: Table, name: str, one: Codes, other: Codes, at_least: float) -> Floats:
    """The Jaro-Winkler likeness of values given by code; 0 where it cannot reach `at_least`."""
    if _needs_no_measures(table, one):
        return np.zeros(0)
    known = measured(table, name)
    return _where(
        jaro_winkler_at_most(known, one, known, other) >= at_least, table, name, one, other, JaroWinkler.similarity
    )


def ratio(table: Table, name: str, one: Codes, other: Codes, scorer: Any, at_least: float) -> Floats:
    """A ratio of letters in common, of 100; 0 where it cannot reach `at_least`."""
    if _needs_no_measures(table, one):
        return np.zeros(0)
    known = measured(table, name)
    lengths = np.maximum(known.length[one] + known.length[other], 1)
    possible = 200.0 * common_at_most(known, one, known, other) / lengths >= at_least
    return _where(possible, table, name, one, other, scorer)


def one_slip(table: Table, name: str, one: Codes, other: Codes) -> Flags:
    """Whether two values are one keystroke or one exchange of neighbours apart."""
    if _needs_no_measures(table, one):
        return np.zeros(0, np.bool_)
    known = measured(table, name)
    possible = may_be_one_slip(known, one, known, other)
    found: Flags = possible & (_where(possible, table, name, one, other, OSA.distance) == 1)
    return found


def holds_for(values: Sequence[str], one: Codes, other: Codes, test: Callable[[str, str], bool]) -> Flags:
    """A symmetric test on values given by code; meant for few pairs."""
    told = map(test, pick(values, one), pick(values, other))
    return np.fromiter(told, np.bool_, len(one))


class Crossed(NamedTuple):
    """All combinations of two records' values: the pair each belongs to and the two codes."""

    pair: Ints
    left: Codes
    right: Codes


def cross(table: Table, name: str, left: Ints, right: Ints) -> Crossed:
    """Every value of the left record against every value of the right one."""
    column = table.multi[name]
    lone: Codes | None = table.fact(f"{OFFSETS}lone values of {name}", lambda: _lone(column))
    if lone is not None:
        first, second = lone[left], lone[right]
        pair = np.flatnonzero((first > 0) & (second > 0))
        return Crossed(pair, first[pair], second[pair])
    pair, one, other = crossed_places(column.offsets, left, right)
    return Crossed(pair, column.codes[one], column.codes[other])


def _lone(column: MultiColumn) -> Codes | None:
    """The value of each record, where none has several: then a pair has no more than one combination."""
    counts = np.diff(column.offsets)
    if counts.max(initial=0) > 1:
        return None
    codes = np.zeros(len(counts), np.int32)
    codes[counts > 0] = column.codes
    return codes


def crossed_places(offsets: Ints, left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """The pair that each combination belongs to, and the places of its two values; a record's are between its offsets."""
    starts = offsets[left], offsets[right]
    counts = offsets[left + 1] - starts[0], offsets[right + 1] - starts[1]
    many = counts[0] * counts[1]
    if many.max(initial=0) <= 1:
        pair = np.flatnonzero(many)
        return pair, starts[0][pair], starts[1][pair]
    pair = np.repeat(np.arange(len(left), dtype=np.int64), many)
    step = np.arange(len(pair), dtype=np.int64) - np.repeat(np.cumsum(many) - many, many)
    width = counts[1][pair]
    return pair, starts[0][pair] + step // width, starts[1][pair] + step % width


def best_of(crossed: Crossed, levels: Levels, pairs: int) -> Levels:
    """The best level among a pair's combinations, 0 (missing) where there is none."""
    result = np.zeros(pairs, np.int8)
    if len(levels):
        starts = np.flatnonzero(np.r_[True, np.diff(crossed.pair) != 0])
        result[crossed.pair[starts]] = np.minimum.reduceat(levels, starts)
    return result


def any_of(crossed: Crossed, holds: Flags, pairs: int) -> Flags:
    """Whether any of a pair's combinations holds."""
    return np.bincount(crossed.pair[holds], minlength=pairs) > 0


def _where(possible: Flags, table: Table, name: str, one: Codes, other: Codes, scorer: Any) -> Floats:
    result = np.zeros(len(possible))
    rows = np.flatnonzero(possible)
    if len(rows):
        result[rows] = scored(values_of(table, name), one[rows], other[rows], scorer)
    return result
