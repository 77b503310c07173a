"""Clusters from certain links, strongest first, each joining of two parts checked against everything known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from typing import Self

import numpy as np

from matching.engine.caps import caps_exceeded
from matching.engine.judge import Judged, Pair
from matching.engine.types import Ints, Reason, Situation

Unit = int  # what is decided on as a whole: an existing profile, or one fresh record; named by its first row
UnitPair = tuple[Unit, Unit]
Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why two parts may not be joined automatically, and the records that are in the way."""

    reason: Reason
    rows: Rows = ()


Refused = dict[UnitPair, list[Obstacle]]


@dataclass(frozen=True, slots=True)
class Edge:
    """A certain link between two units; `place` is the pair's place among the judged ones."""

    units: UnitPair
    place: int
    by_rule: bool


@dataclass(frozen=True, slots=True)
class Units:
    """Which unit each row belongs to, and the rows of each unit."""

    of_row: Ints
    members: Mapping[Unit, Rows]

    @classmethod
    def of(cls, of_row: Ints) -> Self:
        """Units from the unit of each row."""
        members: dict[Unit, list[int]] = {}
        for row, unit in enumerate(of_row.tolist()):
            members.setdefault(unit, []).append(row)
        return cls(of_row, {unit: tuple(rows) for unit, rows in members.items()})

    def siblings(self, row: int) -> Iterator[int]:
        """The other rows of a row's unit."""
        return (other for other in self.members[int(self.of_row[row])] if other != row)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the checks know. `contradictions` gives per pair of units one contradicted pair of records."""

    judged: Judged
    units: Units
    verified: frozenset[Unit]
    cannot_links: Sequence[tuple[frozenset[int], frozenset[int]]]
    contradictions: Mapping[UnitPair, Rows]
    edges: Mapping[UnitPair, Sequence[Edge]]

    @classmethod
    def of(cls, judged: Judged, situation: Situation, units: Units, edges: Iterable[Edge]) -> Self:
        """Gather what is known about a situation and its judged pairs."""
        by_pair: dict[UnitPair, list[Edge]] = {}
        for edge in edges:
            by_pair.setdefault(edge.units, []).append(edge)
        verified = np.isin(situation.profile_of, list(situation.verified_profiles))
        return cls(
            judged=judged,
            units=units,
            verified=frozenset(units.of_row[verified].tolist()),
            cannot_links=situation.cannot_links,
            contradictions=_contradictions(judged, units),
            edges=by_pair,
        )

    def apart(self, suitors: Mapping[Unit, Sequence[Unit]]) -> set[UnitPair]:
        """Of the units that want the same one, those that may not be one with each other."""
        pairs = {pair for found in suitors.values() for pair in combinations(sorted(found), 2)}
        return {pair for pair in pairs if pair in self.contradictions or self._cannot_link(self._rows(pair))}

    def obstacles(self, left: frozenset[Unit], right: frozenset[Unit]) -> list[Obstacle]:
        """All reasons against joining two parts; empty if there is none."""
        model = self.judged.model
        rows = self._rows(left | right)
        found = [*self._cannot_link(rows), *self._contradiction(left, right)]
        if len(self.verified & (left | right)) > 1:
            found.append(Obstacle(Reason.BOTH_VERIFIED))
        if len(rows) > model.limits.cluster_auto:
            found.append(Obstacle(Reason.TOO_LARGE))
        if self._is_only_bridge(left, right):
            found.append(Obstacle(Reason.ONLY_BRIDGE))
        if not found and caps_exceeded(self.judged.table, rows, model):
            found.append(Obstacle(Reason.OVER_CAP, rows))
        return found

    def _rows(self, part: Iterable[Unit]) -> Rows:
        return tuple(chain.from_iterable(self.units.members[unit] for unit in sorted(part)))

    def _cannot_link(self, rows: Rows) -> list[Obstacle]:
        union = frozenset(rows)
        ends = [(union & left, union & right) for left, right in self.cannot_links]
        return [Obstacle(Reason.CANNOT_LINK, (min(one), min(other))) for one, other in ends if one and other][:1]

    def _contradiction(self, left: frozenset[Unit], right: frozenset[Unit]) -> list[Obstacle]:
        found = [self.contradictions.get(ordered(*pair)) for pair in product(sorted(left), sorted(right))]
        return [Obstacle(Reason.CONTRADICTED_IN_CLUSTER, rows) for rows in found if rows][:1]

    def _is_only_bridge(self, left: frozenset[Unit], right: frozenset[Unit]) -> bool:
        """One single link, and no named rule, between two parts of two records or more."""
        if min(len(self._rows(left)), len(self._rows(right))) < 2:
            return False
        across = [edge for pair in product(left, right) for edge in self.edges.get(ordered(*pair), ())]
        return len(across) == 1 and not across[0].by_rule


@dataclass(frozen=True, slots=True)
class Clustering:
    """Parts of two units or more, the links that made them, and what stood against the links refused."""

    parts: tuple[frozenset[Unit], ...]
    accepted: tuple[Edge, ...]
    refused: Refused

    @classmethod
    def of(cls, several: Sequence[Self]) -> Self:
        """Clusterings of separate groups as one."""
        return cls(
            tuple(part for one in several for part in one.parts),
            tuple(edge for one in several for edge in one.accepted),
            {pair: found for one in several for pair, found in one.refused.items()},
        )

    def part_of_row(self, units: Units) -> Ints:
        """For each row the lowest unit of the part that it ends in."""
        lowest = np.arange(len(units.of_row), dtype=np.int64)
        for part in self.parts:
            lowest[list(part)] = min(part)
        final: Ints = lowest[units.of_row]
        return final

    def links_by_part(self) -> dict[Unit, list[Edge]]:
        """Accepted links by the lowest unit of their part, strongest first."""
        lowest = {unit: min(part) for part in self.parts for unit in part}
        links: dict[Unit, list[Edge]] = {}
        for edge in self.accepted:
            links.setdefault(lowest[edge.units[0]], []).append(edge)
        return links


def ordered(left: Unit, right: Unit) -> UnitPair:
    """A pair in its one order."""
    return (left, right) if left < right else (right, left)


def agglomerate(edges: Sequence[Edge], ground: Ground) -> Clustering:
    """Join parts along edges in the order given, again and again until nothing more may be joined."""
    part_of = {unit: frozenset([unit]) for edge in edges for unit in edge.units}
    accepted: list[Edge] = []
    while True:
        joined, refused = _one_round(edges, part_of, ground)
        accepted += joined
        if not (joined and refused):
            break
    parts = {min(part): part for part in part_of.values() if len(part) > 1}
    return Clustering(tuple(parts[unit] for unit in sorted(parts)), tuple(accepted), refused)


def _one_round(
    edges: Sequence[Edge], part_of: dict[Unit, frozenset[Unit]], ground: Ground
) -> tuple[list[Edge], Refused]:
    """Follow every edge once; what was joined, and what was refused although it still lies between two parts."""
    joined: list[Edge] = []
    refused: Refused = {}
    for edge in edges:
        left, right = (part_of[unit] for unit in edge.units)
        if left is right:
            continue
        if obstacles := ground.obstacles(left, right):
            refused[edge.units] = obstacles
            continue
        part_of.update(dict.fromkeys(left | right, left | right))
        joined.append(edge)
    return joined, refused


def connected(edges: Sequence[Edge]) -> list[list[Edge]]:
    """Edges by connected component, components by their lowest unit, edges in the order given."""
    root: dict[Unit, Unit] = {}
    for edge in edges:
        left, right = (_root(root, unit) for unit in edge.units)
        root[max(left, right)] = min(left, right)
    groups: dict[Unit, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(_root(root, edge.units[0]), []).append(edge)
    return [groups[unit] for unit in sorted(groups)]


def cross_pairs(members: Mapping[Unit, Rows], units: Iterable[Unit]) -> Iterator[Pair]:
    """All pairs of records of different units."""
    for left, right in combinations(sorted(units), 2):
        for pair in product(members[left], members[right]):
            yield ordered(*pair)


def _root(root: dict[Unit, Unit], unit: Unit) -> Unit:
    root.setdefault(unit, unit)
    while root[unit] != unit:
        root[unit] = root[root[unit]]
        unit = root[unit]
    return unit


def _contradictions(judged: Judged, units: Units) -> dict[UnitPair, Rows]:
    found: dict[UnitPair, Rows] = {}
    for place in np.flatnonzero(judged.verdicts.contradicted).tolist():
        left, right = int(judged.left[place]), int(judged.right[place])
        found.setdefault(ordered(int(units.of_row[left]), int(units.of_row[right])), (left, right))
    return found
