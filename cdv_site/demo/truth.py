"""How well records were resolved, measured against the known truth. Pure arithmetic over pairs."""

import csv
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path

RecordKey = tuple[str, str]
"""(source, external id)"""

_SAMPLE = 20


@dataclass(frozen=True, slots=True)
class TruthReport:
    """Profiles against entities, and of the pairs that belong together how many were found, and at what price."""

    records: int
    profiles: int
    entities: int
    true_pairs: int
    joined_pairs: int
    pair_precision: float
    pair_recall: float
    recall_with_proposals: float
    wrong_pairs: tuple[tuple[RecordKey, RecordKey], ...]


def load_truth(path: Path) -> dict[RecordKey, str]:
    """Read truth.csv: the entity of each record."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["source"], row["external_id"]): row["entity_id"] for row in csv.DictReader(file)}


def score(
    pred_clusters: Mapping[RecordKey, Hashable],
    proposals: Iterable[tuple[RecordKey, RecordKey]],
    truth: Mapping[RecordKey, Hashable],
) -> TruthReport:
    """Compare clusters and open proposals with the truth.

    Only records of the truth count; one without a cluster stands alone. A proposal helps when both its ends are
    truly one: then a steward who follows it joins their clusters, and true pairs across them count as found.
    """
    clusters = {key: pred_clusters.get(key, ("alone", key)) for key in truth}
    cells = Counter((truth[key], cluster) for key, cluster in clusters.items())
    true_pairs = _pairs(Counter(truth.values()).values())
    joined_pairs = _pairs(Counter(clusters.values()).values())
    right_pairs = _pairs(cells.values())
    return TruthReport(
        records=len(truth),
        profiles=len(set(clusters.values())),
        entities=len(set(truth.values())),
        true_pairs=true_pairs,
        joined_pairs=joined_pairs,
        pair_precision=_share(right_pairs, joined_pairs),
        pair_recall=_share(right_pairs, true_pairs),
        recall_with_proposals=_share(_pairs_with_proposals(cells, clusters, proposals, truth), true_pairs),
        wrong_pairs=tuple(islice(_wrong_pairs(clusters, truth), _SAMPLE)),
    )


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _share(part: int, whole: int) -> float:
    """Of nothing, everything was right."""
    return part / whole if whole else 1.0


def _pairs_with_proposals(
    cells: Mapping[tuple[Hashable, Hashable], int],
    clusters: Mapping[RecordKey, Hashable],
    proposals: Iterable[tuple[RecordKey, RecordKey]],
    truth: Mapping[RecordKey, Hashable],
) -> int:
    """True pairs once right proposals are followed. Joined within an entity only: no path leads through a stranger."""
    parent = {cell: cell for cell in cells}
    for left, right in proposals:
        if left in truth and right in truth and truth[left] == truth[right]:
            entity = truth[left]
            parent[_root(parent, (entity, clusters[left]))] = _root(parent, (entity, clusters[right]))
    sizes: Counter[tuple[Hashable, Hashable]] = Counter()
    for cell, size in cells.items():
        sizes[_root(parent, cell)] += size
    return _pairs(sizes.values())


def _root(
    parent: dict[tuple[Hashable, Hashable], tuple[Hashable, Hashable]], cell: tuple[Hashable, Hashable]
) -> tuple[Hashable, Hashable]:
    while parent[cell] != cell:
        parent[cell] = parent[parent[cell]]
        cell = parent[cell]
    return cell


def _wrong_pairs(
    clusters: Mapping[RecordKey, Hashable], truth: Mapping[RecordKey, Hashable]
) -> Iterator[tuple[RecordKey, RecordKey]]:
    members: dict[Hashable, list[RecordKey]] = defaultdict(list)
    for key, cluster in clusters.items():
        members[cluster].append(key)
    for keys in members.values():
        for left, right in combinations(keys, 2):
            if truth[left] != truth[right]:
                yield left, right
