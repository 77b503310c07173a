"""A model held against labelled records: keys, pairs and clusters made from scratch, and every figure of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from matching.engine import evaluate
from matching.engine.candidates import pairs_within
from matching.engine.evaluate import Bin, Point, Rates, RuleYield, ThresholdRow
from matching.engine.judge import Judged, judge
from matching.engine.keys import block_keys
from matching.engine.model import Model
from matching.engine.resolve import resolve
from matching.engine.types import Candidates, Flags, Ints, Keys, Outcome, Plan, Situation, Table
from matching.engine.usage import NOWHERE, Usage, count

WORST = 50  # errors of each kind that are kept


@dataclass(frozen=True, slots=True)
class Truth:
    """Pairs of row numbers (left < right) whose truth is known.

    With `entity` the truth is complete: any pair of two entities is known to be two people. Without, only the pairs
    listed are judged.
    """

    left: Ints
    right: Ints
    same: Flags
    entity: Ints | None = None


@dataclass(frozen=True, slots=True)
class PairError:
    """A pair on which model and truth disagree: row numbers and levels, never values."""

    left: int
    right: int
    probability: float
    outcome: str
    found_by: str | None
    rule: str | None
    levels: Mapping[str, str]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is known of a model on one labelled set.

    `pairs` are decisions of single pairs, `joined` pairs of records that ended in one cluster, `clusters` whole clusters
    (None where the truth is not complete).
    """

    records: int
    candidates: int
    labelled: int
    true_pairs: int
    pairs: Rates
    reviewed: int
    recall_with_review: float | None
    joined: Rates
    clusters: Rates | None
    found_recall: float | None
    best: Point | None
    curve: tuple[Point, ...]
    thresholds: tuple[ThresholdRow, ...]
    calibration: tuple[Bin, ...]
    blocking: tuple[RuleYield, ...]
    false_positives: tuple[PairError, ...]
    false_negatives: tuple[PairError, ...]


def by_entity(entities: Sequence[str]) -> Truth:
    """Complete truth: records of one entity are one person, all others are not."""
    entity = np.unique(np.array(entities, dtype=str), return_inverse=True)[1].astype(np.int64)
    groups = Keys(np.arange(len(entity), dtype=np.int32), np.zeros(len(entity), np.int16), entity + 1)  # 0 is no key
    pairs = pairs_within(groups, {0: len(entity) + 1})
    return Truth(pairs.left, pairs.right, np.ones(len(pairs), np.bool_), entity)


def resolve_from_scratch(table: Table, model: Model, usage: Usage = NOWHERE) -> Plan:
    """The plan when every record is new and nothing was known before."""
    return _resolved(table, pairs_within(block_keys(table, model), model.block_caps), model, usage)


def _resolved(table: Table, pairs: Candidates, model: Model, usage: Usage) -> Plan:
    alone, fresh = np.full(len(table), -1, np.int64), np.ones(len(table), np.bool_)
    return resolve(Situation(table, alone, fresh, pairs.left, pairs.right, pairs.rule, usage), model)


def part_of(plan: Plan, size: int) -> Ints:
    """The number of each record's component, of a plan made from scratch."""
    part = np.full(size, -1, np.int64)
    for number, component in enumerate(plan.components):
        part[list(component.records)] = number
    return part


def judged_pairs(
    table: Table, left: Ints, right: Ints, model: Model, usage: Usage = NOWHERE, found_by: Ints | None = None
) -> Judged:
    """Pairs compared, scored and decided on, with values counted as if every record of the table was new."""
    counts = count(table, model, usage, np.full(len(table), -1, np.int64))
    by = np.zeros(len(left), np.int64) if found_by is None else found_by
    return judge(table, left, right, by, model, counts)


def measure(table: Table, truth: Truth, model: Model, usage: Usage = NOWHERE) -> Figures:
    """All figures of a model on labelled records. Costs one resolution from scratch and one more judgement."""
    keys = block_keys(table, model)
    candidates = pairs_within(keys, model.block_caps)
    known = _known(truth, candidates, len(table))
    judged = judged_pairs(table, known.left, known.right, model, usage, known.found_by)
    part = part_of(_resolved(table, candidates, model, usage), len(table))
    found, joined = known.found_by > 0, part[known.left] == part[known.right]
    auto, same = judged.auto & found, known.same
    review = found & (judged.verdicts.outcome == Outcome.REVIEW)
    points = evaluate.curve(judged.probability[found], same[found], int((same & ~found).sum()))
    return Figures(
        records=len(table),
        candidates=len(candidates),
        labelled=len(same),
        true_pairs=int(same.sum()),
        pairs=evaluate.rates(auto, same),
        reviewed=int(review.sum()),
        recall_with_review=evaluate.share(int(((auto | review) & same).sum()), int(same.sum())),
        joined=evaluate.rates(joined, same) if truth.entity is None else evaluate.joined_rates(part, truth.entity),
        clusters=None if truth.entity is None else evaluate.cluster_rates(part, truth.entity),
        found_recall=evaluate.share(int((found & same).sum()), int(same.sum())),
        best=evaluate.best(points),
        curve=points,
        thresholds=evaluate.threshold_table(
            judged.probability[found], same[found], int((same & ~found).sum()), model.thresholds.review
        ),
        calibration=evaluate.calibration(judged.probability[found], same[found]),
        blocking=_yields(keys, truth, model, len(table)),
        false_positives=_errors(judged, np.flatnonzero(~same & (auto | joined | review)), highest=True),
        false_negatives=_errors(judged, np.flatnonzero(same & ~auto), highest=False),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """Pairs whose truth is known and that count: `found_by` is the rule that finds the pair, 0 if none does."""

    left: Ints
    right: Ints
    same: Flags
    found_by: Ints


def _known(truth: Truth, candidates: Candidates, records: int) -> _Known:
    labelled, found = truth.left * records + truth.right, candidates.left * records + candidates.right
    packed = np.unique(labelled if truth.entity is None else np.append(labelled, found))
    same = np.isin(packed, labelled[truth.same])
    return _Known(packed // records, packed % records, same, _finders(packed, found, candidates))


def _finders(packed: Ints, found: Ints, candidates: Candidates) -> Ints:
    """The rule number of each pair among the candidates, 0 where it is none of them."""
    by = np.zeros(len(packed), np.int64)
    if len(found):
        order = np.argsort(found)
        place = np.minimum(np.searchsorted(found[order], packed), len(found) - 1)
        hit = found[order][place] == packed
        by[hit] = candidates.rule[order][place[hit]]
    return by


def _yields(keys: Keys, truth: Truth, model: Model, records: int) -> tuple[RuleYield, ...]:
    true = (truth.left * records + truth.right)[truth.same]
    found: dict[str, Flags] = {}
    pairs: dict[str, int] = {}
    for rule in sorted(model.blocking, key=lambda rule: rule.number):
        own = keys.rule == rule.number
        made = pairs_within(Keys(keys.record[own], keys.rule[own], keys.key[own]), model.block_caps)
        pairs[rule.name] = len(made)
        found[rule.name] = np.isin(true, made.left * records + made.right)
    return evaluate.rule_yields(found, pairs)


def _errors(judged: Judged, places: Ints, *, highest: bool) -> tuple[PairError, ...]:
    """The worst of some pairs: of wrong joins the most probable, of missed ones the least probable."""
    sign = -1 if highest else 1
    order = np.lexsort((judged.right[places], judged.left[places], sign * judged.scores.weight[places]))
    return tuple(_error(judged, int(place)) for place in places[order][:WORST])


def _error(judged: Judged, place: int) -> PairError:
    evidence = judged.evidence(place)
    return PairError(
        left=int(judged.left[place]),
        right=int(judged.right[place]),
        probability=evidence.probability,
        outcome=Outcome(int(judged.verdicts.outcome[place])).name.lower(),
        found_by=evidence.found_by,
        rule=evidence.rule,
        levels=evidence.levels,
        reasons=tuple(reason.value for reason in judged.reasons(place)),
    )


def figures_to_json(figures: Figures) -> dict[str, Any]:
    """Figures as plain data without the errors, which name rows and not records; rates with their percentages."""
    plain = asdict(figures)
    for name in ("false_positives", "false_negatives"):
        del plain[name]
    for name in ("pairs", "joined", "clusters"):
        plain[name] = rates_to_json(getattr(figures, name))
    plain["best"] = {**plain["best"], "f1": figures.best.f1} if figures.best else None
    return plain


def rates_to_json(found: Rates | None) -> dict[str, Any] | None:
    """Rates with what follows from them."""
    if found is None:
        return None
    return {**asdict(found), "precision": found.precision, "recall": found.recall, "f1": found.f1}
