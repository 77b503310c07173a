"""Patterns as weights of evidence: the same person, the same household, or strangers."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from matching.engine import usage as usages
from matching.engine.model import Comparison, Model
from matching.engine.types import Column, Floats, Ints, Levels, Scores, Table

CEILING = 300.0  # log2; far beyond any certainty, below what a float can take
REST = ""  # in a list of frequencies: the share of a value that is not listed
NO_GAIN = np.zeros(0)


class Totals(NamedTuple):
    """Log2 odds against strangers: of one person, and of two people of one household."""

    same: Floats
    home: Floats

    @property
    def weight(self) -> Floats:
        """Posterior log2 odds that a pair is one person."""
        weight: Floats = self.same - np.log2(1.0 + np.exp2(self.home))
        return weight


def score(levels: Levels, table: Table, left: Ints, right: Ints, model: Model, counts: usages.Counts) -> Scores:
    """Additive log2 weights of each pair, with rare names weighing more and values that many share nothing."""
    usage = usages.agreeing(table, left, right, levels, model, counts)
    limited = usages.limit(levels, usage, model)
    weights = _looked_up(limited, model)
    for place, comparison in enumerate(model.comparisons):
        gain = gains(table, comparison, model)
        if len(gain):
            weights[:, place] += _gained(limited[:, place], gain, table, left, comparison)
    totals = total(limited, table, left, model)
    both = np.log2(1.0 + np.exp2(totals.home) + np.exp2(totals.same))
    return Scores(
        levels=limited,
        weights=weights,
        household_weight=totals.home,
        weight=totals.weight,
        probability=np.exp2(totals.same - both),
        household_probability=np.exp2(totals.home - both),
        usage=usage,
    )


def total(levels: Levels, table: Table, left: Ints, model: Model) -> Totals:
    """The sums of a pattern's weights; levels must be limited and settled."""
    person, household = model.weight_table
    same, home = np.full(len(levels), model.prior), np.full(len(levels), model.household_prior)
    for place, comparison in enumerate(model.comparisons):
        found = levels[:, place]
        if not found.any():
            continue
        same += person[place].take(found)
        home += household[place].take(found)
        gain = gains(table, comparison, model)
        if len(gain):
            gained = _gained(found, gain, table, left, comparison)
            same += gained
            home += gained if comparison.shared_by_household else 0.0
    return Totals(np.clip(same, -CEILING, CEILING), np.clip(home, -CEILING, CEILING))


def gains(table: Table, comparison: Comparison, model: Model) -> Floats:
    """What exact agreement on each value is worth above the average: log2 of how much rarer it is; empty if nothing."""
    frequencies = model.frequencies.get(comparison.name)
    if not frequencies or comparison.name not in table.single:
        return NO_GAIN
    exact = comparison.levels[comparison.level("exact")].u
    key = f"gains of {comparison.name} at {exact} by {id(frequencies)}"
    found: Floats = table.learn(key, lambda: _gains(table.single[comparison.name], frequencies, exact))
    return found


def _gained(levels: Levels, gain: Floats, table: Table, left: Ints, comparison: Comparison) -> Floats:
    exact = levels == comparison.level("exact")
    return np.where(exact, gain[table.single[comparison.name].codes[left]], 0.0)


def _looked_up(levels: Levels, model: Model) -> Floats:
    person, _ = model.weight_table
    found: Floats = person[np.arange(len(model.comparisons)), levels]
    return found


def _gains(column: Column, frequencies: Mapping[str, float], average: float) -> Floats:
    rest = frequencies.get(REST, 0.0)
    shares = np.fromiter((frequencies.get(value, rest) for value in column.values), np.float64, len(column.values))
    return np.where(shares > 0, np.log2(average / np.where(shares > 0, shares, 1.0)), 0.0)
