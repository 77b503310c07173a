"""What a person must look at: pairs of customers that may be one, and households."""

from collections.abc import Sequence

import numpy as np

from matching.engine.cluster import Obstacle, Refused, UnitPair, ordered
from matching.engine.judge import Judged
from matching.engine.types import Ints, Link, Outcome, Proposal, Reason

CannotLinks = Sequence[tuple[frozenset[int], frozenset[int]]]


def propose(
    judged: Judged, unit_of: Ints, final: Ints, refused: Refused, cannot_links: CannotLinks
) -> tuple[Proposal, ...]:
    """The best link between each two resulting customers that is not certain or was refused, with all reasons.

    What a stop holds back is not proposed pair by pair: the stop itself goes to a person.
    """
    best: dict[UnitPair, int] = {}
    for place in _by_strength(judged, final):
        best.setdefault(ordered(int(final[judged.left[place]]), int(final[judged.right[place]])), place)
    obstacles = _between(refused, final)
    found = [_proposal(judged, place, obstacles.get(pair, []), cannot_links, final) for pair, place in best.items()]
    kept = [proposal for proposal in found if Reason.STOPPED not in proposal.reasons]
    return tuple(sorted(kept, key=lambda proposal: (proposal.left, proposal.right)))


def households(judged: Judged, final: Ints) -> tuple[Link, ...]:
    """Pairs of records of different customers who most likely live together."""
    likely = judged.scores.household_probability >= judged.model.thresholds.household
    apart = final[judged.left] != final[judged.right]
    return tuple(judged.link(place) for place in np.flatnonzero(likely & apart).tolist())


def _by_strength(judged: Judged, final: Ints) -> list[int]:
    """Likely pairs between different customers, strongest first."""
    likely = judged.verdicts.outcome > Outcome.DISTINCT
    places = np.flatnonzero(likely & (final[judged.left] != final[judged.right]))
    order = np.lexsort((judged.right[places], judged.left[places], -judged.scores.weight[places]))
    found: list[int] = places[order].tolist()
    return found


def _between(refused: Refused, final: Ints) -> dict[UnitPair, list[Obstacle]]:
    """Obstacles by the customers that they keep apart."""
    found: dict[UnitPair, list[Obstacle]] = {}
    for (left, right), obstacles in sorted(refused.items()):
        found.setdefault(ordered(int(final[left]), int(final[right])), []).extend(obstacles)
    return found


def _proposal(
    judged: Judged, place: int, obstacles: list[Obstacle], cannot_links: CannotLinks, final: Ints
) -> Proposal:
    ends = _cannot_link_between(final[judged.left[place]], final[judged.right[place]], cannot_links, final)
    listed = [*ends, *obstacles]
    reasons = tuple(dict.fromkeys([*(obstacle.reason for obstacle in listed), *judged.reasons(place)]))
    bridging = tuple(sorted({row for obstacle in listed for row in obstacle.rows}))
    link = judged.link(place, reasons)
    return Proposal(link.left, link.right, link.evidence, reasons, bridging)


def _cannot_link_between(left: int, right: int, cannot_links: CannotLinks, final: Ints) -> list[Obstacle]:
    for one, other in cannot_links:
        for first, second in ((one, other), (other, one)):
            here = [row for row in sorted(first) if final[row] == left]
            there = [row for row in sorted(second) if final[row] == right]
            if here and there:
                return [Obstacle(Reason.CANNOT_LINK, (here[0], there[0]))]
    return []
