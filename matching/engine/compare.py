"""Pairs of records as patterns of levels, one per comparison of the model.

Comparing has two steps: a glance settles what codes can tell, a close look reads the texts of what is still open. The
cascade (`cascade.py`) drops hopeless pairs between the two; here everything is looked at.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from matching.engine import compare_measures as measures
from matching.engine import compare_names as names
from matching.engine import compare_values as values
from matching.engine.compare_dates import DATE, date
from matching.engine.model import Comparison, Model, ModelInvalid
from matching.engine.types import MEASURED, OPEN, Flags, Ints, Levels, Table

Comparer = Callable[[Table, Ints, Ints, str], Levels]


class Kind(NamedTuple):
    """How one kind of property is compared, and the levels that it tells apart, best first."""

    order: tuple[str, ...]
    glance: Comparer
    look: Comparer | None = None


KINDS: dict[str, Kind] = {
    "given_name": Kind(names.GIVEN, names.given_at_a_glance, names.given_name),
    "middle_name": Kind(names.MIDDLE, names.middle_at_a_glance, names.middle_name),
    "family_name": Kind(names.FAMILY, names.family_at_a_glance, names.family_name),
    "organisation": Kind(names.ORGANISATION, names.organisation_at_a_glance, names.organisation),
    "category": Kind(values.CATEGORY, values.category),
    "place": Kind(values.PLACE, values.place),
    "postcode": Kind(values.POSTCODE, values.postcode),
    "suffix": Kind(values.SUFFIX, values.suffix),
    "date": Kind(DATE, date),
    "email": Kind(values.EMAIL, values.email),
    "phone": Kind(values.PHONE, values.phone),
    "identifier": Kind(values.IDENTIFIER, values.identifier),
    "address": Kind(values.ADDRESS, values.address),
}
DISTANCES: dict[str, measures.Distance] = dict(
    zip(MEASURED, (measures.apart, measures.apart_by_size, measures.kilometres), strict=True)
)
FEW = 256  # pairs
WEAK = ("part", "initial", "similar", "script", "different")


class Glance(NamedTuple):
    """Levels as far as codes tell them, and where first name and surname agree crosswise."""

    levels: Levels
    crosswise: Flags


def compare(table: Table, left: Ints, right: Ints, model: Model) -> Levels:
    """Levels [pairs, comparisons] of the pairs given by row numbers; the order of a pair does not matter."""
    levels, crosswise = glance(table, left, right, model)
    for place in range(len(model.comparisons)):
        look(levels, place, table, left, right, model)
    mark_exchanged(levels, crosswise, model)
    return levels


def glance(table: Table, left: Ints, right: Ints, model: Model) -> Glance:
    """All levels that need no texts, the others OPEN. A column after the other is contiguous in memory."""
    levels = np.zeros((len(left), len(model.comparisons)), np.int8, order="F")
    for place, comparison in enumerate(model.comparisons):
        if not is_known(table, comparison.name):
            continue
        if comparison.kind in DISTANCES:
            distance = DISTANCES[comparison.kind](table, left, right, comparison.name)
            levels[:, place] = measures.graded(comparison, distance)
        elif _on_both_sides(table, comparison, left, right):
            kind = kind_of(comparison)
            levels[:, place] = _numbers(comparison, kind.order)[kind.glance(table, left, right, comparison.name)]
    return Glance(levels, _crosswise(levels, table, left, right, model))


def look(levels: Levels, place: int, table: Table, left: Ints, right: Ints, model: Model) -> None:
    """Settle the open levels of one comparison."""
    comparison = model.comparisons[place]
    rows = np.flatnonzero(levels[:, place] == OPEN)
    kind = kind_of(comparison) if len(rows) else None
    if kind and kind.look:
        found = kind.look(table, left[rows], right[rows], comparison.name)
        levels[rows, place] = _numbers(comparison, kind.order)[found]


def mark_exchanged(levels: Levels, crosswise: Flags, model: Model) -> None:
    """Where first name and surname only agree crosswise, both say so."""
    for rows in (np.flatnonzero(crosswise),):
        pair = _names(model)
        weak = np.logical_and.reduce([_is_weak(levels[rows], comparison, model) for comparison in pair] or [rows < 0])
        for comparison in pair:
            levels[rows[weak], model.column[comparison.name]] = comparison.level("swapped")


def is_known(table: Table, name: str) -> bool:
    """Whether any record has a value to compare."""
    if name in table.date_parts:
        return bool(table.date_parts[name].any())
    return (
        len((table.multi[name] if name in table.multi else table.single[name]).values) > 1
        if not _composed(name)
        else True
    )


def _on_both_sides(table: Table, comparison: Comparison, left: Ints, right: Ints) -> bool:
    """Whether there may be anything to compare; looked at for few pairs only, where each comparison costs the same."""
    if len(left) > FEW or comparison.kind in ("suffix", "address"):
        return True
    return all(_holds_any(table, comparison.name, rows) for rows in (left, right))


def _holds_any(table: Table, name: str, rows: Ints) -> bool:
    if name in table.date_parts:
        return bool(table.date_parts[name][rows].any())
    if name in table.multi:
        offsets = table.multi[name].offsets
        return bool((offsets[rows + 1] > offsets[rows]).any())
    return bool(table.single[name].codes[rows].any())


def facts_of(table: Table, model: Model) -> list[Callable[[], object]]:
    """What comparing will ask of the table, to be worked out before processes share it."""
    nothing = np.zeros(0, np.int64)
    known = [comparison for comparison in model.comparisons if is_known(table, comparison.name)]
    tasks: list[Callable[[], object]] = []
    for comparison in known:
        steps = _steps(comparison)
        tasks.append(lambda steps=steps, name=comparison.name: [step(table, nothing, nothing, name) for step in steps])  # type: ignore[misc]
    return [*tasks, lambda: names.exchanged(table, nothing, nothing)]


def _steps(comparison: Comparison) -> Sequence[Callable[[Table, Ints, Ints, str], object]]:
    if comparison.kind in DISTANCES:
        return (DISTANCES[comparison.kind],)
    kind = kind_of(comparison)
    return (kind.glance, kind.look) if kind.look else (kind.glance,)


def kind_of(comparison: Comparison) -> Kind:
    """How a comparison compares."""
    if comparison.kind not in KINDS:
        raise ModelInvalid(f"There is no comparison of kind {comparison.kind}.")
    return KINDS[comparison.kind]


def _composed(name: str) -> bool:
    return name == "address"


@lru_cache(1 << 10)
def _numbers(comparison: Comparison, order: tuple[str, ...]) -> Levels:
    """For each level that the comparer tells apart its number in the model: the next weaker one that the model has.

    One more at the end for OPEN, which stays open.
    """
    numbers, number = [], 0
    for name in reversed(order):
        number = comparison.level(name) if comparison.has(name) else number
        numbers.append(number)
    return np.array([*numbers[::-1], OPEN], np.int8)


def _crosswise(levels: Levels, table: Table, left: Ints, right: Ints, model: Model) -> Flags:
    found = np.zeros(len(left), np.bool_)
    pair = _names(model)
    if pair:
        maybe = [
            (levels[:, column] == OPEN) | _is_weak(levels, one, model) for one, column in _with_columns(pair, model)
        ]
        rows = np.flatnonzero(np.logical_and.reduce(maybe))
        found[rows] = names.exchanged(table, left[rows], right[rows])
    return found


def _with_columns(pair: list[Comparison], model: Model) -> list[tuple[Comparison, int]]:
    return [(comparison, model.column[comparison.name]) for comparison in pair]


def _names(model: Model) -> list[Comparison]:
    """First name and surname, if the model knows that they may be exchanged."""
    pair = [model.comparison(name) for name in ("given_name", "family_name") if model.has(name)]
    return pair if len(pair) == 2 and all(comparison.has("swapped") for comparison in pair) else []


def _is_weak(levels: Levels, comparison: Comparison, model: Model) -> Flags:
    weak = np.zeros(len(levels), np.bool_)
    for name in WEAK:
        if comparison.has(name):
            weak |= levels[:, model.column[comparison.name]] == comparison.level(name)
    return weak
