"""Rivals: what fits two customers equally well, who cannot both be right, is for a person to decide."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from matching.engine.cluster import Rows, Unit, UnitPair, cross_pairs, ordered
from matching.engine.judge import Judged
from matching.engine.types import Ints, Outcome

Suitors = Mapping[Unit, Sequence[Unit]]


def suitors(judged: Judged, unit_of: Ints, margin: float) -> dict[Unit, list[Unit]]:
    """Per unit with a certain link the units within the margin of its best one, where there are several.

    A pair that contradicts itself is no suit: nobody would join it.
    """
    likely = np.flatnonzero((judged.verdicts.outcome > Outcome.DISTINCT) & ~judged.verdicts.contradicted)
    best: dict[UnitPair, tuple[float, bool]] = {}
    columns = unit_of[judged.left], unit_of[judged.right], judged.probability, judged.auto
    for left, right, probability, auto in zip(*(column[likely].tolist() for column in columns), strict=True):
        pair = ordered(left, right)
        best[pair] = max((probability, auto), best.get(pair, (0.0, False)))
    by_unit: dict[Unit, list[tuple[float, bool, Unit]]] = {}
    for (left, right), (probability, auto) in best.items():
        by_unit.setdefault(left, []).append((probability, auto, right))
        by_unit.setdefault(right, []).append((probability, auto, left))
    return {unit: _near_the_best(found, margin) for unit, found in by_unit.items() if _is_contested(found)}


def pairs_to_check(rivals: Suitors, members: Mapping[Unit, Rows]) -> set[tuple[int, int]]:
    """Pairs of records whose verdicts tell whether suitors may be one."""
    return {pair for found in rivals.values() for pair in cross_pairs(members, found)}


def torn_units(rivals: Suitors, apart: Iterable[UnitPair]) -> frozenset[Unit]:
    """Units two of whose suitors may not be one with each other."""
    known = frozenset(apart)
    return frozenset(unit for unit, found in rivals.items() if _any_apart(found, known))


def _near_the_best(found: list[tuple[float, bool, Unit]], margin: float) -> list[Unit]:
    threshold = max(probability for probability, _, _ in found) - margin
    return sorted(unit for probability, _, unit in found if probability >= threshold)


def _is_contested(found: list[tuple[float, bool, Unit]]) -> bool:
    return len(found) > 1 and any(auto for _, auto, _ in found)


def _any_apart(found: Sequence[Unit], apart: frozenset[UnitPair]) -> bool:
    return any(ordered(left, right) in apart for place, left in enumerate(found) for right in found[place + 1 :])
