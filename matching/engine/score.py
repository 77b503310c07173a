"""Patterns as weights of evidence: the same person, the same household, or strangers."""

from collections.abc import Mapping

import numpy as np

from matching.engine import usage as usages
from matching.engine.model import Comparison, Model
from matching.engine.types import Column, Floats, Ints, Levels, Scores, Table

CEILING = 300.0  # log2; far beyond any certainty, below what a float can take


def score(levels: Levels, table: Table, left: Ints, right: Ints, model: Model, usage: usages.Usage) -> Scores:
    """Additive log2 weights of each pair, with rare names weighing more and values that many share nothing."""
    counts = usages.agreeing(table, left, right, levels, model, usage)
    limited = usages.limit(levels, counts, model)
    weights, household = _looked_up(limited, model)
    for place, comparison in enumerate(model.comparisons):
        gain = _rarity(limited[:, place], table, left, comparison, model)
        weights[:, place] += gain
        household[:, place] += gain if comparison.shared_by_household else 0.0
    same = np.clip(model.prior + weights.sum(axis=1), -CEILING, CEILING)
    home = np.clip(model.household_prior + household.sum(axis=1), -CEILING, CEILING)
    total = np.logaddexp2(np.logaddexp2(same, home), 0.0)
    return Scores(
        levels=limited,
        weights=weights,
        household_weight=home,
        weight=same - np.logaddexp2(home, 0.0),
        probability=np.exp2(same - total),
        household_probability=np.exp2(home - total),
        usage=counts,
    )


def _looked_up(levels: Levels, model: Model) -> tuple[Floats, Floats]:
    person, household = model.weight_table
    places = np.arange(len(model.comparisons))
    return person[places, levels], household[places, levels]


def _rarity(levels: Levels, table: Table, left: Ints, comparison: Comparison, model: Model) -> Floats | float:
    """What an exact agreement on this very value is worth above the average: log2 of how much rarer it is."""
    frequencies = model.frequencies.get(comparison.name)
    if not frequencies or comparison.name not in table.single:
        return 0.0
    exact = comparison.level("exact")
    gain = _gains(table.single[comparison.name], frequencies, comparison.levels[exact].u)
    return np.where(levels == exact, gain[table.single[comparison.name].codes[left]], 0.0)


def _gains(column: Column, frequencies: Mapping[str, float], average: float) -> Floats:
    shares = np.fromiter((frequencies.get(value, 0.0) for value in column.values), np.float64, len(column.values))
    return np.where(shares > 0, np.log2(average / np.where(shares > 0, shares, 1.0)), 0.0)
