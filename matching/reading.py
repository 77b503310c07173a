"""What resolving reads: records with their customers, in one statement each however many there are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
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

_CORRECTED = "EXISTS (SELECT FROM profiles_correction c WHERE c.record_id = r.id AND c.released_at IS NULL)"
_RECORDS = f"""
SELECT r.id, s.key, r.party_kind, r.attributes::text, r.sealed, {_CORRECTED}, r.source_id, r.updated_at, r.revision, r.state,
       m.profile_id, m.link_class, m.linked_by
FROM profiles_sourcerecord r JOIN profiles_source s ON s.id = r.source_id
LEFT JOIN profiles_membership m ON m.record_id = r.id
"""


_INPUTS = f"""
SELECT r.id, s.key, r.party_kind, r.attributes::text, r.sealed, {_CORRECTED}
FROM profiles_sourcerecord r JOIN profiles_source s ON s.id = r.source_id
WHERE r.id = ANY(%s::bigint[]) AND r.state IN ('received', 'resolved') ORDER BY r.id
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
    """Live records by id, with corrections applied. 1 query, 3 where there are any."""
    return _read("WHERE r.id = ANY(%s::bigint[]) AND r.state IN ('received', 'resolved') ORDER BY r.id", record_ids)


def inputs(record_ids: Collection[int]) -> list[RecordInput]:
    """Live records by id as the engine compares them, with corrections applied: what `read_records` reads, without where
    they are linked and when they came. 1 query, 3 where there are corrections."""
    with connection.cursor() as cursor:
        cursor.execute(_INPUTS, [array(record_ids)])
        rows = cursor.fetchall()
    attributes, open_ones = _attributes(rows)
    return [
        RecordInput(*row[:3], corrections.applied(values, open_ones[row[0]]) if row[0] in open_ones else values)
        for row, values in zip(rows, attributes, strict=True)
    ]


def read_members(profile_ids: Collection[UUID]) -> list[Stored]:
    """All records of profiles by id, withdrawn ones too, with corrections applied. 1 query, none for no profile."""
    return _read("WHERE m.profile_id = ANY(%s::uuid[]) ORDER BY r.id", profile_ids) if profile_ids else []


def _read(where: str, ids: Iterable[object]) -> list[Stored]:
    with connection.cursor() as cursor:
        cursor.execute(_RECORDS + where, [array(ids)])
        rows = cursor.fetchall()
    attributes, open_ones = _attributes(rows)
    return [_stored(row, values, open_ones.get(row[0])) for row, values in zip(rows, attributes, strict=True)]


def _attributes(rows: Sequence[tuple]) -> tuple[Iterable[dict[str, list[str]]], dict[int, dict[str, Correction]]]:
    """The attributes of each row, what is sealed opened, and the open corrections of those that have any."""
    stored = orjson.loads(f"[{','.join([row[3] for row in rows])}]")
    attributes = [
        opened(own, row[4], place_of_record(row[0])) if row[4] else own for row, own in zip(rows, stored, strict=True)
    ]
    return attributes, corrections.open_corrections([row[0] for row in rows if row[5]])


def _stored(row: tuple, attributes: dict[str, list[str]], corrected: Mapping[str, Correction] | None) -> Stored:
    record_id, source, kind, _, _, _, *rest = row
    if corrected:
        attributes = corrections.applied(attributes, corrected)
    return Stored(RecordInput(record_id, source, kind, attributes), *rest, frozenset(corrected or ()))
