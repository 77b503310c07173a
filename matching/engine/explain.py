"""Evidence in words and bars: why two records are, or are not, one customer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.engine.blocked import BlockedValues
from matching.engine.encode import encode
from matching.engine.judge import Judged, judge
from matching.engine.keys import block_keys
from matching.engine.model import Model
from matching.engine.types import Evidence, Outcome, Reason, RecordInput, Table

REASON_SENTENCES: dict[Reason, str] = {
    Reason.PARTY_KIND_DIFFERS: "One is a person, the other an organisation.",
    Reason.IDENTIFIER_DIFFERS: "An identifier that each person has only once differs.",
    Reason.BIRTH_DATE_DIFFERS: "Birth dates differ by more than a slip.",
    Reason.SUFFIX_DIFFERS: "Name suffixes differ, such as Sr and Jr.",
    Reason.FIRST_NAME_DIFFERS_AT_HOME: "First names differ at one surname, address and phone: likely one household.",
    Reason.CONTRADICTED: "Two properties of a person differ.",
    Reason.ONE_GROUP: "Only one kind of evidence agrees; two are needed.",
    Reason.UNSURE: "The evidence is not strong enough to decide automatically.",
    Reason.CANNOT_LINK: "A person decided that these are not the same.",
    Reason.RIVAL: "Another customer fits nearly as well and cannot be the same one.",
    Reason.MARKED: "A mark on one side stops automatic decisions.",
    Reason.BOTH_VERIFIED: "People verified both sides.",
    Reason.CONTRADICTED_IN_CLUSTER: "Two records would meet in one customer that contradict each other.",
    Reason.TOO_LARGE: "The customer would have more records than are joined automatically.",
    Reason.STOPPED: "So many records hang together that nothing among them was decided.",
    Reason.ONLY_BRIDGE: "This is the only link between two groups of records.",
    Reason.OVER_CAP: "The customer would hold more values of one kind than one person should.",
    Reason.FRACTURE: "A changed record no longer fits its customer.",
    Reason.BLOCKED_VALUE: "The value is blocked: it says nothing about a person.",
    Reason.SHARED_VALUE: "Many customers share the value: they are related, not one.",
    Reason.GENERIC_VALUE: "So many customers share the value that it says nothing.",
    Reason.NO_SHARED_KEY: "No key brings these records together, so they were never compared.",
    Reason.MISSING_WEIGHT: "Evidence is missing.",
}
TELLING = 4  # clauses of the first line
NOTHING_COMPARED = "Nothing could be compared."


@dataclass(frozen=True, slots=True)
class Bar:
    """One step from the prior to the verdict. kind: prior, agree, conflict, missing or household."""

    label: str
    sentence: str
    weight: float
    kind: str


@dataclass(frozen=True, slots=True)
class WhyNot:
    """One thing that keeps two records from being joined automatically."""

    reason: Reason
    sentence: str


def evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain data; holds levels and numbers, never values."""
    return {
        "model": evidence.model,
        "levels": dict(evidence.levels),
        "weights": dict(evidence.weights),
        "prior": evidence.prior,
        "household": evidence.household,
        "weight": evidence.weight,
        "probability": evidence.probability,
        "household_probability": evidence.household_probability,
        "rule": evidence.rule,
        "found_by": evidence.found_by,
        "usage": dict(evidence.usage),
        "ignored": [list(item) for item in evidence.ignored],
        "reasons": [reason.value for reason in evidence.reasons],
    }


def evidence_from_json(data: Mapping[str, Any]) -> Evidence:
    """Read evidence back; `evidence_to_json` of it is equal."""
    return Evidence(
        **{
            **data,
            "ignored": tuple((name, reason) for name, reason in data["ignored"]),
            "reasons": tuple(Reason(reason) for reason in data["reasons"]),
        }
    )


def verdict_sentence(evidence: Evidence, model: Model) -> str:
    """The first line in words: what weighs most, for or against."""
    names = sorted(evidence.levels, key=lambda name: (-abs(evidence.weights.get(name, 0.0)), name))
    clauses = [_sentence(model, name, evidence.levels[name]).rstrip(".") for name in names[:TELLING]]
    if not clauses:
        return NOTHING_COMPARED
    return "; ".join([clauses[0], *(clause[0].lower() + clause[1:] for clause in clauses[1:])]) + "."


def waterfall(evidence: Evidence, model: Model) -> list[Bar]:
    """Bars that add up to the evidence's weight: prior, agreements, conflicts, household, then what is missing."""
    compared = sorted(evidence.levels, key=lambda name: (-evidence.weights.get(name, 0.0), name))
    bars = [Bar("Prior", "Two records taken at random are hardly ever one customer.", evidence.prior, "prior")]
    bars += [_bar(evidence, model, name) for name in compared]
    if evidence.household:
        sentence = "Two people of one household would look much the same."
        bars.append(Bar("Household", sentence, evidence.household, "household"))
    missing = [item for item in model.comparisons if item.name not in evidence.levels]
    return bars + [Bar(label(item.name), item.levels[0].sentence, 0.0, "missing") for item in missing]


def explain_pair(
    a: RecordInput, b: RecordInput, model: Model, blocked: BlockedValues, usage: Mapping[int, int] | None = None
) -> Evidence:
    """Evidence of any two records as things stand, whether or not a key brings them together."""
    judged = _judged(a, b, model, blocked, usage or {})
    return judged.evidence(0, judged.reasons(0))


def why_not(
    a: RecordInput,
    b: RecordInput,
    model: Model,
    blocked: BlockedValues,
    usage: Mapping[int, int] | None = None,
    cannot_link: bool = False,
) -> list[WhyNot]:
    """Everything that keeps two records apart; empty if they would be joined."""
    judged = _judged(a, b, model, blocked, usage or {})
    reasons = [Reason.CANNOT_LINK] if cannot_link else []
    reasons += [] if judged.found_by[0] else [Reason.NO_SHARED_KEY]
    reasons += [reason for reason in judged.reasons(0) if reason is not Reason.UNSURE]
    found = [WhyNot(reason, REASON_SENTENCES[reason]) for reason in reasons]
    return found + _missing_weight(judged, model)


def label(name: str) -> str:
    """A comparison's name as a heading."""
    return name.replace("_", " ").capitalize()


def _bar(evidence: Evidence, model: Model, name: str) -> Bar:
    weight = evidence.weights.get(name, 0.0)
    kind = "agree" if weight > 0 else "conflict" if weight < 0 else "missing"
    return Bar(label(name), _sentence(model, name, evidence.levels[name]), weight, kind)


def _sentence(model: Model, name: str, level: str) -> str:
    """The sentence of a level; plain words when the model no longer has it."""
    if model.has(name) and model.comparison(name).has(level):
        comparison = model.comparison(name)
        return comparison.levels[comparison.level(level)].sentence
    return f"{label(name)}: {level.replace('_', ' ')}."


def _missing_weight(judged: Judged, model: Model) -> list[WhyNot]:
    """How much weight is lacking for an automatic decision, in log2."""
    auto = model.thresholds.auto
    lacking = math.log2(auto / (1 - auto)) - float(judged.scores.weight[0])
    if judged.verdicts.outcome[0] == Outcome.AUTO or lacking <= 0:
        return []
    return [WhyNot(Reason.MISSING_WEIGHT, f"Evidence is missing: {lacking:.1f} more in log2 weight.")]


def _judged(
    a: RecordInput, b: RecordInput, model: Model, blocked: BlockedValues, usage: Mapping[int, int]
) -> Judged:
    table = encode([a, b], model, blocked)
    first, second = np.array([0], np.int64), np.array([1], np.int64)
    return judge(table, first, second, np.array([_finder(table, model)], np.int64), model, usage)


def _finder(table: Table, model: Model) -> int:
    """The lowest number of a blocking rule under which both records have one key; 0 if there is none."""
    keys = block_keys(table, model)
    of_side = [set(zip(*(part[keys.record == row].tolist() for part in (keys.rule, keys.key)), strict=True)) for row in (0, 1)]
    return min((int(rule) for rule, _ in of_side[0] & of_side[1]), default=0)
