"""Evidence in words and figures: what was decided, why, and why not. Sentences are made at view time, from levels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from matching.engine.blocked import BlockedValues
from matching.engine.encode import encode
from matching.engine.judge import Judged, judge_pairs
from matching.engine.keys import block_keys
from matching.engine.model import Level, Model
from matching.engine.types import Evidence, Outcome, Reason, RecordInput, Table
from matching.engine.usage import NOWHERE, Usage, count

REASON_SENTENCES: dict[Reason, str] = {
    Reason.PARTY_KIND_DIFFERS: "One is a person, the other an organisation.",
    Reason.IDENTIFIER_DIFFERS: "They have different values of an identifier that a person has only once.",
    Reason.BIRTH_DATE_DIFFERS: "Their birth dates differ by more than a slip.",
    Reason.SUFFIX_DIFFERS: "Their name suffixes differ, such as Sr and Jr.",
    Reason.FIRST_NAME_DIFFERS_AT_HOME: "Same surname, address and phone, but different first names.",
    Reason.CONTRADICTED: "Two properties that belong to one person alone differ.",
    Reason.FIRST_NAME_DOUBTFUL: "The first names are not close enough to decide automatically.",
    Reason.GENERATION_DOUBTFUL: "Only one name has a suffix: they may be parent and child.",
    Reason.ONE_GROUP: "The evidence is of one kind only; two independent kinds are needed.",
    Reason.UNSURE: "The evidence is not strong enough to decide automatically.",
    Reason.CANNOT_LINK: "A person decided that two of these records are not the same.",
    Reason.RIVAL: "One of them fits two customers equally well who cannot both be right.",
    Reason.MARKED: "A mark on one of them stops automatic decisions.",
    Reason.BOTH_VERIFIED: "A person has verified both.",
    Reason.CONTRADICTED_IN_CLUSTER: "Together they would hold two records that contradict each other.",
    Reason.TOO_LARGE: "Together they would hold more records than may be joined automatically.",
    Reason.STOPPED: "They belong to a cluster so large that nothing in it is decided.",
    Reason.ONLY_BRIDGE: "This link alone would join two groups of records.",
    Reason.OVER_CAP: "Together they would hold more values of a field than one customer should.",
    Reason.FRACTURE: "The changed record no longer fits the customer that it belongs to.",
    Reason.BLOCKED_VALUE: "A placeholder, which matching ignores.",
    Reason.SHARED_VALUE: "So many customers share this value that it only says they are related.",
    Reason.GENERIC_VALUE: "So many customers share this value that matching ignores it.",
    Reason.NO_SHARED_KEY: "No key found the pair: nothing that records are looked up by agrees.",
    Reason.MISSING_WEIGHT: "The evidence falls short of the threshold.",
}
PRIOR_SENTENCE = "Before anything is compared: how rarely two records are one customer."
HOUSEHOLD_SENTENCE = "They could also be two people of one household."
NOTHING_SENTENCE = "Nothing to compare."


class Kind(StrEnum):
    """Which way a bar points."""

    AGREE = "agree"
    CONFLICT = "conflict"
    MISSING = "missing"
    PRIOR = "prior"
    HOUSEHOLD = "household"


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the sum that ends in the pair's log2 odds."""

    label: str
    sentence: str
    weight: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class WhyNot:
    """One reason why two records are not one customer automatically; `weight` is what is missing, in log2."""

    reason: Reason
    sentence: str
    weight: float = 0.0


def evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain data."""
    data = {name: getattr(evidence, name) for name in Evidence.__dataclass_fields__}
    return data | {
        "levels": dict(evidence.levels),
        "weights": dict(evidence.weights),
        "usage": dict(evidence.usage),
        "ignored": [list(item) for item in evidence.ignored],
        "reasons": [reason.value for reason in evidence.reasons],
    }


def evidence_from_json(data: Mapping[str, Any]) -> Evidence:
    """Evidence from plain data; of a later or earlier version only what is known is read."""
    known = {name: data[name] for name in Evidence.__dataclass_fields__ if name in data}
    known["ignored"] = tuple((name, reason) for name, reason in data.get("ignored", ()))
    known["reasons"] = tuple(Reason(reason) for reason in data.get("reasons", ()))
    return Evidence(**known)


def verdict_sentence(evidence: Evidence, model: Model) -> str:
    """The evidence in words, strongest agreement first, then conflicts: "Same e-mail; surnames nearly equal." """
    told = [(evidence.weights.get(name, 0.0), _sentence(evidence, model, name)) for name in evidence.levels]
    agreeing = sorted((item for item in told if item[0] > 0), key=lambda item: -item[0])
    conflicting = sorted((item for item in told if item[0] <= 0), key=lambda item: item[0])
    words = [sentence.rstrip(".") for _, sentence in (*agreeing, *conflicting)]
    if not words:
        return NOTHING_SENTENCE
    return (
        "; ".join([words[0], *(word if word[:2].isupper() else word[:1].lower() + word[1:] for word in words[1:])])
        + "."
    )


def waterfall(evidence: Evidence, model: Model) -> list[Bar]:
    """The bars of the sum: prior, every comparison, the household alternative; they add up to the weight."""
    bars = [Bar("prior", PRIOR_SENTENCE, evidence.prior, Kind.PRIOR)]
    for comparison in model.comparisons:
        weight = evidence.weights.get(comparison.name, 0.0)
        kind = _kind(evidence, comparison.name, weight)
        bars.append(Bar(comparison.name, _sentence(evidence, model, comparison.name), weight, kind))
    return [*bars, Bar("household", HOUSEHOLD_SENTENCE, evidence.household, Kind.HOUSEHOLD)]


def explain_pair(
    first: RecordInput, second: RecordInput, model: Model, blocked: BlockedValues, usage: Usage = NOWHERE
) -> Evidence:
    """What speaks for and against two records being one, whether or not any key would find them."""
    judged = _judge_two(first, second, model, blocked, usage)
    return judged.evidence(0, judged.reasons(0))


def why_not(
    first: RecordInput,
    second: RecordInput,
    model: Model,
    blocked: BlockedValues,
    usage: Usage = NOWHERE,
    cannot_link: bool = False,
) -> list[WhyNot]:
    """All that keeps two records from being joined automatically; empty if nothing does."""
    judged = _judge_two(first, second, model, blocked, usage)
    reasons = [Reason.CANNOT_LINK] if cannot_link else []
    reasons += [] if _share_a_key(judged) else [Reason.NO_SHARED_KEY]
    reasons += [reason for reason in judged.reasons(0) if reason != Reason.UNSURE]
    told = [WhyNot(reason, REASON_SENTENCES[reason]) for reason in reasons]
    short = model.thresholds.auto_weight - float(judged.scores.weight[0])
    if short > 0 and judged.verdicts.outcome[0] != Outcome.AUTO:
        sentence = f"{REASON_SENTENCES[Reason.MISSING_WEIGHT]} {short:.1f} of weight are missing."
        told.append(WhyNot(Reason.MISSING_WEIGHT, sentence, round(short, 3)))
    return told


def _judge_two(first: RecordInput, second: RecordInput, model: Model, blocked: BlockedValues, usage: Usage) -> Judged:
    table = encode([first, second], model, blocked)
    return judge_pairs(table, [(0, 1)], model, count(table, model, usage))


def best_pair(
    left: Sequence[RecordInput],
    right: Sequence[RecordInput],
    model: Model,
    blocked: BlockedValues,
    usage: Usage = NOWHERE,
) -> tuple[int, int, Evidence]:
    """The places (in `left`, in `right`) of the pair that speaks most for two customers being one, and its evidence."""
    table = encode([*left, *right], model, blocked)
    pairs = [(i, len(left) + j) for i in range(len(left)) for j in range(len(right))]
    judged = judge_pairs(table, pairs, model, count(table, model, usage))
    place = int(judged.scores.weight.argmax())
    evidence = judged.evidence(place, judged.reasons(place))
    return int(judged.left[place]), int(judged.right[place]) - len(left), evidence


def shared_keys(first: RecordInput, second: RecordInput, model: Model, blocked: BlockedValues) -> list[str]:
    """The blocking rules by which the two find each other, as sentences: "the same e-mail"."""
    found = _shared_rules(encode([first, second], model, blocked), model)
    return [rule.sentence for rule in model.blocking if rule.number in found]


def _share_a_key(judged: Judged) -> bool:
    return bool(_shared_rules(judged.table, judged.model))


def _shared_rules(table: Table, model: Model) -> set[int]:
    """Numbers of the blocking rules of which the two records of a table have a key in common."""
    keys = block_keys(table, model)
    sides = [
        set(zip(keys.rule[own].tolist(), keys.key[own].tolist(), strict=True))
        for own in (keys.record == 0, keys.record == 1)
    ]
    return {rule for rule, _ in sides[0] & sides[1]}


def _sentence(evidence: Evidence, model: Model, name: str) -> str:
    """The sentence of the level found; the bare level where another model's evidence is read with this one."""
    level_name = evidence.levels.get(name, "missing")
    if not model.has(name):
        return f"{name}: {level_name}."
    found: list[Level] = [level for level in model.comparison(name).levels if level.name == level_name]
    return found[0].sentence if found else f"{name}: {level_name}."


def _kind(evidence: Evidence, name: str, weight: float) -> Kind:
    if evidence.levels.get(name, "missing") == "missing":
        return Kind.MISSING
    return Kind.AGREE if weight > 0 else Kind.CONFLICT
