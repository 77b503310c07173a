"""Levels of only those pairs that can reach a threshold: hopeless ones are dropped before their texts are read."""

import math
from typing import NamedTuple

import numpy as np

from matching.engine.compare import glance, look, mark_exchanged
from matching.engine.model import Comparison, Condition, Model
from matching.engine.score import gains
from matching.engine.types import OPEN, Flags, Floats, Ints, Levels, Table
from matching.engine.usage import Counts, agreeing, limit

NEVER = math.inf
SLACK = 1e-6  # log2; sums in another order


class Kept(NamedTuple):
    """Places of the pairs that were kept, and their levels, limited."""

    places: Ints
    levels: Levels


class Wanted(NamedTuple):
    """What is worth keeping: log2 odds from which a pair may be one person, and two people of one household."""

    same: float
    home: float = NEVER


def cascade(table: Table, left: Ints, right: Ints, model: Model, counts: Counts, wanted: Wanted) -> Kept:
    """Levels of the pairs that can reach what is wanted or for which a named rule can hold.

    The levels of those are the same as `compare` followed by `limit` gives.
    """
    levels, crosswise = glance(table, left, right, model)
    levels = limit(levels, agreeing(table, left, right, levels, model, counts), model)
    places = np.arange(len(left), dtype=np.int64)
    keep = _hopeful(levels, crosswise, table, left, model, wanted)
    for place in range(len(model.comparisons)):
        if not (levels[:, place] == OPEN).any():
            continue
        places, levels, crosswise = places[keep], levels[keep], crosswise[keep]
        look(levels, place, table, left[places], right[places], model)
        keep = _hopeful(levels, crosswise, table, left[places], model, wanted)
    places, levels, crosswise = places[keep], np.asfortranarray(levels[keep]), crosswise[keep]
    mark_exchanged(levels, crosswise, model)
    return Kept(places, levels)


def _hopeful(levels: Levels, crosswise: Flags, table: Table, left: Ints, model: Model, wanted: Wanted) -> Flags:
    same = _bound(levels, table, left, model, household=False) + model.prior
    hopeful: Flags = (same >= wanted.same - SLACK) | crosswise
    if wanted.home < NEVER:
        home = _bound(levels, table, left, model, household=True) + model.household_prior
        hopeful |= home >= wanted.home - SLACK
    doubtful = np.flatnonzero(~hopeful)
    for rule in model.rules:
        hopeful[_may_hold(rule.condition, levels, doubtful, model)] = True
    return hopeful


def _bound(levels: Levels, table: Table, left: Ints, model: Model, household: bool) -> Floats:
    """No more than this can the weights of a pattern add up to."""
    bound = np.zeros(len(levels))
    for place, comparison in enumerate(model.comparisons):
        found = levels[:, place]
        if not found.any():
            continue
        bound += _best(comparison, household)[found]
        gain = gains(table, comparison, model)
        if len(gain) and (comparison.shared_by_household or not household):
            exact = found == comparison.level("exact")
            bound += np.where(exact, gain[table.single[comparison.name].codes[left]], 0.0)
    return bound


def _best(comparison: Comparison, household: bool) -> Floats:
    """The weight of each level; last what an open one can reach."""
    weights = [level.household_weight if household else level.weight for level in comparison.levels]
    names = [level.name for level in comparison.levels]
    reach = [weight for name, weight in zip(names, weights, strict=True) if name not in ("exact", "swapped")]
    return np.array([*weights, max(reach)])


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
