"""Which value of a customer is the golden one: a pure function of the member records and the schema.

Shapes: members in, ranked candidates out, per field; rank 0 is golden. Corrections come first, then the field's rule,
then trust, recency and the lowest record id. Fields of one group (a name, an address) survive together from one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


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


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value of one field with its rank and everything that supports it."""

    field: str
    rank: int
    value: str
    record_id: int
    source_ids: tuple[int, ...]
    record_ids: tuple[int, ...]
    rule: str
    observed_at: datetime


Values = tuple[tuple[str, str], ...]  # (field, value) pairs that survive together


def rank_values(members: Iterable[Member], rules: Mapping[str, Rule]) -> list[Candidate]:
    """All candidates of all fields, ranked."""
    ordered = sorted(members, key=lambda member: member.record_id)
    fields = sorted({field for member in ordered for field in member.attributes})
    units: dict[str, list[str]] = {}
    for field in fields:
        rule = rules.get(field)
        units.setdefault(rule.group if rule and rule.group else field, []).append(field)
    return [candidate for unit in units.values() for candidate in _rank_unit(ordered, unit, rules)]


def _rank_unit(members: Sequence[Member], fields: Sequence[str], rules: Mapping[str, Rule]) -> list[Candidate]:
    """Rank the distinct values of one field, or the distinct variants of one group of fields."""
    support: dict[Values, list[Member]] = {}
    for member in members:
        for variant in _variants(member, fields):
            support.setdefault(variant, []).append(member)
    rule = rules.get(fields[0])
    name = rule.survivorship if rule else "recent"
    ranked = sorted(support.items(), key=lambda item: _order(item[0], item[1], name, fields))
    return [
        _candidate(field, rank, value, backers, name, fields)
        for rank, (variant, backers) in enumerate(ranked)
        for field, value in variant
    ]


def _variants(member: Member, fields: Sequence[str]) -> list[Values]:
    if len(fields) == 1:
        return [((fields[0], value),) for value in dict.fromkeys(member.attributes.get(fields[0], ()))]
    parts = tuple((field, member.attributes[field][0]) for field in fields if member.attributes.get(field))
    return [parts] if parts else []


def _order(variant: Values, backers: Sequence[Member], rule: str, fields: Sequence[str]) -> tuple[float, ...]:
    """Sort key of a variant: smaller is better."""
    corrected = any(not member.corrected.isdisjoint(fields) for member in backers)
    trust = max(member.trust for member in backers)
    recency = max(member.updated_at for member in backers).timestamp()
    lead: dict[str, tuple[float, ...]] = {
        "trusted": (-trust, -recency),
        "recent": (-recency, -trust),
        "frequent": (-len(backers), -trust, -recency),
        "longest": (-sum(len(value) for _, value in variant), -trust, -recency),
        "union": (-len(backers), -trust, -recency),
    }
    return (not corrected, -len(variant), *lead[rule], min(member.record_id for member in backers))


def _candidate(
    field: str, rank: int, value: str, backers: Sequence[Member], rule: str, fields: Sequence[str]
) -> Candidate:
    corrected = [member for member in backers if not member.corrected.isdisjoint(fields)]
    best = min(corrected or backers, key=lambda m: (-m.trust, -m.updated_at.timestamp(), m.record_id))
    return Candidate(
        field=field,
        rank=rank,
        value=value,
        record_id=best.record_id,
        source_ids=tuple(sorted({member.source_id for member in backers})),
        record_ids=tuple(sorted(member.record_id for member in backers)),
        rule="correction" if corrected else rule,
        observed_at=max(member.updated_at for member in backers),
    )
