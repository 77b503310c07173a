"""Who is who, as one pure step: from candidate pairs and what is known to a complete plan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.engine.cluster import (
    Clustering,
    Edge,
    Ground,
    Obstacle,
    Refused,
    Unit,
    Units,
    agglomerate,
    connected,
    cross_pairs,
    ordered,
)
from matching.engine.judge import Judged, Pair, judge, judge_pairs
from matching.engine.model import Model
from matching.engine.proposals import households, propose
from matching.engine.rivals import Suitors, pairs_to_check, suitors, torn_units
from matching.engine.types import Component, Fracture, Plan, Reason, Situation, Stop
from matching.engine.usage import Counts, count


def resolve(situation: Situation, model: Model, brief: bool = False) -> Plan:
    """The plan for a situation; it depends on the set of records and pairs, not on the order of the pairs.

    A `brief` plan is the same with evidence that has no levels: for counting. Costs two vectorised judgements: of the candidate pairs, and of all pairs across clusters that could form.
    Raises ValueError unless the table is in ascending order of record id.
    """
    if (np.diff(situation.table.record_id) <= 0).any():
        raise ValueError("The table must be in ascending order of record id.")
    return _Resolution(situation, model, brief).plan()


@dataclass(frozen=True, slots=True)
class _Resolution:
    """The steps of `resolve`, which all look at the same situation."""

    situation: Situation
    model: Model
    brief: bool = False

    def plan(self) -> Plan:
        """Judge, find rivals and stops, cluster what is left, and say what a person must look at."""
        situation, model = self.situation, self.model
        units = _units(situation)
        counts = count(situation.table, model, situation.usage, situation.profile_of)
        candidates = self._candidates(units, counts)
        rivals = suitors(candidates, units.of_row, model.thresholds.rival_margin)
        groups = [{unit for edge in group for unit in edge.units} for group in connected(_edges(candidates, units))]
        large = [group for group in groups if _size(group, units) > model.limits.cluster_stop]
        small = [group for group in groups if _size(group, units) <= model.limits.cluster_stop]
        judged = candidates.joined(self._across(candidates, units, small, rivals, counts))
        ground = Ground.of(judged, situation, units, _edges(judged, units))
        held = self._held_back(ground, rivals, frozenset(unit for group in large for unit in group))
        clustering = _cluster(ground, held)
        final = clustering.part_of_row(units)
        return Plan(
            components=_components(clustering, judged, situation, units),
            proposals=propose(judged, units.of_row, final, held | clustering.refused, situation.cannot_links),
            fractures=self._fractures(units, counts),
            households=households(judged, final),
            stops=tuple(_stop(group, units, situation) for group in large),
        )

    def _candidates(self, units: Units, counts: Counts) -> Judged:
        """Candidate pairs between different units, each once, in order of row."""
        situation = self.situation
        left, right = np.minimum(situation.left, situation.right), np.maximum(situation.left, situation.right)
        packed, first = np.unique(left * len(situation.table) + right, return_index=True)
        known = situation.fresh | (situation.profile_of >= 0)
        left, right = left[first], right[first]
        keep = (units.of_row[left] != units.of_row[right]) & known[left] & known[right]
        found_by = situation.found_by[first].astype(np.int64)
        judged = judge(situation.table, left[keep], right[keep], found_by[keep], self.model, counts)
        return replace(judged, brief=self.brief)

    def _across(
        self, known: Judged, units: Units, groups: Sequence[set[Unit]], rivals: Suitors, counts: Counts
    ) -> Judged:
        """All pairs not yet judged between units that could become one, and between rivals."""
        wanted: set[Pair] = pairs_to_check(rivals, units.members)
        for group in groups:
            wanted.update(cross_pairs(units.members, group))
        wanted.difference_update(zip(known.left.tolist(), known.right.tolist(), strict=True))
        return judge_pairs(self.situation.table, wanted, self.model, counts)

    def _held_back(self, ground: Ground, rivals: Suitors, stopped: frozenset[Unit]) -> Refused:
        """Certain links that are not to be followed whatever the cluster looks like."""
        situation = self.situation
        marked = {ground.units.of_row[row] for row in situation.no_auto_records}
        marked |= set(ground.units.of_row[np.isin(situation.profile_of, list(situation.no_auto_profiles))].tolist())
        torn = torn_units(rivals, ground.apart(rivals))
        held: Refused = {}
        for pair in ground.edges:
            for units, reason in ((stopped, Reason.STOPPED), (marked, Reason.MARKED), (torn, Reason.RIVAL)):
                if pair[0] in units or pair[1] in units:
                    held.setdefault(pair, []).append(Obstacle(reason))
        return held

    def _fractures(self, units: Units, counts: Counts) -> tuple[Fracture, ...]:
        """Changed records whose best link into their own profile has become too weak."""
        situation = self.situation
        changed = np.flatnonzero(situation.fresh & (situation.profile_of >= 0)).tolist()
        pairs = {ordered(row, other) for row in changed for other in units.siblings(row)}
        judged = judge_pairs(situation.table, pairs, self.model, counts)
        found = []
        for row in changed:
            own = np.flatnonzero((judged.left == row) | (judged.right == row))
            if len(own) and judged.probability[own].max() < self.model.thresholds.fracture:
                best = judged.link(int(own[judged.probability[own].argmax()]), [Reason.FRACTURE])
                found.append(Fracture(row, int(situation.profile_of[row]), best))
        return tuple(found)


def _units(situation: Situation) -> Units:
    """A profile is one unit, named by its first row; every other record is one of its own."""
    rows = np.arange(len(situation.table), dtype=np.int64)
    of_row = rows.copy()
    inside = np.flatnonzero(situation.profile_of >= 0)
    _, first, place = np.unique(situation.profile_of[inside], return_index=True, return_inverse=True)
    of_row[inside] = inside[first][place]
    return Units.of(of_row)


def _edges(judged: Judged, units: Units) -> list[Edge]:
    """Certain links between units, strongest first."""
    places = np.flatnonzero(judged.auto)
    strongest = places[np.lexsort((judged.right[places], judged.left[places], -judged.scores.weight[places]))]
    return [
        Edge(
            ordered(int(units.of_row[judged.left[place]]), int(units.of_row[judged.right[place]])),
            place,
            bool(judged.verdicts.rule[place] >= 0),
        )
        for place in strongest.tolist()
    ]


def _cluster(ground: Ground, held: Refused) -> Clustering:
    """Cluster along the strongest certain link between each two units, where none is held back."""
    open_edges = [edges[0] for pair, edges in ground.edges.items() if pair not in held]
    return Clustering.of([agglomerate(group, ground) for group in connected(open_edges)])


def _size(group: Iterable[Unit], units: Units) -> int:
    return sum(len(units.members[unit]) for unit in group)


def _components(clustering: Clustering, judged: Judged, situation: Situation, units: Units) -> tuple[Component, ...]:
    """One component per part, and one for every fresh record that stays alone."""
    inside = {unit for part in clustering.parts for unit in part}
    alone = [unit for unit in units.members if unit not in inside and situation.profile_of[unit] < 0]
    parts = [*clustering.parts, *(frozenset([unit]) for unit in alone if situation.fresh[unit])]
    links = clustering.links_by_part()
    found = [_component(part, links.get(min(part), ()), judged, situation) for part in parts]
    return tuple(sorted(found, key=lambda component: (*component.profiles[:1], *component.records)))


def _component(part: frozenset[Unit], edges: Sequence[Edge], judged: Judged, situation: Situation) -> Component:
    profiles = tuple(int(situation.profile_of[unit]) for unit in sorted(part) if situation.profile_of[unit] >= 0)
    records = tuple(unit for unit in sorted(part) if situation.profile_of[unit] < 0)
    links = tuple(judged.link(edge.place) for edge in edges)
    best = {
        row: next(place for place, link in enumerate(links) if row in (link.left, link.right))
        for row in (records if links else ())
    }
    return Component(profiles, records, links, best)


def _stop(group: Iterable[Unit], units: Units, situation: Situation) -> Stop:
    listed = sorted(group)
    profiles = tuple(int(situation.profile_of[unit]) for unit in listed if situation.profile_of[unit] >= 0)
    records = tuple(unit for unit in listed if situation.profile_of[unit] < 0)
    return Stop(profiles, records, _size(listed, units))
