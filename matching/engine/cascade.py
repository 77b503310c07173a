"""Levels of only those pairs that can reach a threshold: hopeless ones are dropped before their texts are read."""

from typing import NamedTuple

import numpy as np

from matching.engine.compare import glance, look, mark_exchanged
from matching.engine.model import Comparison, Condition, Model
from matching.engine.score import gains
from matching.engine.types import OPEN, Flags, Floats, Ints, Levels, Table
from matching.engine.usage import Counts, agreeing, limit

SLACK = 1e-6  # log2; sums in another order


class Kept(NamedTuple):
    """Places of the pairs that were kept, and their levels, limited."""

    places: Ints
    levels: Levels


def cascade(table: Table, left: Ints, right: Ints, model: Model, counts: Counts, at_least: float) -> Kept:
    """Levels of the pairs whose weight can reach `at_least` or for which a named rule can hold.

    The levels of those are the same as `compare` followed by `limit` gives.
    """
    levels, crosswise = glance(table, left, right, model)
    levels = limit(levels, agreeing(table, left, right, levels, model, counts), model)
    places = np.arange(len(left), dtype=np.int64)
    bounds = _bounds(model)
    keep = _hopeful(levels, crosswise, table, left, model, bounds, at_least)
    for place in range(len(model.comparisons)):
        if not (levels[:, place] == OPEN).any():
            continue
        places, levels, crosswise = places[keep], levels[keep], crosswise[keep]
        look(levels, place, table, left[places], right[places], model)
        keep = _hopeful(levels, crosswise, table, left[places], model, bounds, at_least)
    places, levels, crosswise = places[keep], np.asfortranarray(levels[keep]), crosswise[keep]
    mark_exchanged(levels, crosswise, model)
    return Kept(places, levels)


def _hopeful(
    levels: Levels, crosswise: Flags, table: Table, left: Ints, model: Model, bounds: list[Floats], at_least: float
) -> Flags:
    bound = np.full(len(levels), model.prior)
    for place, comparison in enumerate(model.comparisons):
        found = levels[:, place]
        if not found.any():
            continue
        bound += bounds[place][found]
        gain = gains(table, comparison, model)
        if len(gain):
            exact = found == comparison.level("exact")
            bound += np.where(exact, gain[table.single[comparison.name].codes[left]], 0.0)
    hopeful: Flags = (bound >= at_least - SLACK) | crosswise
    doubtful = np.flatnonzero(~hopeful)
    for rule in model.rules:
        hopeful[_may_hold(rule.condition, levels, doubtful, model)] = True
    return hopeful


def _bounds(model: Model) -> list[Floats]:
    """Per comparison the weight of each level; last what an open one can reach."""
    return [np.array([*(level.weight for level in item.levels), _best_open(item)]) for item in model.comparisons]


def _best_open(comparison: Comparison) -> float:
    return max([level.weight for level in comparison.levels if level.name not in ("exact", "swapped")])


def _may_hold(condition: Condition, levels: Levels, rows: Ints, model: Model) -> Ints:
    """Of some rows those whose pattern fulfils the condition or may yet do so."""
    for term in condition.all:
        holds = np.zeros(len(rows), np.bool_)
        for name, wanted in term.items():
            comparison, found = model.comparison(name), levels[rows, model.column[name]]
            for level in wanted:
                holds |= (found == comparison.level(level)) | (found == OPEN)
        rows = rows[holds]
    return rows
