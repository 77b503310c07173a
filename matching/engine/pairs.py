"""Tools for comparing columns pair by pair: sides, cross products, similarities, ladders of levels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from rapidfuzz import process

from matching.engine.types import Codes, Column, Flags, Floats, Ints, Levels, MultiColumn


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
    choices = [np.int8(order.index(name)) for name in steps]
    return np.select(list(steps.values()), choices, np.int8(order.index(otherwise))).astype(np.int8)


def similarity(
    left_values: Sequence[str], left: Codes, right_values: Sequence[str], right: Codes, where: Flags, scorer: Any
) -> Floats:
    """The scorer's figure for pairs in `where`, 0 elsewhere; each distinct pair of values is measured once."""
    result = np.zeros(len(where))
    rows = np.flatnonzero(where)
    if len(rows):
        packed = left[rows].astype(np.int64) * len(right_values) + right[rows]
        distinct, inverse = np.unique(packed, return_inverse=True)
        first = [left_values[code] for code in (distinct // len(right_values)).tolist()]
        second = [right_values[code] for code in (distinct % len(right_values)).tolist()]
        result[rows] = process.cpdist(first, second, scorer=scorer, dtype=np.float64)[inverse]
    return result


def holds_for(
    column: Column | MultiColumn, left: Codes, right: Codes, where: Flags, test: Callable[[str, str], bool]
) -> Flags:
    """A symmetric test on the values of pairs in `where`, False elsewhere; meant for few pairs."""
    result = np.zeros(len(where), dtype=np.bool_)
    values = column.values
    for row in np.flatnonzero(where).tolist():
        result[row] = test(values[left[row]], values[right[row]])
    return result


def by_value(column: Column | MultiColumn, test: Callable[[str], bool]) -> Flags:
    """A test of each distinct value, to be looked up by code."""
    return np.fromiter(map(test, column.values), np.bool_, len(column.values))


class Crossed(NamedTuple):
    """All combinations of two records' values: the pair each belongs to and the two codes."""

    pair: Ints
    left: Codes
    right: Codes


def cross(column: MultiColumn, left: Ints, right: Ints) -> Crossed:
    """Every value of the left record against every value of the right one."""
    counts = np.diff(column.offsets)
    many = counts[left] * counts[right]
    pair = np.repeat(np.arange(len(left), dtype=np.int64), many)
    step = np.arange(len(pair), dtype=np.int64) - np.repeat(np.cumsum(many) - many, many)
    width = counts[right][pair]
    first = column.codes[column.offsets[left][pair] + step // width]
    second = column.codes[column.offsets[right][pair] + step % width]
    return Crossed(pair, first, second)


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
