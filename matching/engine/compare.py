"""Pairs of records as patterns of levels, one per comparison of the model."""

from collections.abc import Callable

import numpy as np

from matching.engine import compare_names as names
from matching.engine import compare_values as values
from matching.engine.model import Comparison, Model, ModelInvalid
from matching.engine.types import Flags, Ints, Levels, Table

Comparer = Callable[[Table, Ints, Ints, str], Levels]

# kind -> comparer and the levels that it tells apart, best first
COMPARERS: dict[str, tuple[Comparer, tuple[str, ...]]] = {
    "given_name": (names.given_name, names.GIVEN),
    "middle_name": (names.middle_name, names.MIDDLE),
    "family_name": (names.family_name, names.FAMILY),
    "organisation": (names.organisation, names.ORGANISATION),
    "category": (values.category, values.CATEGORY),
    "suffix": (values.suffix, values.SUFFIX),
    "date": (values.date, values.DATE),
    "email": (values.email, values.EMAIL),
    "phone": (values.phone, values.PHONE),
    "identifier": (values.identifier, values.IDENTIFIER),
    "address": (values.address, values.ADDRESS),
}
WEAK = ("part", "initial", "similar", "script", "different")


def compare(table: Table, left: Ints, right: Ints, model: Model) -> Levels:
    """Levels [pairs, comparisons] of the pairs given by row numbers; the order of a pair does not matter."""
    levels = np.zeros((len(left), len(model.comparisons)), np.int8)
    for place, comparison in enumerate(model.comparisons):
        comparer, order = _comparer(comparison)
        levels[:, place] = _numbers(comparison, order)[comparer(table, left, right, comparison.name)]
    _mark_exchanged(levels, table, left, right, model)
    return levels


def _comparer(comparison: Comparison) -> tuple[Comparer, tuple[str, ...]]:
    if comparison.kind not in COMPARERS:
        raise ModelInvalid(f"There is no comparison of kind {comparison.kind}.")
    return COMPARERS[comparison.kind]


def _numbers(comparison: Comparison, order: tuple[str, ...]) -> Levels:
    """For each level that the comparer tells apart its number in the model: the next weaker one that the model has."""
    numbers, number = [], 0
    for name in reversed(order):
        number = comparison.level(name) if comparison.has(name) else number
        numbers.append(number)
    return np.array(numbers[::-1], np.int8)


def _mark_exchanged(levels: Levels, table: Table, left: Ints, right: Ints, model: Model) -> None:
    """Where first name and surname only agree crosswise, both say so."""
    pair = [model.comparison(name) for name in ("given_name", "family_name") if model.has(name)]
    if len(pair) < 2 or not all(comparison.has("swapped") for comparison in pair):
        return
    weak = np.logical_and.reduce([_is_weak(levels, comparison, model) for comparison in pair])
    swapped = names.exchanged(table, left, right, weak)
    for comparison in pair:
        levels[swapped, model.column[comparison.name]] = comparison.level("swapped")


def _is_weak(levels: Levels, comparison: Comparison, model: Model) -> Flags:
    weak = [comparison.level(name) for name in WEAK if comparison.has(name)]
    return np.isin(levels[:, model.column[comparison.name]], weak)
