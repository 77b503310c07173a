"""What a pair says by itself: certain, unsure or distinct, and why."""

import numpy as np

from matching.engine.model import MISSING, Comparison, Model
from matching.engine.types import VETOES, Flags, Ints, Levels, Outcome, PairVerdicts, Reason, Scores, Table

WORST = "different"


def decide(scores: Scores, table: Table, left: Ints, right: Ints, model: Model) -> PairVerdicts:
    """Named rules first, then the probability; vetoes and contradictions stop the automatic, never the review."""
    vetoes = _vetoes(scores.levels, table, left, right, model)
    contradicted = (vetoes > 0) | _person_fields_differ(scores.levels, model)
    groups = _groups(scores, model)
    rule, doubts = _first_rule(scores.levels, model), _doubts(scores.levels, model)
    likely = scores.probability >= model.thresholds.review
    by_weight = (scores.probability >= model.thresholds.auto) & (np.bitwise_count(groups) >= 2) & (doubts == 0)
    certain = likely & ((rule >= 0) | by_weight) & ~contradicted
    outcome = np.where(certain, Outcome.AUTO, np.where(likely | (rule >= 0), Outcome.REVIEW, Outcome.DISTINCT))
    outcome[(vetoes & _bit(Reason.PARTY_KIND_DIFFERS)) > 0] = Outcome.DISTINCT
    return PairVerdicts(outcome.astype(np.int8), rule, groups, vetoes, doubts, contradicted)


def reasons(verdicts: PairVerdicts, pair: int, model: Model) -> tuple[Reason, ...]:
    """Why the pair is not automatic, most telling first; empty if it is."""
    if verdicts.outcome[pair] == Outcome.AUTO:
        return ()
    found = [veto for place, veto in enumerate(VETOES) if verdicts.vetoes[pair] >> place & 1]
    if not found and verdicts.contradicted[pair]:
        found.append(Reason.CONTRADICTED)
    if not found and verdicts.rule[pair] < 0:
        found = [doubt.reason for place, doubt in enumerate(model.doubts) if verdicts.doubts[pair] >> place & 1]
        found += [Reason.ONE_GROUP] if int(verdicts.groups[pair]).bit_count() < 2 else []
    return tuple(found) or (Reason.UNSURE,)


def _vetoes(levels: Levels, table: Table, left: Ints, right: Ints, model: Model) -> Ints:
    mask = np.zeros(len(levels), np.int64)
    kinds = table.single["party_kind"].codes
    mask[kinds[left] != kinds[right]] |= _bit(Reason.PARTY_KIND_DIFFERS)
    mask[_unique_identifiers_differ(levels, table, left, right, model)] |= _bit(Reason.IDENTIFIER_DIFFERS)
    for veto in model.vetoes:
        mask[model.holds(veto.condition, levels)] |= _bit(veto.reason)
    return mask


def _unique_identifiers_differ(levels: Levels, table: Table, left: Ints, right: Ints, model: Model) -> Flags:
    result = np.zeros(len(levels), np.bool_)
    source = table.single["source"]
    for comparison in model.comparisons:
        if comparison.kind == "identifier":
            unique = np.array([model.is_unique(comparison.name, name) for name in source.values])[source.codes]
            level = levels[:, model.column[comparison.name]]
            result |= (level > _agreeing(comparison)) & unique[left] & unique[right]
    return result


def _agreeing(comparison: Comparison) -> int:
    return comparison.level("shared" if comparison.has("shared") else "exact")


def _person_fields_differ(levels: Levels, model: Model) -> Flags:
    """Two properties of one person alone were compared and differ; a missing one contradicts nothing."""
    fields = [comparison for comparison in model.comparisons if comparison.person and comparison.has(WORST)]
    count = np.zeros(len(levels), np.int64)
    for comparison in fields:
        count += levels[:, model.column[comparison.name]] == comparison.level(WORST)
    contradicted: Flags = count >= 2
    return contradicted


def _groups(scores: Scores, model: Model) -> Ints:
    """Bit mask of the groups whose comparisons together weigh enough to be evidence."""
    mask = np.zeros(len(scores.levels), np.int64)
    for place, group in enumerate(model.groups):
        members = [model.column[comparison.name] for comparison in model.comparisons if comparison.group == group]
        counted = (scores.levels[:, members] != MISSING).any(axis=1)
        mask[counted & (scores.weights[:, members].sum(axis=1) >= model.thresholds.group_weight)] |= 1 << place
    return mask


def _first_rule(levels: Levels, model: Model) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    rule = np.full(len(levels), -1, np.int16)
    for place in reversed(range(len(model.rules))):
        rule[model.holds(model.rules[place].condition, levels)] = place
    return rule


def _doubts(levels: Levels, model: Model) -> Ints:
    mask = np.zeros(len(levels), np.int64)
    for place, doubt in enumerate(model.doubts):
        mask[model.holds(doubt.condition, levels)] |= 1 << place
    return mask


def _bit(reason: Reason) -> int:
    return 1 << VETOES.index(reason)
