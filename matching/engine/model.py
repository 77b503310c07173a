"""A match model: one piece of data that says how records are compared, weighed and decided on."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from matching.engine.types import MEASURED, VETOES, Flags, Floats, Levels, Reason

SAME_PER_RECORD, HOUSEHOLD_PER_RECORD = 0.6, 1.5  # pairs to be expected for each record of a customer base
DEFAULT_MODEL = Path(__file__).with_name("default_model.json")
MISSING = 0


class ModelInvalid(ValueError):
    """The model contradicts itself; the message says where."""


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement; m, u, h: how often pairs of one person, of strangers, of a household show it."""

    name: str
    sentence: str
    m: float = 1.0
    u: float = 1.0
    h: float = 1.0
    within: float | None = None  # of a number or a place: how far apart at most

    @property
    def weight(self) -> float:
        """log2 of how much likelier the level is for one person than for strangers."""
        return math.log2(self.m / self.u)

    @property
    def household_weight(self) -> float:
        """log2 of how much likelier the level is for a household than for strangers."""
        return math.log2(self.h / self.u)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one property of two records is compared. `kind` names the comparer, `levels[0]` is always "missing"."""

    name: str
    kind: str
    group: str
    levels: tuple[Level, ...]
    person: bool = False  # belongs to one person alone: two such differences contradict a pair
    shared_by_household: bool = False  # a rare value is as telling for a household as for one person

    def level(self, name: str) -> int:
        """The number of the level of that name."""
        for number, level in enumerate(self.levels):
            if level.name == name:
                return number
        raise ModelInvalid(f"Comparison {self.name} has no level {name}.")

    def has(self, name: str) -> bool:
        """Whether there is a level of that name."""
        return any(level.name == name for level in self.levels)


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds for a pair when each of `all` does and none of `none`; a term holds when any of its comparisons does."""

    all: tuple[Mapping[str, tuple[str, ...]], ...]
    none: tuple[Mapping[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A certain combination of two independent groups, decided by name and not by number."""

    name: str
    sentence: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Veto:
    """A combination that forbids an automatic decision whatever the weight."""

    reason: Reason
    condition: Condition


@dataclass(frozen=True, slots=True)
class Doubt:
    """A combination that forbids an automatic decision by weight alone; a named rule may still decide."""

    reason: Reason
    condition: Condition


@dataclass(frozen=True, slots=True)
class BlockingRule:
    """Records that agree on all parts meet. `number` is stored with the keys and never reused for another rule.

    `value_of` names the comparison whose one value the key stands for, so that its holders can be counted. `cap`: records
    from which a key of this rule no longer says anything, where that is fewer than the model's limit; 0: the limit.
    """

    number: int
    name: str
    parts: tuple[str, ...]
    sentence: str
    value_of: str | None = None
    cap: int = 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities at which things happen."""

    auto: float = 0.95
    review: float = 0.70
    fracture: float = 0.60
    rival_margin: float = 0.10
    household: float = 0.70
    group_weight: float = 2.0  # log2 weight from which a group counts as evidence

    @property
    def auto_weight(self) -> float:
        """The automatic threshold as log2 odds."""
        return math.log2(self.auto / (1 - self.auto))

    @property
    def household_weight(self) -> float:
        """The household threshold as log2 odds."""
        return math.log2(self.household / (1 - self.household))

    @property
    def review_weight(self) -> float:
        """The review threshold as log2 odds."""
        return math.log2(self.review / (1 - self.review))


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes at which things stop. Caps are per profile; shared-value limits count profiles."""

    shared: Mapping[str, int]
    generic: int
    caps: Mapping[str, int]
    cluster_auto: int
    cluster_stop: int
    block: int


@dataclass(frozen=True)
class Model:
    """One version of everything above. Immutable; decisions name its label."""

    label: str
    prior: float  # log2 odds that two records taken at random are one person
    household_prior: float  # the same for two people of one household
    comparisons: tuple[Comparison, ...]
    rules: tuple[NamedRule, ...]
    vetoes: tuple[Veto, ...]
    doubts: tuple[Doubt, ...]
    blocking: tuple[BlockingRule, ...]
    thresholds: Thresholds
    limits: Limits
    unique_fields: frozenset[str]
    unique_by_source: Mapping[str, frozenset[str]] = field(default_factory=dict)  # overrides unique_fields
    frequencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a model; raises ModelInvalid with the place of the first fault."""
        try:
            return cls(**_read(data))
        except (KeyError, TypeError) as fault:
            raise ModelInvalid(f"The model cannot be read: {fault}.") from fault

    def to_json(self) -> dict[str, Any]:
        """The model as plain data; `from_json` of it is equal."""
        return _write(self)

    def for_population(self, records: int) -> Self:
        """The same model with priors for a customer base of that many records.

        The more records there are, the more strangers look alike: thresholds mean the same only with a fitting prior.
        """
        strangers = max(records, 2) / 2
        same, household = math.log2(SAME_PER_RECORD / strangers), math.log2(HOUSEHOLD_PER_RECORD / strangers)
        return replace(self, prior=round(same, 2), household_prior=round(household, 2))

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Independent groups of evidence, in the order of their first comparison."""
        return tuple(dict.fromkeys(comparison.group for comparison in self.comparisons))

    @cached_property
    def column(self) -> Mapping[str, int]:
        """Comparison name -> its column in Levels."""
        return {comparison.name: number for number, comparison in enumerate(self.comparisons)}

    @cached_property
    def rule_names(self) -> Mapping[int, str]:
        """Blocking rule number -> name."""
        return {rule.number: rule.name for rule in self.blocking}

    @cached_property
    def block_caps(self) -> Mapping[int, int]:
        """Blocking rule number -> how many records may share a key of it."""
        most = self.limits.block
        return {rule.number: min(rule.cap or most, most) for rule in self.blocking}

    def named_levels(self, pattern: Sequence[int]) -> dict[str, str]:
        """The levels of a pattern by comparison, missing ones left out."""
        known = zip(self.comparisons, pattern, strict=True)
        return {comparison.name: comparison.levels[level].name for comparison, level in known if level}

    def comparison(self, name: str) -> Comparison:
        """The comparison of that name."""
        return self.comparisons[self.column[name]]

    def has(self, name: str) -> bool:
        """Whether the model compares this."""
        return name in self.column

    def is_unique(self, field_name: str, source: str) -> bool:
        """Whether this source gives one person one value of this identifier."""
        return field_name in self.unique_by_source.get(source, self.unique_fields)

    @cached_property
    def weight_table(self) -> tuple[Floats, Floats]:
        """Weights and household weights as [comparison, level], for looking up whole patterns."""
        width = max(len(comparison.levels) for comparison in self.comparisons)
        tables = np.zeros((2, len(self.comparisons), width))
        for row, comparison in enumerate(self.comparisons):
            for number, level in enumerate(comparison.levels):
                tables[0, row, number] = level.weight
                tables[1, row, number] = level.household_weight
        return tables[0], tables[1]

    def holds(self, condition: Condition, levels: Levels) -> Flags:
        """For each pattern, whether the condition holds."""
        result = np.ones(len(levels), dtype=np.bool_)
        for term in condition.all:
            result &= self._any_of(term, levels)
        for term in condition.none:
            result &= ~self._any_of(term, levels)
        return result

    def _any_of(self, term: Mapping[str, tuple[str, ...]], levels: Levels) -> Flags:
        result = np.zeros(len(levels), dtype=np.bool_)
        for name, level_names in term.items():
            comparison = self.comparison(name)
            found = levels[:, self.column[name]]
            for level_name in level_names:
                result |= found == comparison.level(level_name)
        return result


def default_model() -> Model:
    """The model that ships with the product."""
    return Model.from_json(json.loads(DEFAULT_MODEL.read_text(encoding="utf-8")))


def check(model: Model) -> None:
    """Raise ModelInvalid for a model that would not mean what it says."""
    _check_levels(model)
    _check_rules(model)
    _check_thresholds(model.thresholds)
    _check_limits(model.limits)
    if len({rule.number for rule in model.blocking}) != len(model.blocking):
        raise ModelInvalid("Two blocking rules have one number.")
    if any(rule.cap < 0 for rule in model.blocking):
        raise ModelInvalid("The cap of a blocking rule cannot be negative.")


def _check_levels(model: Model) -> None:
    for comparison in model.comparisons:
        if not comparison.levels or comparison.levels[MISSING].name != "missing":
            raise ModelInvalid(f"The first level of {comparison.name} must be missing.")
        for level in comparison.levels:
            if not level.sentence:
                raise ModelInvalid(f"Level {level.name} of {comparison.name} has no sentence.")
            if min(level.m, level.u, level.h) <= 0:
                raise ModelInvalid(f"Level {level.name} of {comparison.name} has a probability of nought.")
        reach = [-1.0 if level.within is None else level.within for level in comparison.levels[1:-1]]
        if comparison.kind in MEASURED and (min(reach, default=-1) < 0 or reach != sorted(set(reach))):
            raise ModelInvalid(f"Each level of {comparison.name} but the last must reach farther than the one before.")


def _check_thresholds(thresholds: Thresholds) -> None:
    for name in ("auto", "review", "fracture", "household"):
        if not 0 < getattr(thresholds, name) < 1:
            raise ModelInvalid(f"The {name} threshold must lie between 0 and 1.")
    if thresholds.review > thresholds.auto:
        raise ModelInvalid("The review threshold must not lie above the automatic one.")
    if not 0 <= thresholds.rival_margin < 1:
        raise ModelInvalid("The rival margin must lie between 0 and 1.")


def _check_limits(limits: Limits) -> None:
    sizes = [*limits.shared.values(), *limits.caps.values(), limits.generic, limits.cluster_auto, limits.block]
    if min(sizes) < 1:
        raise ModelInvalid("Every limit must be 1 at least.")
    if limits.cluster_auto > limits.cluster_stop:
        raise ModelInvalid("A cluster cannot be stopped at fewer records than may be joined automatically.")


def _check_rules(model: Model) -> None:
    for rule in model.rules:
        groups = {model.comparison(name).group for term in rule.condition.all for name in term}
        if len(groups) < 2:
            raise ModelInvalid(f"Rule {rule.name} must span two independent groups.")
    for veto in model.vetoes:
        if veto.reason not in VETOES:
            raise ModelInvalid(f"{veto.reason} is no veto.")
    named: list[NamedRule | Veto | Doubt] = [*model.rules, *model.vetoes, *model.doubts]
    for condition in (item.condition for item in named):
        for term in (*condition.all, *condition.none):
            for name, level_names in term.items():
                for level_name in level_names:
                    model.comparison(name).level(level_name)


def _read(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "label": data["label"],
        "prior": data["prior"],
        "household_prior": data["household_prior"],
        "comparisons": tuple(_read_comparison(item) for item in data["comparisons"]),
        "rules": tuple(NamedRule(item["name"], item["sentence"], _read_condition(item)) for item in data["rules"]),
        "vetoes": tuple(Veto(Reason(item["reason"]), _read_condition(item)) for item in data["vetoes"]),
        "doubts": tuple(Doubt(Reason(item["reason"]), _read_condition(item)) for item in data["doubts"]),
        "blocking": tuple(_read_blocking(item) for item in data["blocking"]),
        "thresholds": Thresholds(**data["thresholds"]),
        "limits": Limits(**data["limits"]),
        "unique_fields": frozenset(data["unique_fields"]),
        "unique_by_source": {name: frozenset(fields) for name, fields in data.get("unique_by_source", {}).items()},
        "frequencies": data.get("frequencies", {}),
    }


def _read_comparison(item: Mapping[str, Any]) -> Comparison:
    levels = tuple(Level(**level) for level in item["levels"])
    return Comparison(**{**item, "levels": levels})


def _read_blocking(item: Mapping[str, Any]) -> BlockingRule:
    return BlockingRule(**{**item, "parts": tuple(item["parts"])})


def _read_condition(item: Mapping[str, Any]) -> Condition:
    return Condition(_read_terms(item["all"]), _read_terms(item.get("none", ())))


def _read_terms(terms: Sequence[Mapping[str, Sequence[str]]]) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    return tuple({name: tuple(levels) for name, levels in term.items()} for term in terms)


def _write(model: Model) -> dict[str, Any]:
    return {
        "label": model.label,
        "prior": model.prior,
        "household_prior": model.household_prior,
        "thresholds": _plain(model.thresholds),
        "limits": _plain(model.limits),
        "unique_fields": sorted(model.unique_fields),
        "unique_by_source": {name: sorted(fields) for name, fields in model.unique_by_source.items()},
        "comparisons": [
            _plain(item) | {"levels": [_plain(level) for level in item.levels]} for item in model.comparisons
        ],
        "rules": [
            {"name": rule.name, "sentence": rule.sentence} | _write_condition(rule.condition) for rule in model.rules
        ],
        "vetoes": [{"reason": veto.reason.value} | _write_condition(veto.condition) for veto in model.vetoes],
        "doubts": [{"reason": doubt.reason.value} | _write_condition(doubt.condition) for doubt in model.doubts],
        "blocking": [_plain(rule) | {"parts": list(rule.parts)} for rule in model.blocking],
        "frequencies": {name: dict(values) for name, values in model.frequencies.items()},
    }


def _write_condition(condition: Condition) -> dict[str, Any]:
    written: dict[str, Any] = {"all": _write_terms(condition.all)}
    return written | {"none": _write_terms(condition.none)} if condition.none else written


def _write_terms(terms: Sequence[Mapping[str, tuple[str, ...]]]) -> list[dict[str, list[str]]]:
    return [{name: list(levels) for name, levels in term.items()} for term in terms]


def _plain(item: Any) -> dict[str, Any]:
    told = {name: getattr(item, name) for name in item.__dataclass_fields__}
    return {name: value for name, value in told.items() if (name, value) != ("within", None)}
