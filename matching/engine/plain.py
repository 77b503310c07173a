"""Small groups of new records, decided all at once: those in which only links, and nothing else, tell who is who.

A group is plain when none of its records has a customer or is known to people, no two of them contradict each other, and
nothing that `resolve` weighs (rivals, bridges, caps) can come into it. What is joined then is what certain links connect.
The others, and all larger ones, are left to `resolve`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.bulk import Run
from matching.engine.components import component_of
from matching.engine.full import Ends, World
from matching.engine.judge import Judged, judge
from matching.engine.selection import places_of
from matching.engine.types import Flags, Ints, Outcome, Reason

SMALL = 4  # records of a group


@dataclass(frozen=True, slots=True)
class Plain:
    """Records decided on, each with the lowest of those that it is one customer with; and pairs of such for a person."""

    rows: Ints
    cluster: Ints
    proposals: Sequence[tuple[int, int, Reason]]  # the lowest records of two customers, the first reason why

    @property
    def joined(self) -> int:
        """How many enter the customer of another."""
        return int((self.rows != self.cluster).sum())


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Judged pairs of small groups: those that keys found, and the others."""

    judged: Judged
    found: Flags
    group: Ints

    @classmethod
    def of(cls, run: Run, rows: Ints, group: Ints, edges: Ends) -> Self:
        """All pairs of the rows, which are in order of their groups."""
        size = len(run.table)
        left, right = _within(rows, group)
        inside = np.zeros(size, np.bool_)
        inside[rows] = True
        known = np.flatnonzero(inside[edges.left])
        one, other = edges.left[known].astype(np.int64), edges.right[known].astype(np.int64)
        packed, first = np.unique(np.minimum(one, other) * size + np.maximum(one, other), return_index=True)
        place = np.searchsorted(packed, left * size + right)
        found = np.append(packed, -1)[place] == left * size + right
        found_by = np.zeros(len(left), np.int64)
        found_by[found] = edges.found_by[known[first[place[found]]]]
        return cls(judge(run.table, left, right, found_by, run.model, run.counts), found, group[left])

    @property
    def likely(self) -> Flags:
        """Pairs that may be one person."""
        likely: Flags = self.judged.verdicts.outcome > Outcome.DISTINCT
        return likely

    def certain(self) -> tuple[Ints, Ints]:
        """The pairs found by a key that are certain by themselves."""
        links = self.found & self.judged.auto
        return self.judged.left[links], self.judged.right[links]


def small_groups(run: Run, group: Ints, world: World, number: int, of: int) -> Ints:
    """Rows, in order of their groups, of a part's groups of few records of which nothing is known."""
    known = set(world.no_auto_records).union(*(one | other for one, other in world.cannot_links))
    strange = world.profile_of >= 0
    strange[list(known)] = True
    sizes = np.bincount(group, minlength=len(group))
    small = (sizes > 1) & (sizes <= min(SMALL, run.model.limits.cluster_auto))
    small[group[strange]] = False
    rows = np.flatnonzero(small[group] & (group % of == number))
    ordered: Ints = rows[np.argsort(group[rows], kind="stable")]
    return ordered


def decide_plain(run: Run, group: Ints, edges: Ends, world: World, number: int = 0, of: int = 1) -> Plain:
    """What `resolve` decides on the plain groups of a part. One vectorised judgement of all their pairs."""
    rows = small_groups(run, group, world, number, of)
    pairs = _Pairs.of(run, rows, group, edges)
    cluster = component_of(len(group), *pairs.certain())
    doubtful = np.zeros(len(group), np.bool_)
    doubtful[pairs.group[_is_doubtful(pairs, cluster, run)]] = True
    doubtful[group[_over_cap(run, rows, cluster)]] = True
    rows = rows[~doubtful[group[rows]]]
    return Plain(rows, cluster[rows], _proposals(pairs, cluster, ~doubtful[pairs.group]))


def _within(rows: Ints, group: Ints) -> tuple[Ints, Ints]:
    """All pairs of rows of one group, the lower first; the rows are in order of their groups."""
    own, left, right = group[rows], [rows[:0]], [rows[:0]]
    for step in range(1, SMALL):
        near = np.flatnonzero(own[step:] == own[:-step])
        left.append(rows[near])
        right.append(rows[near + step])
    return np.concatenate(left), np.concatenate(right)


def _is_doubtful(pairs: _Pairs, cluster: Ints, run: Run) -> Flags:
    """Pairs because of which their group needs a closer look."""
    judged = pairs.judged
    together = cluster[judged.left] == cluster[judged.right]
    home = judged.scores.household_probability >= run.model.thresholds.household
    unfound = ~pairs.found & ~together & (pairs.likely | home)
    four = np.bincount(cluster[np.unique(np.concatenate([judged.left, judged.right]))], minlength=len(cluster)) >= SMALL
    loose = together & four[cluster[judged.left]] & ~judged.auto  # a single link might be the only bridge
    doubtful: Flags = judged.verdicts.contradicted | unfound | loose
    return doubtful


def _over_cap(run: Run, rows: Ints, cluster: Ints) -> Ints:
    """Rows whose customer would hold more values of a field than one should, as far as that can be told at a glance."""
    table, model = run.table, run.model
    found = [np.zeros(0, np.int64)]
    for name, cap in model.limits.caps.items():
        owner, code = _held(run, name, rows)
        found.append(_holding_more(cluster[owner], code, cap))
    sources = table.single["source"]
    for name in table.multi:
        strict = [code for code, source in enumerate(sources.values) if code and model.is_unique(name, source)]
        owner, code = _held(run, name, rows) if strict else (rows[:0], rows[:0])
        mine = np.isin(sources.codes[owner], strict)
        by_source = cluster[owner[mine]] * len(sources.values) + sources.codes[owner[mine]]
        found.append(_holding_more(by_source, code[mine], 1) // len(sources.values))
    return np.concatenate(found)


def _held(run: Run, name: str, rows: Ints) -> tuple[Ints, Ints]:
    """Each value that each of the rows holds: row, code."""
    table = run.table
    if name in table.date_parts:
        codes = table.single[name].codes[rows].astype(np.int64)
        return rows[codes > 0], codes[codes > 0]
    column = table.multi[name]
    owner = np.repeat(rows, column.offsets[rows + 1] - column.offsets[rows])
    return owner, column.codes[places_of(column.offsets, rows)].astype(np.int64)


def _holding_more(holder: Ints, code: Ints, cap: int) -> Ints:
    """Holders of more different codes than the cap."""
    if not len(holder):
        return holder
    different = np.unique(holder * (int(code.max()) + 1) + code) // (int(code.max()) + 1)
    ids, counts = np.unique(different, return_counts=True)
    over: Ints = ids[counts > cap]
    return over


def _proposals(pairs: _Pairs, cluster: Ints, decided: Flags) -> list[tuple[int, int, Reason]]:
    """The strongest likely pair between each two customers."""
    judged = pairs.judged
    one, other = cluster[judged.left], cluster[judged.right]
    places = np.flatnonzero(decided & pairs.found & pairs.likely & (one != other))
    order = places[np.lexsort((judged.right[places], judged.left[places], -judged.scores.weight[places]))]
    low, high = np.minimum(one, other)[order], np.maximum(one, other)[order]
    _, first = np.unique(low * len(cluster) + high, return_index=True)
    ends: NDArray[np.int64] = np.stack([low[first], high[first]], axis=1)
    why = [judged.reasons(place)[0] for place in order[first].tolist()]
    return [(left, right, reason) for (left, right), reason in zip(ends.tolist(), why, strict=True)]
