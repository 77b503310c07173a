"""A match model in readable form: levels with weights as bars, conditions in words, what differs between two versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .engine.explain import REASON_SENTENCES
from .engine.model import MISSING, Comparison, Condition, Level, Model

MIDDLE, LEAST = 100.0, 1.0  # of the drawing of a weight, which is 200 wide: its zero, and the narrowest bar


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A level with its weight and the bar of it: to the right for, to the left against."""

    level: Level
    is_telling: bool
    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """A comparison with its levels."""

    comparison: Comparison
    levels: list[LevelRow]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule, veto or doubt: what it is called, what it means, and when it holds in words."""

    name: str
    sentence: str
    when: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting of two versions that is not the same."""

    what: str
    before: str
    after: str


def comparisons(model: Model) -> list[ComparisonRow]:
    """All comparisons with their levels, on one scale of weights."""
    largest = max(abs(level.weight) for item in model.comparisons for level in item.levels) or 1.0
    return [
        ComparisonRow(item, [_level_row(number, level, largest) for number, level in enumerate(item.levels) if number])
        for item in model.comparisons
    ]


def _level_row(number: int, level: Level, largest: float) -> LevelRow:
    width = max(abs(level.weight) / largest * MIDDLE, LEAST)
    x = MIDDLE if level.weight >= 0 else MIDDLE - width
    kind = "agree" if level.weight > 0 else "conflict"
    return LevelRow(level, is_telling(number, level), round(x, 1), round(width, 1), kind)


def is_telling(number: int, level: Level) -> bool:
    """Whether a level is evidence at all: missing and shared values are not."""
    return number != MISSING and not level.m == level.u == level.h == 1.0


def rules(model: Model) -> list[RuleRow]:
    """Named rules, in their order."""
    return [RuleRow(rule.name, rule.sentence, in_words(rule.condition)) for rule in model.rules]


def vetoes(model: Model) -> list[RuleRow]:
    """Vetoes and doubts, as the sentences that a steward reads."""
    found = [*model.vetoes, *model.doubts]
    return [
        RuleRow(_words(item.reason.value), REASON_SENTENCES[item.reason], in_words(item.condition)) for item in found
    ]


def in_words(condition: Condition) -> str:
    """When a condition holds: "email exact, and given name exact or near, unless name suffix one sided"."""
    wanted = ", and ".join(_term(term) for term in condition.all)
    unless = " or ".join(_term(term) for term in condition.none)
    return f"{wanted}, unless {unless}" if unless else wanted


def _term(term: Mapping[str, Sequence[str]]) -> str:
    return " or ".join(f"{_words(name)} {_either(levels)}" for name, levels in term.items())


def _either(levels: Sequence[str]) -> str:
    listed = [_words(level) for level in levels]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def differences(before: Model, after: Model) -> list[Difference]:
    """Every setting that is not the same in two versions."""
    found = _of_numbers("threshold", _thresholds(before), _thresholds(after))
    found += _of_numbers("limit", _limits(before), _limits(after))
    found += _of_numbers("prior", _priors(before), _priors(after))
    found += _of_rules("rule", [rule.name for rule in before.rules], [rule.name for rule in after.rules])
    found += _of_vetoes(_vetoes_in_words(before), _vetoes_in_words(after))
    names = [[rule.name for rule in model.blocking] for model in (before, after)]
    found += _of_rules("blocking rule", *names)
    return found + _of_numbers("weight", _weights(before), _weights(after))


def _of_rules(title: str, before: Sequence[str], after: Sequence[str]) -> list[Difference]:
    gone = [Difference(f"{title}: {name}", "on", "off") for name in before if name not in after]
    return gone + [Difference(f"{title}: {name}", "off", "on") for name in after if name not in before]


def _vetoes_in_words(model: Model) -> dict[str, str]:
    return {_words(veto.reason.value): in_words(veto.condition) for veto in model.vetoes}


def _of_vetoes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    said = [(name, before.get(name, "off"), after.get(name, "off")) for name in dict.fromkeys([*before, *after])]
    return [Difference(f"veto: {name}", one, other) for name, one, other in said if one != other]


def _thresholds(model: Model) -> dict[str, float]:
    return {name: getattr(model.thresholds, name) for name in model.thresholds.__dataclass_fields__}


def _limits(model: Model) -> dict[str, float]:
    limits = model.limits
    shared = {f"customers that may share: {name}": count for name, count in limits.shared.items()}
    caps = {f"values of one customer: {name}": count for name, count in limits.caps.items()}
    sizes = {name: getattr(limits, name) for name in ("generic", "cluster_auto", "cluster_stop", "block")}
    return {**shared, **caps, **sizes}


def _priors(model: Model) -> dict[str, float]:
    return {"same": model.prior, "household": model.household_prior}


def _weights(model: Model) -> dict[str, float]:
    """Weights to two digits: what differs less is not worth a line."""
    levels = [(item, level) for item in model.comparisons for level in item.levels]
    return {f"{item.name}, {level.name}": round(level.weight, 2) + 0.0 for item, level in levels}


def _of_numbers(title: str, before: Mapping[str, float], after: Mapping[str, float]) -> list[Difference]:
    names = dict.fromkeys([*before, *after])
    return [
        Difference(f"{title}: {_words(name)}", _shown(before.get(name)), _shown(after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
