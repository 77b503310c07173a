"""What resolving reads: records with their customers, in one statement each however many there are."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from profiles import corrections
from profiles.bulk import array
from profiles.golden import trust_of
from profiles.models import Correction, SourceRecord
from profiles.schema import Schema
from profiles.sensitive import opened, place_of_record
from profiles.survivorship import Member

from .engine.types import RecordInput

LIVE = (SourceRecord.State.RECEIVED.value, SourceRecord.State.RESOLVED.value)

_RECORDS = """
SELECT r.id, s.key, r.party_kind, r.attributes::text, r.source_id, r.updated_at, r.revision, r.state,
       m.profile_id, m.link_class, m.linked_by, r.sealed
FROM profiles_sourcerecord r JOIN profiles_source s ON s.id = r.source_id
LEFT JOIN profiles_membership m ON m.record_id = r.id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as stored: what the engine compares, what golden values need, and where it is linked."""

    input: RecordInput
    source_id: int
    updated_at: datetime
    revision: int
    state: str
    profile_id: UUID | None
    link_class: str | None
    linked_by: str | None
    corrected: frozenset[str] = frozenset()

    @property
    def record_id(self) -> int:
        return self.input.record_id

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    def member(self, schema: Schema) -> Member:
        """The record as survivorship sees it."""
        row = self.input
        trust = trust_of(schema, row.source)
        return Member(row.record_id, self.source_id, trust, self.updated_at, row.attributes, self.corrected)


def read_records(record_ids: Collection[int]) -> list[Stored]:
    """Live records by id, with corrections applied. 2 queries."""
    return _read("WHERE r.id = ANY(%s::bigint[]) AND r.state IN ('received', 'resolved') ORDER BY r.id", record_ids)


def read_members(profile_ids: Collection[UUID]) -> list[Stored]:
    """All records of profiles by id, withdrawn ones too, with corrections applied. 2 queries, none for no profile."""
    return _read("WHERE m.profile_id = ANY(%s::uuid[]) ORDER BY r.id", profile_ids) if profile_ids else []


def _read(where: str, ids: Iterable[object]) -> list[Stored]:
    with connection.cursor() as cursor:
        cursor.execute(_RECORDS + where, [array(ids)])
        rows = cursor.fetchall()
    stored = json.loads(f"[{','.join(row[3] for row in rows)}]")
    attributes = (opened(own, row[-1], place_of_record(row[0])) for row, own in zip(rows, stored, strict=True))
    open_ones = corrections.open_corrections([row[0] for row in rows])
    return [_stored(row, values, open_ones.get(row[0])) for row, values in zip(rows, attributes, strict=True)]


def _stored(row: tuple, attributes: dict[str, list[str]], corrected: Mapping[str, Correction] | None) -> Stored:
    record_id, source, kind, _, *rest, _ = row
    if corrected:
        attributes = corrections.applied(attributes, corrected)
    return Stored(RecordInput(record_id, source, kind, attributes), *rest, frozenset(corrected or ()))
