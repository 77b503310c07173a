"""Pairs with everything known about them, looked up by record: what `resolve` and `explain` reason with."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Self, TypeVar

import numpy as np

from matching.engine.compare import compare
from matching.engine.decide import decide, reasons
from matching.engine.model import Model
from matching.engine.score import score
from matching.engine.types import Evidence, Flags, Floats, Ints, Link, Outcome, PairVerdicts, Reason, Scores, Table
from matching.engine.usage import Counts

Pair = tuple[int, int]
ROUNDED = 3  # decimals of weights in evidence
NOTHING: dict[str, Any] = {}
Stage = TypeVar("Stage", Scores, PairVerdicts)


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs of row numbers (left < right) with scores and verdicts."""

    table: Table
    model: Model
    left: Ints
    right: Ints
    found_by: Ints  # blocking rule number, 0 where none found the pair
    scores: Scores
    verdicts: PairVerdicts
    brief: bool = False  # evidence without levels: where plans are only counted

    def __len__(self) -> int:
        return len(self.left)

    @property
    def auto(self) -> Flags:
        """Pairs that are certain by themselves."""
        auto: Flags = self.verdicts.outcome == Outcome.AUTO
        return auto

    @property
    def probability(self) -> Floats:
        """Posterior probability that a pair is one person."""
        return self.scores.probability

    def joined(self, other: Self) -> Self:
        """These pairs and, after them, those."""
        return replace(
            self,
            left=np.append(self.left, other.left),
            right=np.append(self.right, other.right),
            found_by=np.append(self.found_by, other.found_by),
            scores=_stacked(self.scores, other.scores),
            verdicts=_stacked(self.verdicts, other.verdicts),
        )

    def reasons(self, place: int) -> tuple[Reason, ...]:
        """Why this pair is not automatic by itself."""
        return reasons(self.verdicts, place, self.model)

    def link(self, place: int, why: Iterable[Reason] = ()) -> Link:
        """The pair with its evidence."""
        return Link(int(self.left[place]), int(self.right[place]), self.evidence(place, why))

    def evidence(self, place: int, why: Iterable[Reason] = ()) -> Evidence:
        """What is worth keeping of one pair: levels and weights, never values."""
        scores, model = self.scores, self.model
        if self.brief:
            return Evidence(model.label, NOTHING, NOTHING, model.prior, 0.0, *self._figures(place), reasons=tuple(why))
        found = [(column, level) for column, level in enumerate(scores.levels[place].tolist()) if level]
        names = [model.comparisons[column].name for column, _ in found]
        levels = {
            name: model.comparison(name).levels[level].name for name, (_, level) in zip(names, found, strict=True)
        }
        weights = scores.weights[place].round(ROUNDED).tolist()
        weight, probability, home = self._figures(place)
        rule, found_by = int(self.verdicts.rule[place]), int(self.found_by[place])
        return Evidence(
            model=model.label,
            levels=levels,
            weights={name: weights[column] for name, (column, _) in zip(names, found, strict=True)},
            prior=model.prior,
            household=round(-float(np.logaddexp2(scores.household_weight[place], 0.0)), ROUNDED),
            weight=weight,
            probability=probability,
            household_probability=home,
            rule=model.rules[rule].name if rule >= 0 else None,
            found_by=model.rule_names.get(found_by),
            usage={name: int(held[place]) for name, held in scores.usage.items() if held[place]},
            ignored=self._ignored(place, levels),
            reasons=tuple(why),
        )

    def _figures(self, place: int) -> tuple[float, float, float]:
        """Weight, probability and household probability, rounded."""
        scores = self.scores
        return (
            round(float(scores.weight[place]), ROUNDED),
            round(float(scores.probability[place]), 6),
            round(float(scores.household_probability[place]), 6),
        )

    def _ignored(self, place: int, levels: dict[str, str]) -> tuple[tuple[str, str], ...]:
        """Values of either side that matching did not use: blocked ones, and those that too many share."""
        sides = (*self.table.ignored[self.left[place]], *self.table.ignored[self.right[place]])
        shared = [name for name, level in levels.items() if level == "shared"]
        found = {(item.field, item.reason.value) for item in sides}
        for name in shared:
            generic = self.scores.usage[name][place] > self.model.limits.generic
            found.add((name, (Reason.GENERIC_VALUE if generic else Reason.SHARED_VALUE).value))
        return tuple(sorted(found))


def judge(table: Table, left: Ints, right: Ints, found_by: Ints, model: Model, counts: Counts) -> Judged:
    """Compare, score and decide pairs in one go."""
    scores = score(compare(table, left, right, model), table, left, right, model, counts)
    return Judged(table, model, left, right, found_by, scores, decide(scores, table, left, right, model))


def judge_pairs(table: Table, pairs: Iterable[Pair], model: Model, counts: Counts) -> Judged:
    """`judge` for pairs that no key had to find."""
    listed = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    if not len(listed):
        return _nothing(table, model, counts)
    return judge(table, listed[:, 0], listed[:, 1], np.zeros(len(listed), np.int64), model, counts)


def _nothing(table: Table, model: Model, counts: Counts) -> Judged:
    """No pair: the steps of judging cost much the same for none as for a hundred."""
    none, no_float, no_int = np.zeros((0, len(model.comparisons))), np.zeros(0), np.zeros(0, np.int64)
    usage = {name: np.zeros(0, np.int32) for name in counts}
    scores = Scores(none.astype(np.int8), none, no_float, no_float, no_float, no_float, usage)
    outcome, rule, no_flag = np.zeros(0, np.int8), np.zeros(0, np.int16), np.zeros(0, np.bool_)
    verdicts = PairVerdicts(outcome, rule, no_int, no_int, no_int, no_flag)
    return Judged(table, model, no_int, no_int, no_int, scores, verdicts)


def _stacked(first: Stage, second: Stage) -> Stage:
    """Two results of one stage as one."""
    return replace(
        first, **{item.name: _appended(getattr(first, item.name), getattr(second, item.name)) for item in fields(first)}
    )


def _appended(first: Any, second: Any) -> Any:
    if isinstance(first, dict):
        return {name: np.append(first[name], second[name]) for name in first}
    return np.concatenate([first, second])
