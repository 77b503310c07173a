"""Learning a model's probabilities from data without labels: three classes, by expectation maximisation.

Pairs are of one person, of one household, or of strangers. What strangers show (u) is measured on random pairs and
frequencies and stays fixed. The household shares what a household shares; a Dirichlet prior holds its person fields
near those of strangers, or the class would turn into "one person, with errors".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matching.engine.candidates import Blocking, Part
from matching.engine.compare import compare, is_known
from matching.engine.keys import part_hashes
from matching.engine.model import MISSING, Comparison, Level, Model
from matching.engine.score import REST
from matching.engine.texts import Hashes
from matching.engine.types import Candidates, Flags, Floats, Ints, Levels, Table
from matching.engine.usage import Counts, agreeing, count, limit

RANDOM_PAIRS, TRAINING_PAIRS = 200_000, 600_000
ROUNDS, SETTLED = 30, 1e-4
LISTED = 20_000  # values whose frequency a model keeps, per comparison
SAME, HOME, STRANGERS = range(3)
M_PRIOR = 20.0  # pairs that the model trained from counts as
PERSON_PRIOR, GROUP_PRIOR = 2.0, 0.02  # of the household's pairs
RARE = ("given_name", "family_name", "category")  # kinds whose values differ much in frequency


@dataclass(frozen=True, slots=True)
class Sample:
    """Distinct patterns of sampled pairs with the rule that found them and how often; `owned` counts first findings."""

    levels: Levels
    rule: Ints
    counts: Floats
    owned: Floats
    share: float  # of all pairs

    def __len__(self) -> int:
        return len(self.rule)


def train(table: Table, model: Model, blocking: Blocking, label: str, seed: int = 1) -> Model:
    """The model with probabilities, priors and frequencies of this table's records; levels and rules stay."""
    counts = count(table, model, profile_of=np.full(len(table), -1, np.int64))
    return _fitted(table, model, blocking, counts, label, seed)


def _fitted(table: Table, model: Model, blocking: Blocking, counts: Counts, label: str, seed: int) -> Model:
    strangers = random_levels(table, model, counts, seed)
    start = replace(model, label=label, frequencies=frequencies(table, model))
    start = replace(start, comparisons=tuple(_with_u(item, strangers, table, start) for item in model.comparisons))
    sample = sampled(table, start, blocking, counts)
    fitted, shares = expectation_maximisation(start, sample, blocking)
    return with_priors(fitted, sample, len(table), shares)


def random_levels(table: Table, model: Model, counts: Counts, seed: int) -> Levels:
    """Levels of pairs of records taken at random."""
    rng = np.random.default_rng(seed)
    size = min(RANDOM_PAIRS, len(table) * (len(table) - 1) // 2)
    left, right = rng.integers(0, len(table), (2, size))
    left, right = left[left != right], right[left != right]
    return _limited(table, left, right, model, counts)


def sampled(table: Table, model: Model, blocking: Blocking, counts: Counts) -> Sample:
    """Patterns of about as many pairs as training needs: whole blocks, of every rule the same share."""
    step = 1
    found = list(blocking.chunks(Part(sample=16), owned=False)) if len(table) > RANDOM_PAIRS else []
    expected = sum(map(len, found)) * 16
    step = max(1, round(expected / TRAINING_PAIRS))
    rows = list(blocking.chunks(Part(sample=step), owned=False))
    return _patterns(table, rows, model, blocking, counts, 1 / step)


def _patterns(
    table: Table, found: Sequence[Candidates], model: Model, blocking: Blocking, counts: Counts, share: float
) -> Sample:
    levels = [_limited(table, one.left, one.right, model, counts) for one in found]
    owned = np.concatenate([blocking.owns(one) for one in found])
    rule = np.concatenate([one.rule for one in found]).astype(np.int8)
    packed = np.column_stack([np.concatenate(levels), rule])
    whole = np.ascontiguousarray(packed).view([("", np.int8)] * packed.shape[1]).reshape(-1)
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    distinct = packed[first]
    return Sample(
        np.asfortranarray(distinct[:, :-1]),
        distinct[:, -1].astype(np.int64),
        np.bincount(inverse).astype(np.float64),
        np.bincount(inverse, owned).astype(np.float64),
        share,
    )


def _limited(table: Table, left: Ints, right: Ints, model: Model, counts: Counts) -> Levels:
    levels = compare(table, left, right, model)
    return limit(levels, agreeing(table, left, right, levels, model, counts), model)


# ---- what strangers show ------------------------------------------------------------------------------------------------


def _with_u(comparison: Comparison, strangers: Levels, table: Table, model: Model) -> Comparison:
    if not is_known(table, comparison.name):
        return comparison
    place = model.column[comparison.name]
    seen = np.bincount(strangers[:, place], minlength=len(comparison.levels)).astype(np.float64)
    seen[_says_nothing(comparison)] = 0
    share = (seen + 0.5) / (seen.sum() + 0.5 * len(seen))
    share[comparison.level("exact")] = chance_agreement(table, comparison.name)
    base = np.array([level.h / level.u for level in comparison.levels]) * share
    return _with_probabilities(comparison, u=share, h=base / base[1:].sum())


def chance_agreement(table: Table, name: str) -> float:
    """How often two records that have a value have the same one by chance."""
    counts = _value_counts(part_hashes(table, name))
    total = counts.sum()
    return float(max((counts * (counts - 1)).sum(), 1) / max(total * (total - 1), 1))


def frequencies(table: Table, model: Model) -> dict[str, dict[str, float]]:
    """The share of each frequent value of names and categories; under "" the mean share of the others."""
    return {
        comparison.name: _shares(table, comparison.name)
        for comparison in model.comparisons
        if comparison.kind in RARE and is_known(table, comparison.name)
    }


def _shares(table: Table, name: str) -> dict[str, float]:
    column = table.single[name]
    seen = np.bincount(column.codes, minlength=len(column.values))
    seen[0] = 0
    total = max(int(seen.sum()), 1)
    order = np.argsort(-seen, kind="stable")
    listed, rest = order[:LISTED], seen[order[LISTED:]]
    values = list(column.values)
    shares = {values[code]: round(seen[code] / total, 9) for code in listed.tolist() if seen[code]}
    others = rest[rest > 0]
    return {REST: round(float(others.mean() if len(others) else 1) / total, 9)} | shares


def _value_counts(found: Hashes) -> Ints:
    ordered = np.sort(found[found != 0])
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, np.int64)
    return np.diff(np.append(starts, len(ordered)))


# ---- expectation maximisation -------------------------------------------------------------------------------------------


def expectation_maximisation(model: Model, sample: Sample, blocking: Blocking) -> tuple[Model, Floats]:
    """The model with m and h fitted to a sample, and the share of each class per rule and pattern's rule.

    What a rule's records agree on anyway says nothing about them: its comparisons are left out for its pairs.
    """
    free = _free(sample, model, blocking)
    numbers, rule = np.unique(sample.rule, return_inverse=True)
    shares = np.tile([0.4, 0.2, 0.4], (len(numbers), 1))
    fitted = model
    for _ in range(ROUNDS):
        posterior = _posterior(fitted, sample, free, shares[rule])
        weighted = posterior * sample.counts[:, None]
        updated = np.array([np.bincount(rule, weighted[:, kind]) for kind in range(3)]).T + 1e-3
        updated /= updated.sum(axis=1, keepdims=True)
        moved, shares = np.abs(updated - shares).max(), updated
        fitted = replace(fitted, comparisons=tuple(_refit(model, sample, free, weighted)))
        if moved < SETTLED:
            break
    return fitted, shares[rule]


def with_priors(model: Model, sample: Sample, records: int, shares: Floats) -> Model:
    """The model with the odds that two records taken at random are one person, or of one household."""
    everything = np.ones((len(sample), len(model.comparisons)), np.bool_)
    pairs = records * (records - 1) / 2
    owned = sample.owned / sample.share
    same, home = (max(float((owned * shares[:, kind]).sum()), 1.0) for kind in (SAME, HOME))
    for _ in range(ROUNDS):
        odds = np.array([[same / pairs, home / pairs, 1.0]])
        posterior = _posterior(model, sample, everything, odds)
        same, home = (max(float((owned * posterior[:, kind]).sum()), 1.0) for kind in (SAME, HOME))
    return replace(
        model, prior=round(float(np.log2(same / pairs)), 3), household_prior=round(float(np.log2(home / pairs)), 3)
    )


def _free(sample: Sample, model: Model, blocking: Blocking) -> Flags:
    """[patterns, comparisons]: what the pattern's rule does not itself demand."""
    demanded = {keys.rule.number: {_comparison_of(part) for part in keys.rule.parts} for keys in blocking.rules}
    names = [comparison.name for comparison in model.comparisons]
    table = {number: [not any(name in of for of in parts) for name in names] for number, parts in demanded.items()}
    return np.array([table[number] for number in sample.rule.tolist()], np.bool_).reshape(len(sample), len(names))


def _comparison_of(part: str) -> tuple[str, ...]:
    """The comparisons that a part of a key settles."""
    if part.startswith("name."):
        return ("given_name", "family_name")
    if part in ("street", "house_number", "unit", "postcode", "city"):
        return ("address", part)
    return (part.partition(".")[0],)


def _posterior(model: Model, sample: Sample, free: Flags, shares: Floats) -> Floats:
    odds = np.log2(np.maximum(shares, 1e-12)) * np.ones((len(sample), 1))
    for place, comparison in enumerate(model.comparisons):
        found = sample.levels[:, place]
        if found.any():
            weights = np.array([[level.weight, level.household_weight] for level in comparison.levels])
            odds[:, :2] += weights[found] * free[:, place, None]
    odds = np.exp2(odds - odds.max(axis=1, keepdims=True))
    posterior: Floats = odds / odds.sum(axis=1, keepdims=True)
    return posterior


def _refit(model: Model, sample: Sample, free: Flags, weighted: Floats) -> Iterable[Comparison]:
    for place, comparison in enumerate(model.comparisons):
        found = sample.levels[:, place]
        if not found.any():
            yield comparison
            continue
        seen: list[Floats] = [
            np.bincount(found, weighted[:, kind] * free[:, place], len(comparison.levels)).astype(np.float64)
            for kind in (SAME, HOME)
        ]
        yield _with_probabilities(comparison, m=_shrunk_m(comparison, seen[SAME]), h=_shrunk_h(comparison, seen[HOME]))


def _shrunk_m(comparison: Comparison, seen: Floats) -> Floats:
    seen[_says_nothing(comparison)] = 0
    base = np.array([level.m for level in comparison.levels])
    base[_says_nothing(comparison)] = 0
    found: Floats = (seen + M_PRIOR * base / base.sum()) / (seen.sum() + M_PRIOR)
    return found


def _shrunk_h(comparison: Comparison, seen: Floats) -> Floats:
    seen[_says_nothing(comparison)] = 0
    base = np.array([level.h for level in comparison.levels])
    base[_says_nothing(comparison)] = 0
    strength = (PERSON_PRIOR if comparison.person else GROUP_PRIOR) * max(seen.sum(), M_PRIOR)
    found: Floats = (seen + strength * base / base.sum()) / (seen.sum() + strength)
    return found


def _says_nothing(comparison: Comparison) -> list[int]:
    """Levels that are no evidence: missing, and values that too many share."""
    return [MISSING, *([comparison.level("shared")] if comparison.has("shared") else [])]


def _with_probabilities(
    comparison: Comparison, m: Floats | None = None, u: Floats | None = None, h: Floats | None = None
) -> Comparison:
    """The comparison with new probabilities for the levels that are evidence."""
    nothing = _says_nothing(comparison)
    levels: list[Level] = []
    for place, level in enumerate(comparison.levels):
        given: dict[str, Any] = {
            name: _sensible(found[place]) for name, found in (("m", m), ("u", u), ("h", h)) if found is not None
        }
        levels.append(level if place in nothing else replace(level, **given))
    return replace(comparison, levels=tuple(levels))


def _sensible(share: float) -> float:
    return float(f"{max(float(share), 1e-9):.4g}")
