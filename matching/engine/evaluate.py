"""How good decisions are where the truth is known: rates, curve, thresholds, calibration, the yield of blocking rules.

Plain arrays in, figures out. A rate of nothing is None, not 0 and not 1: where nothing was claimed, nothing can be said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching.engine.types import Flags, Floats, Ints

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)
EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
POINTS = 120  # of a curve: more would not be seen


@dataclass(frozen=True, slots=True)
class Rates:
    """What was claimed against what is true: claimed rightly, claimed wrongly, true but not claimed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float | None:
        """The share of claims that are true."""
        return share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        """The share of what is true that was claimed."""
        return share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return share(2 * self.right, 2 * self.right + self.wrong + self.missed)


@dataclass(frozen=True, slots=True)
class Point:
    """Precision and recall when every pair from this probability on is taken as one person."""

    threshold: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / ((self.precision + self.recall) or 1.0)


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """What an automatic threshold would mean: pairs decided, pairs left to a person, and how right the decided are."""

    threshold: float
    auto: int
    review: int
    precision: float | None
    recall: float | None
    recall_with_review: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of a band of probabilities: the share that is one person as the model expects it, and as it is."""

    low: float
    high: float
    pairs: int
    expected: float | None
    observed: float | None


@dataclass(frozen=True, slots=True)
class RuleYield:
    """What one blocking rule finds: alone, beyond the rules before it, and what no other rule finds."""

    name: str
    pairs: int
    found: int
    added: int
    only: int
    recall: float | None
    recall_so_far: float | None


def share(part: float, whole: float) -> float | None:
    """Part of a whole, None of nothing."""
    return part / whole if whole else None


def rates(claimed: Flags, same: Flags) -> Rates:
    """Rates of pairs: which were claimed to be one person, and which are."""
    right = int((claimed & same).sum())
    return Rates(right, int(claimed.sum()) - right, int(same.sum()) - right)


def curve(probability: Floats, same: Flags, unseen: int = 0) -> tuple[Point, ...]:
    """Precision and recall at each probability that occurs, highest first; `unseen` true pairs were never scored.

    Pairs of one probability stand or fall together. More than POINTS are thinned evenly; the ends stay.
    """
    order = np.argsort(-probability, kind="stable")
    ordered, right = probability[order], np.cumsum(same[order])
    ends = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True]) if len(ordered) else np.zeros(0, np.int64)
    true = int(same.sum()) + unseen
    if not true:
        return ()
    return tuple(
        Point(float(ordered[end]), float(right[end] / (end + 1)), float(right[end] / true)) for end in _thinned(ends)
    )


def _thinned(ends: Ints) -> list[int]:
    if len(ends) <= POINTS:
        return [int(end) for end in ends]
    places = np.unique(np.linspace(0, len(ends) - 1, POINTS).round().astype(np.int64))
    return [int(end) for end in ends[places]]


def best(points: Sequence[Point]) -> Point | None:
    """The point of the highest F1."""
    return max(points, key=lambda point: point.f1, default=None)


def threshold_table(
    probability: Floats, same: Flags, unseen: int, review: float, thresholds: Sequence[float] = THRESHOLDS
) -> tuple[ThresholdRow, ...]:
    """What each automatic threshold from the review threshold on would mean, by probability alone."""
    return tuple(_threshold_row(probability, same, unseen, review, at) for at in thresholds if at >= review)


def _threshold_row(probability: Floats, same: Flags, unseen: int, review: float, at: float) -> ThresholdRow:
    auto, seen = probability >= at, probability >= review
    found = rates(auto, same)
    true = int(same.sum()) + unseen
    return ThresholdRow(
        threshold=at,
        auto=int(auto.sum()),
        review=int((seen & ~auto).sum()),
        precision=found.precision,
        recall=share(found.right, true),
        recall_with_review=share(int((seen & same).sum()), true),
    )


def calibration(probability: Floats, same: Flags, edges: Sequence[float] = EDGES) -> tuple[Bin, ...]:
    """For each band of probabilities what the model expects and what is: equal where it is well calibrated."""
    band = np.digitize(probability, edges[1:-1])
    return tuple(
        _bin(low, high, probability[band == place], same[band == place])
        for place, (low, high) in enumerate(zip(edges[:-1], edges[1:], strict=True))
    )


def _bin(low: float, high: float, probability: Floats, same: Flags) -> Bin:
    pairs = len(probability)
    return Bin(low, high, pairs, share(float(probability.sum()), pairs), share(int(same.sum()), pairs))


def joined_rates(part: Ints, entity: Ints) -> Rates:
    """Rates of all pairs of records that are in one part, against those of one entity. Counts, lists no pairs."""
    right, joined, true = (_pairs_within(numbers) for numbers in (_both(part, entity), part, entity))
    return Rates(right, joined - right, true - right)


def cluster_rates(part: Ints, entity: Ints) -> Rates:
    """Rates of whole clusters of two or more records: right is one that holds all records of an entity and no other."""
    sizes, true = _sizes(part), _sizes(entity)
    both = _both(part, entity)
    exact = (_sizes(both) == sizes) & (_sizes(both) == true) & (sizes > 1)
    right = len(np.unique(both[exact]))
    return Rates(right, len(np.unique(part[sizes > 1])) - right, len(np.unique(entity[true > 1])) - right)


def _both(part: Ints, entity: Ints) -> Ints:
    """A number for each combination of part and entity."""
    combined: Ints = np.unique(part, return_inverse=True)[1] * (len(entity) + 1)
    return combined + np.unique(entity, return_inverse=True)[1]


def _pairs_within(numbers: Ints) -> int:
    counts = np.unique(numbers, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def _sizes(numbers: Ints) -> Ints:
    """For each record how many share its number."""
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    sizes: Ints = counts[inverse]
    return sizes


def rule_yields(found: Mapping[str, Flags], pairs: Mapping[str, int]) -> tuple[RuleYield, ...]:
    """The yield of blocking rules in order: `found` says per rule which true pairs it finds, `pairs` how many it makes."""
    if not found:
        return ()
    matrix = np.array(list(found.values()))
    often, before = matrix.sum(axis=0), np.zeros(matrix.shape[1], np.bool_)
    result = []
    for name, row in zip(found, matrix, strict=True):
        added, before = int((row & ~before).sum()), before | row
        only, own, true = int((row & (often == 1)).sum()), int(row.sum()), len(row)
        so_far = share(int(before.sum()), true)
        result.append(RuleYield(name, pairs[name], own, added, only, share(own, true), so_far))
    return tuple(result)
