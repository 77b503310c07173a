"""Probabilities of levels learned from pairs that people decided, held near what they were by a Dirichlet prior.

Pairs that are the same teach m. Pairs that are not are shared out between household and strangers by what the model
takes each for, and teach h and u. They come from the queue, where pairs look alike: of strangers in general they say
little, so the prior of u is strong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.engine.model import MISSING, Comparison, Level, Model
from matching.engine.types import Flags, Floats, Levels

SAME_PRIOR, HOUSEHOLD_PRIOR, STRANGERS_PRIOR = 50.0, 200.0, 10_000.0  # pairs that the present figures count as
DECIMALS = 8


@dataclass(frozen=True, slots=True)
class Shift:
    """A level whose weight a refit would change: weights in log2 before and after, and how many pairs showed it."""

    comparison: str
    level: str
    before: float
    after: float
    same: int
    different: int

    @property
    def by(self) -> float:
        """The change of the weight."""
        return self.after - self.before


def refit(model: Model, levels: Levels, same: Flags, household: Floats, prior: float = SAME_PRIOR) -> Model:
    """The model with m, u and h of every level moved towards decided pairs.

    `levels` are patterns of pairs [pairs, comparisons], `same` what people said, `household` the probability that a pair
    which is not the same is of one household. Priors, thresholds, rules and frequencies stay.
    """
    different = ~same
    home: Floats = np.where(different, household, 0.0)
    strangers: Floats = different.astype(np.float64) - home
    classes = ((same.astype(np.float64), prior), (strangers, STRANGERS_PRIOR), (home, HOUSEHOLD_PRIOR))
    fitted = [_refitted(comparison, levels[:, place], classes) for place, comparison in enumerate(model.comparisons)]
    return replace(model, comparisons=tuple(fitted))


def _refitted(comparison: Comparison, found: Levels, classes: Sequence[tuple[Floats, float]]) -> Comparison:
    telling = [number for number, level in enumerate(comparison.levels) if _tells(number, level)]
    shares = [
        _smoothed(_counts(found, weights, comparison)[telling], _now(comparison, telling, name), prior)
        for name, (weights, prior) in zip(("m", "u", "h"), classes, strict=True)
    ]
    fitted = list(comparison.levels)
    for place, number in enumerate(telling):
        m, u, h = (round(float(share[place]), DECIMALS) for share in shares)
        fitted[number] = replace(fitted[number], m=m, u=u, h=h)
    return replace(comparison, levels=tuple(fitted))


def _counts(found: Levels, weights: Floats, comparison: Comparison) -> Floats:
    return np.bincount(found, weights, len(comparison.levels)).astype(np.float64)


def _tells(number: int, level: Level) -> bool:
    """Whether a level is evidence at all; missing and shared values say nothing and stay so."""
    return number != MISSING and not level.m == level.u == level.h == 1.0


def _now(comparison: Comparison, telling: Sequence[int], name: str) -> Floats:
    return np.array([getattr(comparison.levels[number], name) for number in telling], np.float64)


def _smoothed(counts: Floats, now: Floats, prior: float) -> Floats:
    """The mean of a Dirichlet posterior whose prior is worth `prior` pairs at the present shares; their sum stays."""
    total = now.sum()
    smoothed: Floats = total * (counts + prior * now / total) / (counts.sum() + prior)
    return smoothed


def shifts(before: Model, after: Model, levels: Levels, same: Flags, least: float = 0.05) -> list[Shift]:
    """What a refit changes, the largest change of weight first."""
    found = []
    for place, (old, new) in enumerate(zip(before.comparisons, after.comparisons, strict=True)):
        for number, (one, other) in enumerate(zip(old.levels, new.levels, strict=True)):
            if abs(other.weight - one.weight) >= least:
                shown = levels[:, place] == number
                counts = int((shown & same).sum()), int((shown & ~same).sum())
                found.append(Shift(old.name, one.name, one.weight, other.weight, *counts))
    return sorted(found, key=lambda shift: -abs(shift.by))
