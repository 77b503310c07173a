"""What the plans of a run come to: who becomes whom, what changes for customers that exist, and how much of each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching import evidence, proposing
from matching.engine.full import Decided
from matching.engine.plain import Plain
from matching.engine.types import Component, Ints, Plan, Proposal
from matching.models import FullRun, FullRunChange
from matching.models import Proposal as Stored
from matching.reading import inputs

from .loading import Loaded, Pairs

Kind = FullRunChange.Kind
SIZES = (1, 2, 3, 5, 10, 20, 50)  # lower ends of the classes of customers by records
SENT = 20_000  # changes of each kind that are kept by name


class Tally:
    """Counts, members and changes of one part of a run, batch by batch."""

    def __init__(self, loaded: Loaded, group: Ints, asked_before: bool = False) -> None:
        self.loaded, self.group, self.asked_before = loaded, group, asked_before
        self.cluster = _homes(loaded.profile_of)  # per row the lowest row of the customer it becomes part of
        self.decided: list[Ints] = []
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.sizes: Counter[int] = Counter()
        self.listed: list[FullRunChange] = []
        self.wanted: dict[tuple[int, int], str] = {}
        self.splits: set[int] = set()
        self.homes: set[tuple[int, int]] = set()

    def add(self, decided: Decided) -> None:
        """Count a batch that was decided."""
        rows, plan = decided.rows, decided.plan
        self.decided.append(rows)
        for component in plan.components:
            self._join(rows, component)
        for stop in plan.stops:
            self._list(Kind.STOP, stop.profiles, rows[list(stop.records)])
        for fracture in plan.fractures:
            record = int(self.loaded.record_id[rows[fracture.record]])
            self.splits.add(record)
            self._list(Kind.SPLIT, [fracture.profile], rows[[fracture.record]], fracture.best.evidence.weight)
        self.homes |= {(int(rows[link.left]), int(rows[link.right])) for link in plan.households}
        self._propose(rows, plan)

    def add_plain(self, found: Plain) -> None:
        """Count groups that were decided all at once."""
        self.decided.append(found.rows)
        self.counts["joined"] += found.joined
        self.counts["founded"] += len(found.rows) - found.joined
        self.cluster[found.rows] = found.cluster
        for left, right, reason in found.proposals:
            self.wanted[left, right] = str(reason)

    def add_untouched(self, concerned: Ints, number: int, of: int) -> None:
        """Records that wait but that nothing is decided about, and the sizes of customers that stay as they are."""
        quiet = np.ones(len(self.group), np.bool_)
        quiet[concerned] = False
        rows = np.flatnonzero(quiet & self.loaded.received)
        rows = rows[rows % of == number]
        self.decided.append(rows)
        self.counts["founded"] += int((self.loaded.profile_of[rows] < 0).sum())
        own = np.concatenate([np.zeros(0, np.int64), *self.decided[:-1]])
        stays = np.flatnonzero(quiet)
        stays = stays[self.cluster[stays] % of == number]
        held = np.bincount(self.cluster[np.concatenate([own, stays])])
        classes, counted = np.unique(np.digitize(held[held > 0], SIZES), return_counts=True)
        self.sizes.update({SIZES[place - 1]: n for place, n in zip(classes.tolist(), counted.tolist(), strict=True)})

    def add_homes(self, homes: Pairs, number: int, of: int) -> None:
        """Likely households, between whatever customers."""
        own = (self.group[homes.left] % of == number) & (self.cluster[homes.left] != self.cluster[homes.right])
        self.homes.update(zip(homes.left[own].tolist(), homes.right[own].tolist(), strict=True))
        self.counts["households"] = len(self.homes)

    def members(self, run_id: int) -> dict[str, NDArray[Any]]:
        """Every record that was looked at, with its group and its cluster, by record."""
        rows, ids = np.concatenate(self.decided), self.loaded.record_id
        return {
            "run": np.full(len(rows), run_id, np.int64),
            "record": ids[rows],
            "group": ids[self.group[rows]],
            "cluster": ids[self.cluster[rows]],
        }

    def changes(self, run: FullRun) -> list[FullRunChange]:
        """What is listed by name in the report."""
        for change in self.listed:
            change.run = run
        return self.listed

    def figures(self) -> dict[str, Any]:
        """The counts of this part. 3 queries."""
        new_splits = self.splits - _open_splits()
        known = self._open()
        new = {pair: reason for pair, reason in self.wanted.items() if pair not in known}
        self.reasons.update(new.values())
        queue = {"proposals": len(new), "splits": len(new_splits), "open": len(self.wanted) - len(new)}
        looked_at = sum(map(len, self.decided))
        return {
            "counts": {**self.counts, **queue, "looked_at": looked_at},
            "reasons": dict(self.reasons),
            "sizes": {str(size): n for size, n in self.sizes.items()},
        }

    def _join(self, rows: Ints, component: Component) -> None:
        """A component becomes one customer."""
        profiles, records = len(component.profiles), len(component.records)
        self.counts["founded"] += not profiles
        self.counts["joined"] += records if profiles else records - 1
        self.counts["merged"] += max(0, profiles - 1)
        if profiles + records > 1:
            homes = self.loaded.profile_of[rows]
            entering = np.zeros(len(rows), np.bool_)
            entering[list(component.records)] = True
            ends = rows[np.isin(homes, component.profiles) & (homes >= 0) | entering] if profiles else rows[entering]
            self.cluster[ends] = ends.min()
        if profiles > 1:
            weakest = min((link.evidence.weight for link in component.links), default=0.0)
            self._list(Kind.MERGE, component.profiles, rows[list(component.records)], weakest)

    def _list(self, kind: str, profiles: Iterable[int], rows: Ints, weight: float = 0.0) -> None:
        self.counts[f"{kind}_listed"] += 1
        if self.counts[f"{kind}_listed"] <= SENT:
            customers = [UUID(self.loaded.profiles[number]) for number in profiles]
            records = self.loaded.record_id[rows].tolist()
            self.listed.append(FullRunChange(kind=kind, customers=customers, records=records, weight=weight))

    def _propose(self, rows: Ints, plan: Plan) -> None:
        """Pairs for the queue; those that a person decided before only where enough changed."""
        silent = self._silent(rows, plan.proposals) if self.asked_before and plan.proposals else frozenset()
        for one in plan.proposals:
            if (one.left, one.right) not in silent:
                ends = int(self.cluster[rows[one.left]]), int(self.cluster[rows[one.right]])
                self.wanted.setdefault((min(ends), max(ends)), str(one.reasons[0]) if one.reasons else "unsure")

    def _silent(self, rows: Ints, proposals: Sequence[Proposal]) -> frozenset[tuple[int, int]]:
        """Proposals that nobody is asked again. 2 queries, 4 if any was decided."""
        ids = self.loaded.record_id[rows]
        ends = {(one.left, one.right): (int(ids[one.left]), int(ids[one.right])) for one in proposals}
        decided = {pair: links for pair, links in proposing.decided_between(ends.values()).items() if links}
        known = {row.record_id: row for row in inputs({pk for pair in decided for pk in pair})} if decided else {}
        return frozenset(
            (one.left, one.right)
            for one in proposals
            if (pair := ends[one.left, one.right]) in decided
            and proposing.why_again(
                decided[pair], one.evidence, evidence.fingerprint(known[pair[0]], known[pair[1]]), self.loaded.run.model
            ) is None
        )  # fmt: skip

    def _open(self) -> set[tuple[int, int]]:
        """Pairs of clusters that a proposal is open for. 1 query."""
        first = {profile: row for row, profile in _first_rows(self.loaded)}
        rows = Stored.objects.awaiting_review().filter(kind=Stored.Kind.MERGE).values_list("left_id", "right_id")
        found = set()
        for left, right in rows.iterator():
            if left in first and right in first:
                ends = int(self.cluster[first[left]]), int(self.cluster[first[right]])
                found.add((min(ends), max(ends)))
        return found


def _homes(profile_of: Ints) -> Ints:
    """Per row the first row of its profile, or the row itself."""
    homes = np.arange(len(profile_of), dtype=np.int64)
    inside = np.flatnonzero(profile_of >= 0)
    _, first, place = np.unique(profile_of[inside], return_index=True, return_inverse=True)
    homes[inside] = inside[first][place]
    return homes


def _first_rows(loaded: Loaded) -> Iterable[tuple[int, UUID]]:
    inside = np.flatnonzero(loaded.profile_of >= 0)
    numbers, first = np.unique(loaded.profile_of[inside], return_index=True)
    rows = inside[first].tolist()
    return ((row, UUID(loaded.profiles[number])) for row, number in zip(rows, numbers.tolist(), strict=True))


def _open_splits() -> set[int]:
    rows = Stored.objects.awaiting_review().filter(kind=Stored.Kind.SPLIT)
    return set(rows.values_list("left_record_id", flat=True))
