"""Learning a model's probabilities from data without labels: three classes, by expectation maximisation.

Pairs are of one person, of one household, or of strangers. What strangers show (u) is measured on random pairs and
frequencies and stays fixed. The household shares what a household shares; a Dirichlet prior holds its person fields
near those of strangers, or the class would turn into "one person, with errors".
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from matching.engine.bulk import Run
from matching.engine.candidates import Blocking, Part
from matching.engine.compare import compare, is_known
from matching.engine.crew import Crew
from matching.engine.keys import part_hashes
from matching.engine.model import MISSING, Comparison, Level, Model
from matching.engine.patterns import distinct, pack, unpack
from matching.engine.score import REST
from matching.engine.texts import pick
from matching.engine.types import MEASURED, Candidates, Flags, Floats, Ints, Levels, Table
from matching.engine.usage import agreeing, limit

RANDOM_PAIRS, TRAINING_PAIRS = 100_000, 300_000
ROUNDS, SETTLED = 30, 1e-4
LISTED = 20_000  # values whose frequency a model keeps, per comparison
SAME, HOME, STRANGERS = range(3)
M_PRIOR = 20.0  # pairs that the model trained from counts as
PERSON_PRIOR, GROUP_PRIOR = 2.0, 0.02  # of the household's pairs
PROBE = 16
RARE = ("given_name", "family_name", "category", "place", "postcode")  # kinds whose values differ much in frequency


Counted = tuple[Ints, Floats, Floats]  # packed patterns with their rule, how often, how often as first finding


@dataclass(frozen=True, slots=True)
class Sample:
    """Distinct patterns of sampled pairs, the place of the rule that found them, how often; `owned`: as first finding."""

    levels: Levels
    rule: Ints
    counts: Floats
    owned: Floats
    share: float  # of all pairs

    def __len__(self) -> int:
        return len(self.rule)

    @classmethod
    def of(cls, several: Sequence[Counted], run: Run, share: float) -> Self:
        """What several parts have counted."""
        packed, counts, owned = (np.concatenate(columns) for columns in zip(*several, strict=True))
        values, place = np.unique(packed, return_inverse=True)
        levels = unpack(values, [len(run.blocking.rules) + 1, *_sizes(run.model)])
        seen, first = (np.bincount(place, weights, len(values)).astype(np.float64) for weights in (counts, owned))
        return cls(np.asfortranarray(levels[:, 1:]), levels[:, 0].astype(np.int64), seen, first, share)


def train(run: Run, label: str, crew: Crew | None = None, seed: int = 1) -> Model:
    """The run's model with probabilities, priors and frequencies of its table; levels, rules and thresholds stay.

    Costs a comparison of 400,000 pairs without cascade, by the crew if there is one.
    """
    table, model, crew = run.table, run.model, crew or Crew(run)
    step = _step(run)
    parts = [(Part(number, crew.size, step), seed) for number in range(crew.size)]
    samples, random = zip(*crew.map(_observed, parts), strict=True)
    strangers = np.sum(random, axis=0)
    start = replace(model, label=label, frequencies=frequencies(table, model))
    start = replace(start, comparisons=tuple(_with_u(item, strangers, table, start) for item in model.comparisons))
    sample = Sample.of(samples, run, 1 / step)
    fitted, shares = expectation_maximisation(start, sample, run.blocking)
    return with_priors(fitted, sample, len(table), shares)


def _step(run: Run) -> int:
    """Which share of the keys makes about as many pairs as training needs: every so manieth."""
    if len(run.table) < RANDOM_PAIRS:
        return 1
    found = run.blocking.size(Part(sample=PROBE)) * PROBE
    return max(1, round(found / TRAINING_PAIRS))


def _observed(run: Run, argument: tuple[Part, int]) -> tuple[Counted, Ints]:
    """What one part of the pairs shows, and as large a share of the random ones."""
    part, seed = argument
    return _counted(run, part), _strangers(run, part, seed)


def _strangers(run: Run, part: Part, seed: int) -> Ints:
    """[comparisons, levels]: how often pairs of records taken at random show each level."""
    rng = np.random.default_rng([seed, part.number])
    size = min(RANDOM_PAIRS, len(run.table) * (len(run.table) - 1) // 2) // part.of
    left, right = rng.integers(0, len(run.table), (2, size))
    levels = _limited(run, left[left != right], right[left != right])
    widest = max(_sizes(run.model))
    return np.array([np.bincount(column, minlength=widest) for column in levels.T])


def _counted(run: Run, part: Part) -> Counted:
    """How often each pattern occurs in a part, packed with the place of the rule."""
    sizes = _sizes(run.model)
    packed, owned = [np.zeros(0, np.int64)], [np.zeros(0, np.bool_)]
    for one in run.blocking.chunks(part, owned=False):
        packed.append(pack(_limited(run, one.left, one.right), sizes) + _place(one, run.blocking) * math.prod(sizes))
        owned.append(run.blocking.owns(one))
    values, place = distinct(np.concatenate(packed))
    seen, first = (np.bincount(place, weights, len(values)) for weights in (None, np.concatenate(owned)))
    return values, seen.astype(np.float64), first.astype(np.float64)


def _sizes(model: Model) -> list[int]:
    return [len(comparison.levels) for comparison in model.comparisons]


def _place(found: Candidates, blocking: Blocking) -> int:
    """Which of the rules found these pairs."""
    numbers = [rule.rule.number for rule in blocking.rules]
    return numbers.index(int(found.rule[0])) if len(found) else 0


def _limited(run: Run, left: Ints, right: Ints) -> Levels:
    levels = compare(run.table, left, right, run.model)
    return limit(levels, agreeing(run.table, left, right, levels, run.model, run.counts), run.model)


# ---- what strangers show ------------------------------------------------------------------------------------------------


def _with_u(comparison: Comparison, strangers: Ints, table: Table, model: Model) -> Comparison:
    if not is_known(table, comparison.name):
        return comparison
    place = model.column[comparison.name]
    seen = strangers[place, : len(comparison.levels)].astype(np.float64)
    seen[_says_nothing(comparison)] = 0
    share = (seen + 0.5) / (seen.sum() + 0.5 * len(seen))
    if comparison.kind not in MEASURED:
        share[comparison.level("exact")] = chance_agreement(table, comparison.name)
    base = np.array([level.h / level.u for level in comparison.levels]) * share
    return _with_probabilities(comparison, u=share, h=base / base[1:].sum())


def chance_agreement(table: Table, name: str) -> float:
    """How often two records that have a value have the same one by chance."""
    counts = _value_counts(table, name)
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
    listed = listed[seen[listed] > 0]
    shares = zip(pick(column.values, listed), np.round(seen[listed] / total, 9).tolist(), strict=True)
    others = rest[rest > 0]
    return {REST: round(float(others.mean() if len(others) else 1) / total, 9)} | dict(shares)


def _value_counts(table: Table, name: str) -> Ints:
    """How often each value occurs."""
    if name in table.multi or name in table.single and name not in table.date_parts:
        codes = (table.multi if name in table.multi else table.single)[name].codes
        return np.bincount(codes)[1:]
    found = part_hashes(table, name)
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
    names = [comparison.name for comparison in model.comparisons]
    demanded = [{name for part in keys.rule.parts for name in _comparisons_of(part)} for keys in blocking.rules]
    free = np.array([[name not in asked for name in names] for asked in demanded], np.bool_)
    chosen: Flags = free.reshape(len(demanded), len(names))[sample.rule]
    return chosen


def _comparisons_of(part: str) -> tuple[str, ...]:
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
    """Levels that are no evidence: missing, values that too many share, and what another comparison has counted.

    Names in each other's place are one event, which the first name tells; counted twice it would be the surest of all.
    """
    silent = ("shared", "swapped") if comparison.kind == "family_name" else ("shared",)
    return [MISSING, *(comparison.level(name) for name in silent if comparison.has(name))]


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
        levels.append(replace(level, m=1.0, u=1.0, h=1.0) if place in nothing else replace(level, **given))
    return replace(comparison, levels=tuple(levels))


def _sensible(share: float) -> float:
    return float(f"{max(float(share), 1e-9):.4g}")
