"""Why the records of a customer are one, as things stand now: the path from record to record, in words."""

from collections.abc import Collection
from dataclasses import dataclass

from .engine.explain import verdict_sentence
from .engine.explain_cluster import How, how
from .engine.model import Model
from .evidence import ground

SHOWN = 20  # records that are compared with each other


@dataclass(frozen=True, slots=True)
class Step:
    """Two records and what they say; a bridge is the only certain link between those on its two sides."""

    left: int
    right: int
    sentence: str
    probability: float
    is_certain: bool
    is_bridge: bool


@dataclass(frozen=True, slots=True)
class Told:
    """The steps that connect all records, strongest first; pairs that contradict each other. Loose: links that are certain
    by themselves do not connect them all."""

    steps: tuple[Step, ...] = ()
    against: tuple[Step, ...] = ()
    is_loose: bool = False


def told(record_ids: Collection[int]) -> Told:
    """How these records hold together. About 6 queries, none for fewer than two; costs a judgement of all their pairs."""
    if len(record_ids) < 2:
        return Told()
    found = ground(record_ids)
    if len(found.rows) < 2:
        return Told()
    whole = how(list(found.rows.values()), found.model, found.blocked, found.usage)
    steps = tuple(_step(whole, pair, found.model) for pair in whole.path)
    return Told(steps, tuple(_step(whole, pair, found.model) for pair in whole.against), bool(whole.apart))


def _step(whole: How, pair: tuple[int, int], model: Model) -> Step:
    evidence = whole.pairs[pair]
    return Step(
        *pair, verdict_sentence(evidence, model), evidence.probability, pair in whole.links, pair in whole.bridges
    )
