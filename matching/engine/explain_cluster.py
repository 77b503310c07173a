"""How several records became one customer: every pair of them, what holds them together, and where it is weakest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from matching.engine.blocked import BlockedValues
from matching.engine.cluster import Edge, connected
from matching.engine.encode import encode
from matching.engine.judge import judge_pairs
from matching.engine.model import Model
from matching.engine.types import Evidence, RecordInput
from matching.engine.usage import NOWHERE, Usage, count

IdPair = tuple[int, int]  # record ids, the lower one first


@dataclass(frozen=True, slots=True)
class How:
    """The matrix of pairs, by record id.

    `links` are the pairs that are certain by themselves, strongest first; `path` are the strongest pairs that connect all
    records, certain ones before others; `weakest` is the weakest of those needed to
    hold the records together, None if they do not hold; `bridges` are links without which the records fall apart;
    `apart` are the groups that no link connects; `against` are the pairs that contradict each other.
    """

    pairs: Mapping[IdPair, Evidence]
    links: tuple[IdPair, ...]
    path: tuple[IdPair, ...]
    weakest: IdPair | None
    bridges: tuple[IdPair, ...]
    apart: tuple[frozenset[int], ...]
    against: tuple[IdPair, ...]


def how(records: Sequence[RecordInput], model: Model, blocked: BlockedValues, usage: Usage = NOWHERE) -> How:
    """Explain why these records are, or are not, one customer. Costs a judgement of all their pairs."""
    ordered = sorted(records, key=lambda record: record.record_id)
    ids = [record.record_id for record in ordered]
    table = encode(ordered, model, blocked)
    judged = judge_pairs(table, combinations(range(len(ids)), 2), model, count(table, model, usage))
    named = [(ids[left], ids[right]) for left, right in zip(judged.left.tolist(), judged.right.tolist(), strict=True)]
    weight = dict(zip(named, judged.scores.weight.tolist(), strict=True))
    links = sorted(
        (pair for pair, auto in zip(named, judged.auto, strict=True) if auto), key=lambda pair: -weight[pair]
    )
    groups = _groups(ids, links)
    needed = _spanning(ids, links)
    contradicted = judged.verdicts.contradicted.tolist()
    return How(
        pairs={pair: judged.evidence(place, judged.reasons(place)) for place, pair in enumerate(named)},
        links=tuple(links),
        path=tuple(_spanning(ids, [*links, *sorted(weight.keys() - set(links), key=lambda pair: -weight[pair])])),
        weakest=needed[-1] if needed and len(groups) == 1 else None,
        bridges=tuple(link for link in needed if len(_groups(ids, _without(links, link))) > len(groups)),
        apart=tuple(groups) if len(groups) > 1 else (),
        against=tuple(pair for pair, differs in zip(named, contradicted, strict=True) if differs),
    )


def _groups(ids: Sequence[int], links: Sequence[IdPair]) -> list[frozenset[int]]:
    """Records by connected component, lone ones too."""
    joined = connected([Edge(pair, place, by_rule=False) for place, pair in enumerate(links)])
    groups = [frozenset(record for edge in edges for record in edge.units) for edges in joined]
    inside = frozenset().union(*groups)
    return sorted([*groups, *(frozenset([record]) for record in ids if record not in inside)], key=min)


def _spanning(ids: Sequence[int], links: Sequence[IdPair]) -> list[IdPair]:
    """The strongest links that suffice, strongest first."""
    needed: list[IdPair] = []
    for link in links:
        if len(_groups(ids, [*needed, link])) < len(_groups(ids, needed)):
            needed.append(link)
    return needed


def _without(links: Sequence[IdPair], gone: IdPair) -> list[IdPair]:
    return [link for link in links if link != gone]
