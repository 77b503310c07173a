"""Which value of a customer is the golden one: a pure function of the member records and the schema.

Shapes: members in, ranked candidates out, per field; rank 0 is golden. Corrections come first, then the field's rule,
then trust, recency and the lowest record id. Fields of one group (a name, an address) survive together from one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Member:
    """A record of the profile as survivorship sees it: attributes with corrections applied."""

    record_id: int
    source_id: int
    trust: int
    updated_at: datetime
    attributes: Mapping[str, Sequence[str]]
    corrected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field survives."""

    survivorship: str
    group: str = ""


class Candidate(NamedTuple):
    """One value of one field with its rank and everything that supports it."""

    field: str
    rank: int
    value: str
    record_id: int
    source_ids: tuple[int, ...]
    record_ids: tuple[int, ...]
    rule: str
    observed_at: datetime


STATEMENTS = "free:consent:"  # what people said of purposes: evidence for the consent ledger, and no value of theirs
Values = tuple[tuple[str, str], ...]  # (field, value) pairs that survive together
Fields = tuple[str, ...]


def rank_values(members: Iterable[Member], rules: Mapping[str, Rule]) -> list[Candidate]:
    """All candidates of all fields, ranked."""
    return Ranking(rules).rank(members)


class Ranking:
    """The rules of a schema, for ranking the values of many customers."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules
        self._units: dict[frozenset[str], list[tuple[Fields, str]]] = {}

    def rank(self, members: Iterable[Member]) -> list[Candidate]:
        """All candidates of all fields of one customer, ranked."""
        ordered = sorted(members, key=lambda member: member.record_id)
        found: list[Candidate] = []
        for fields, rule in self._units_of(frozenset().union(*(member.attributes for member in ordered))):
            support = _support(ordered, fields)
            variants = (
                support if len(support) == 1 else sorted(support, key=lambda v: _order(v, support[v], rule, fields))
            )
            for rank, variant in enumerate(variants):
                found += _candidates(rank, variant, support[variant], rule, fields)
        return found

    def _units_of(self, fields: frozenset[str]) -> list[tuple[Fields, str]]:
        """Fields that survive together, each with the rule of its first, worked out once per set of fields."""
        if fields not in self._units:
            units: dict[str, list[str]] = {}
            for field in sorted(field for field in fields if not field.startswith(STATEMENTS)):
                rule = self.rules.get(field)
                units.setdefault(rule.group if rule and rule.group else field, []).append(field)
            self._units[fields] = [(tuple(unit), self._rule(unit[0])) for unit in units.values()]
        return self._units[fields]

    def _rule(self, field: str) -> str:
        rule = self.rules.get(field)
        return rule.survivorship if rule else "recent"


def _support(members: Iterable[Member], fields: Fields) -> dict[Values, list[Member]]:
    """The distinct values of one field, or the distinct variants of one group of fields, and who has each."""
    support: dict[Values, list[Member]] = {}
    for member in members:
        for variant in _variants(member, fields):
            if variant in support:
                support[variant].append(member)
            else:
                support[variant] = [member]
    return support


def _variants(member: Member, fields: Fields) -> list[Values]:
    if len(fields) == 1:
        values = member.attributes.get(fields[0], ())
        return [((fields[0], value),) for value in (values if len(values) == 1 else dict.fromkeys(values))]
    parts = tuple((field, member.attributes[field][0]) for field in fields if member.attributes.get(field))
    return [parts] if parts else []


def _order(variant: Values, backers: Sequence[Member], rule: str, fields: Fields) -> tuple[float, ...]:
    """Sort key of a variant: smaller is better."""
    corrected = any(not member.corrected.isdisjoint(fields) for member in backers)
    trust = max(member.trust for member in backers)
    recency = max(member.updated_at for member in backers).timestamp()
    lead: tuple[float, ...]
    if rule == "trusted":
        lead = (-trust, -recency)
    elif rule == "recent":
        lead = (-recency, -trust)
    elif rule == "longest":
        lead = (-sum(len(value) for _, value in variant), -trust, -recency)
    else:  # frequent, union
        lead = (-len(backers), -trust, -recency)
    return (not corrected, -len(variant), *lead, backers[0].record_id)


def _candidates(rank: int, variant: Values, backers: Sequence[Member], rule: str, fields: Fields) -> list[Candidate]:
    """The fields of one variant, which share everything but their values. Backers are in order of record id."""
    corrected = [member for member in backers if member.corrected and not member.corrected.isdisjoint(fields)]
    best, observed = backers[0], backers[0].updated_at
    if len(backers) > 1:
        best = min(corrected or backers, key=lambda m: (-m.trust, -m.updated_at.timestamp(), m.record_id))
        observed = max(member.updated_at for member in backers)
    sources = tuple(sorted({member.source_id for member in backers}))
    records = tuple([member.record_id for member in backers])
    said = "correction" if corrected else rule
    return [Candidate(field, rank, value, best.record_id, sources, records, said, observed) for field, value in variant]
