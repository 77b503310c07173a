"""Two records followed through every stage: keys, levels, weights, rules, vetoes, outcome. For trying a model out."""

from dataclasses import dataclass

from matching.engine.blocked import BlockedValues
from matching.engine.encode import encode
from matching.engine.explain import REASON_SENTENCES
from matching.engine.judge import Judged, judge_pairs
from matching.engine.keys import block_keys
from matching.engine.model import BlockingRule, Model
from matching.engine.types import VETOES, Evidence, Keys, Outcome, Reason, RecordInput
from matching.engine.usage import NOWHERE, Usage, count


@dataclass(frozen=True, slots=True)
class KeyRow:
    """The keys of one blocking rule on each side, and those that both have."""

    rule: str
    sentence: str
    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def shared(self) -> tuple[int, ...]:
        """Keys that both records have: by these the pair is found."""
        return tuple(key for key in self.left if key in self.right)


@dataclass(frozen=True, slots=True)
class Held:
    """A rule, veto or doubt, and whether it holds for the pair."""

    name: str
    sentence: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A group of evidence: its weight together, and whether it is enough to count."""

    name: str
    weight: float
    counts: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that a model does with two records, whether or not a key finds them."""

    outcome: Outcome
    evidence: Evidence
    keys: tuple[KeyRow, ...]
    groups: tuple[Group, ...]
    rules: tuple[Held, ...]
    vetoes: tuple[Held, ...]
    doubts: tuple[Held, ...]
    reasons: tuple[str, ...]

    @property
    def is_found(self) -> bool:
        """Whether any key finds the pair; without one it is never compared outside of a trial."""
        return any(row.shared for row in self.keys)


def trace(
    first: RecordInput, second: RecordInput, model: Model, blocked: BlockedValues, usage: Usage = NOWHERE
) -> Trace:
    """Follow two records through a model; `usage` says how many customers hold the values that it counts."""
    table = encode([first, second], model, blocked)
    judged = judge_pairs(table, [(0, 1)], model, count(table, model, usage))
    verdicts, levels = judged.verdicts, judged.scores.levels
    return Trace(
        outcome=Outcome(int(verdicts.outcome[0])),
        evidence=judged.evidence(0, judged.reasons(0)),
        keys=_key_rows(block_keys(table, model), model),
        groups=_groups(judged),
        rules=tuple(
            Held(rule.name, rule.sentence, bool(model.holds(rule.condition, levels)[0])) for rule in model.rules
        ),
        vetoes=tuple(_held(veto, int(verdicts.vetoes[0]), place) for place, veto in enumerate(VETOES)),
        doubts=tuple(_held(doubt.reason, int(verdicts.doubts[0]), place) for place, doubt in enumerate(model.doubts)),
        reasons=tuple(REASON_SENTENCES[reason] for reason in judged.reasons(0)),
    )


def _held(reason: Reason, mask: int, place: int) -> Held:
    return Held(reason.value, REASON_SENTENCES[reason], bool(mask >> place & 1))


def _key_rows(keys: Keys, model: Model) -> tuple[KeyRow, ...]:
    ordered = sorted(model.blocking, key=lambda rule: rule.number)
    return tuple(KeyRow(rule.name, rule.sentence, _side(keys, rule, 0), _side(keys, rule, 1)) for rule in ordered)


def _side(keys: Keys, rule: BlockingRule, record: int) -> tuple[int, ...]:
    return tuple(sorted(set(keys.key[(keys.rule == rule.number) & (keys.record == record)].tolist())))


def _groups(judged: Judged) -> tuple[Group, ...]:
    model, weights = judged.model, judged.scores.weights[0]
    found = []
    for place, name in enumerate(model.groups):
        members = [model.column[comparison.name] for comparison in model.comparisons if comparison.group == name]
        counts = bool(int(judged.verdicts.groups[0]) >> place & 1)
        found.append(Group(name, round(float(weights[members].sum()), 3), counts))
    return tuple(found)
