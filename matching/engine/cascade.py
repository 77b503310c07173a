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
    bounds = [
        _bound(levels, table, left, model, household)
        for household in ((False, True) if wanted.home < NEVER else (False,))
    ]
    places = np.arange(len(left), dtype=np.int64)
    for place, comparison in enumerate(model.comparisons):
        rows = np.flatnonzero(levels[:, place] == OPEN)
        if not len(rows):
            continue
        keep = np.flatnonzero(_hopeful(levels, crosswise, bounds, model, wanted))
        places, levels, crosswise = places[keep], _of(levels, keep), crosswise[keep]
        bounds = [bound[keep] for bound in bounds]
        rows = np.flatnonzero(levels[:, place] == OPEN)
        look(levels, place, table, left[places], right[places], model)
        for bound, household in zip(bounds, (False, True), strict=False):
            best = _best(comparison, household)
            bound[rows] += best[levels[rows, place]] - best[OPEN]
    keep = np.flatnonzero(_hopeful(levels, crosswise, bounds, model, wanted))
    places, levels, crosswise = places[keep], _of(levels, keep), crosswise[keep]
    mark_exchanged(levels, crosswise, model)
    return Kept(places, levels)


def _of(levels: Levels, rows: Ints) -> Levels:
    """The patterns of these rows, a column still contiguous."""
    return levels.T.take(rows, axis=1).T


def _hopeful(levels: Levels, crosswise: Flags, bounds: list[Floats], model: Model, wanted: Wanted) -> Flags:
    hopeful = crosswise.copy()
    for bound, least in zip(bounds, wanted, strict=False):
        hopeful |= bound >= least - SLACK
    doubtful = np.flatnonzero(~hopeful)
    for rule in model.rules:
        hopeful[_may_hold(rule.condition, levels, doubtful, model)] = True
    return hopeful


def _bound(levels: Levels, table: Table, left: Ints, model: Model, household: bool) -> Floats:
    """No more than this can the weights of a pattern add up to, prior included."""
    bound = np.full(len(levels), model.household_prior if household else model.prior)
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
