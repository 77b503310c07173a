"""From the edges of a full run to decisions: what is connected is resolved together, by the same step as any batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.engine.bulk import Run
from matching.engine.components import component_of
from matching.engine.keys import rule_keys
from matching.engine.resolve import resolve
from matching.engine.selection import offsets_of, places_of, selected
from matching.engine.types import Codes, Flags, Ints, Plan, Situation
from matching.engine.usage import Usage

BATCH = 2_000  # records resolved together


@dataclass(frozen=True, slots=True)
class World:
    """What is known beside the records: their profiles (-1: none yet), and what people decided; as in `Situation`.

    Records looked at `again` are treated as if they had just changed: those that no longer fit their profile are told.
    """

    profile_of: Ints
    again: Flags | None = None
    cannot_links: Sequence[tuple[frozenset[int], frozenset[int]]] = ()
    verified_profiles: frozenset[int] = frozenset()
    no_auto_records: frozenset[int] = frozenset()
    usage: Usage = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """The plan for some records; its row numbers are places in `rows`."""

    rows: Ints
    plan: Plan


class Ends(Protocol):
    """Pairs by row number, each with the rule that found it: all that deciding needs of edges."""

    @property
    def left(self) -> Codes: ...
    @property
    def right(self) -> Codes: ...
    @property
    def found_by(self) -> NDArray[np.int16]: ...


def decide_all(
    run: Run,
    edges: Ends,
    world: World,
    batch: int = BATCH,
    part: tuple[int, int] = (0, 1),
    group: Ints | None = None,
    brief: bool = False,
    without: Flags | None = None,
) -> Iterator[Decided]:
    """Plans for all records that have an edge or are looked at again, batch by batch; the others stay what they are.

    A batch holds whole components of edges, profiles and cannot-links, so no decision depends on another batch, nor on
    another part: those of the groups that leave the one number of `part` as the remainder by the other. `brief` as in `resolve`;
    rows `without` which it goes were decided already, with all of their group.
    """
    group = groups(run, edges, world) if group is None else group
    order = concerned(group, edges, world, *part)
    order = order if without is None else order[~without[order]]
    edge_order = np.argsort(group[edges.left], kind="stable")
    edge_groups = group[edges.left][edge_order]
    for rows in batches(order, group, batch):
        yield _decided(run, edges, world, np.sort(rows), _of_groups(edge_order, edge_groups, group[rows]), brief)


def concerned(group: Ints, edges: Ends, world: World, number: int = 0, of: int = 1) -> Ints:
    """The rows of a part that anything is to be decided about, by group."""
    linked = np.zeros(len(group), np.bool_) if world.again is None else world.again.copy()
    linked[edges.left] = linked[edges.right] = True
    asked = np.zeros(len(group), np.bool_)
    asked[group[linked]] = True
    rows = np.flatnonzero(asked[group] & (group % of == number))
    order: Ints = rows[np.argsort(group[rows], kind="stable")]
    return order


def groups(run: Run, edges: Ends, world: World) -> Ints:
    """For each record the lowest record that it is connected with, in whatever way."""
    left, right = [edges.left.astype(np.int64)], [edges.right.astype(np.int64)]
    inside = np.flatnonzero(world.profile_of >= 0)
    _, first, place = np.unique(world.profile_of[inside], return_index=True, return_inverse=True)
    left.append(inside)
    right.append(inside[first][place])
    for one, other in world.cannot_links:
        rows = np.array(sorted(one | other), np.int64)
        left.append(rows[1:])
        right.append(rows[:-1])
    return component_of(len(run.table), np.concatenate(left), np.concatenate(right))


def batches(order: Ints, group: Ints, size: int) -> Iterator[Ints]:
    """Runs of whole groups of about so many records."""
    ends = np.flatnonzero(np.diff(group[order])) + 1
    cuts = ends[np.flatnonzero(np.diff(ends // size, prepend=0))]
    yield from (rows for rows in np.split(order, cuts) if len(rows))


def _of_groups(order: Ints, edge_groups: Ints, wanted: Ints) -> Ints:
    """Places of the edges of these groups, which are in order."""
    own = wanted[np.r_[True, wanted[1:] != wanted[:-1]]]
    starts, ends = (np.searchsorted(edge_groups, own, side) for side in ("left", "right"))
    counts = ends - starts
    found: Ints = order[np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())]
    return found


def _decided(run: Run, edges: Ends, world: World, rows: Ints, own: Ints, brief: bool) -> Decided:
    table = selected(run.table, rows)
    left, right = (np.searchsorted(rows, side[own]) for side in (edges.left, edges.right))
    inside = set(rows.tolist())
    situation = Situation(
        table=table,
        profile_of=world.profile_of[rows],
        fresh=_fresh(world, rows),
        left=left,
        right=right,
        found_by=edges.found_by[own],
        usage=_usage(run, world, rows),
        cannot_links=[
            (_placed(one, rows), _placed(other, rows)) for one, other in world.cannot_links if (one | other) <= inside
        ],
        verified_profiles=world.verified_profiles,
        no_auto_records=_placed(world.no_auto_records & inside, rows),
    )
    return Decided(rows, resolve(situation, run.model, brief))


def _fresh(world: World, rows: Ints) -> Flags:
    fresh: Flags = world.profile_of[rows] < 0
    return fresh if world.again is None else fresh | world.again[rows]


def _placed(found: frozenset[int], rows: Ints) -> frozenset[int]:
    return frozenset(np.searchsorted(rows, np.array(sorted(found), np.int64)).tolist())


def shared_values(run: Run) -> tuple[Ints, Codes]:
    """The keys of all values that several hold, in order, with how many do."""
    keys, held = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    for rule in run.model.blocking:
        if rule.value_of and rule.value_of in run.counts:
            several = run.counts[rule.value_of] > 1
            keys.append(rule_keys(run.table, rule).number[several].view(np.int64))
            held.append(run.counts[rule.value_of][several])
    found, first = np.unique(np.concatenate(keys), return_index=True)
    return found, np.concatenate(held)[first].astype(np.int32)


def _usage(run: Run, world: World, rows: Ints) -> Usage:
    """Holders of the values of these records, as counted in the whole table."""
    known: dict[int, int] = {}
    for rule in run.model.blocking:
        if rule.value_of and rule.value_of in run.counts:
            owner, keys = rule_keys(run.table, rule)
            held = run.counts[rule.value_of]
            places = rows if owner is None else places_of(offsets_of(run.table, f"keys of {rule.name}"), rows)
            counted = places[held[places] > 1]
            known |= zip(keys[counted].view(np.int64).tolist(), held[counted].tolist(), strict=True)
    return known | dict(world.usage)
