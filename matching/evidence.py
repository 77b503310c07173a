"""Evidence as things stand now, for any two records or customers: read here, judged by the pure engine."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from profiles import schema
from profiles.models import Membership, SourceRecord

from . import constraints, models_in_force
from .blocking import count_usage
from .engine import explain
from .engine.blocked import BlockedValues
from .engine.encode import encode
from .engine.explain import WhyNot
from .engine.keys import value_keys
from .engine.model import Model
from .engine.types import Evidence, RecordInput
from .reading import inputs

MEMBERS = 20  # records a side that are compared when two customers are


@dataclass(frozen=True, slots=True)
class Ground:
    """What a judgement rests on: the records by id, and the model and the lists in force."""

    rows: dict[int, RecordInput]
    model: Model
    blocked: BlockedValues
    usage: dict[int, int]


def ground(record_ids: Collection[int]) -> Ground:
    """Read what is needed to judge pairs among these records. About 6 queries, whatever their number."""
    version = schema.published()
    model = models_in_force.with_sources(models_in_force.published(), version)
    blocked = models_in_force.blocked_values(version)
    rows = inputs(record_ids)
    keys = set(value_keys(encode(rows, model, blocked), model).key.tolist()) if rows else set()
    return Ground({row.record_id: row for row in rows}, model, blocked, count_usage(keys))


def explain_pair(left: int, right: int) -> Evidence:
    """Evidence of any two records as things stand now."""
    found = ground([left, right])
    if len(found.rows) < 2:
        raise SourceRecord.DoesNotExist
    first, second = (found.rows[pk] for pk in sorted((left, right)))
    return explain.explain_pair(first, second, found.model, found.blocked, found.usage)


@dataclass(frozen=True, slots=True)
class BestPair:
    """The two records (one of each customer) that speak most for the customers being one, and what they say."""

    left: int
    right: int
    evidence: Evidence
    keys: tuple[str, ...]
    why_not: tuple[WhyNot, ...]
    is_forbidden: bool
    fingerprint: str


def best_pair(left: UUID, right: UUID, sources: Collection[int] | None = None) -> BestPair | None:
    """How two customers compare now, by the newest 20 records a side; None when one has no live record. 11 queries.

    With `sources`, only by records of these: as who sees no others compares them.
    """
    sides = [_members(profile_id, sources) for profile_id in (left, right)]
    found = ground([pk for side in sides for pk in side[:MEMBERS]])
    rows = [[found.rows[pk] for pk in side if pk in found.rows] for side in sides]
    if not all(rows):
        return None
    i, j, evidence = explain.best_pair(rows[0], rows[1], found.model, found.blocked, found.usage)
    forbidden = bool(constraints.within([*sides[0], *sides[1]]))
    first, second = sorted((rows[0][i], rows[1][j]), key=lambda row: row.record_id)
    why = explain.why_not(first, second, found.model, found.blocked, found.usage, forbidden)
    keys = explain.shared_keys(first, second, found.model, found.blocked)
    return BestPair(
        rows[0][i].record_id, rows[1][j].record_id, evidence, tuple(keys), tuple(why), forbidden,
        fingerprint(first, second),
    )  # fmt: skip


def _members(profile_id: UUID, sources: Collection[int] | None) -> list[int]:
    rows = Membership.objects.filter(profile_id=profile_id).order_by("-record_id")
    rows = rows if sources is None else rows.filter(record__source_id__in=sources)
    return list(rows.values_list("record_id", flat=True))


def fingerprint(left: RecordInput, right: RecordInput) -> str:
    """Of the matching features of both sides: a pair is proposed again only when it changed."""
    text = json.dumps(
        [
            [row.party_kind, {k: sorted(v) for k, v in row.attributes.items()}]
            for row in sorted((left, right), key=lambda r: r.record_id)
        ],
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()
