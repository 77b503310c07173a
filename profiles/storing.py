"""The record table, set-wise: what is known of an id, COPY for what is new, one UPDATE for what changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from . import payloads
from .bulk import as_json, copying, next_ids
from .models import SourceRecord
from .sensitive import place_of_record, seal

VERSION_COLUMNS = (
    "record_id, revision, state, party_kind, payload, payload_hash, attributes, sealed, problems, source_version,"
    " schema_version, batch_id, line, updated_at, replaced_by_batch_id, replaced_at"
)
COPY_RECORDS = (
    "COPY profiles_sourcerecord (id, source_id, external_id, state, party_kind, payload, payload_hash, attributes,"
    " sealed, problems, source_version, schema_version, revision, batch_id, line, created_at, updated_at) FROM STDIN"
)
UPDATE_RECORDS = (
    "UPDATE profiles_sourcerecord r SET state = 'received', party_kind = c.party_kind, payload = c.payload,"
    " payload_hash = c.payload_hash, attributes = c.attributes::jsonb, sealed = c.sealed, problems = c.problems::jsonb,"
    " source_version = c.source_version, line = c.line, schema_version = %s, batch_id = %s, updated_at = %s,"
    " revision = r.revision + 1"
    " FROM unnest(%s::bigint[], %s::text[], %b::bytea[], %b::bytea[], %s::text[], %b::bytea[], %s::text[],"
    " %s::text[], %s::bigint[])"
    " AS c(id, party_kind, payload, payload_hash, attributes, sealed, problems, source_version, line) WHERE r.id = c.id"
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A standardised row on its way to the record table."""

    line: int
    external_id: str
    cells: dict[str, str]
    party_kind: str
    attributes: dict[str, list[str]]
    problems: list[dict[str, str]]
    source_version: str
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a record already."""

    id: int
    content_hash: bytes
    source_version: str
    batch_id: int
    state: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What all rows of a chunk have in common."""

    batch_id: int
    source_id: int
    schema_version: int
    clear: frozenset[str]  # fields that are stored in clear
    now: datetime


def known_records(source_id: int, external_ids: list[str]) -> dict[str, Known]:
    """Which of the ids are stored, and what is needed to tell new from changed from unchanged. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, id, payload_hash, source_version, batch_id, state FROM profiles_sourcerecord"
            " WHERE source_id = %s AND external_id = ANY(%s)",
            [source_id, external_ids],
        )
        return {row[0]: Known(row[1], bytes(row[2]), *row[3:]) for row in cursor.fetchall()}


def insert(delivery: Delivery, rows: Sequence[Incoming]) -> list[int]:
    """Copy new records in; their ids, in order. 2 queries."""
    if not rows:
        return []
    ids = next_ids(SourceRecord, len(rows))
    with copying(COPY_RECORDS) as copy:
        for record_id, row in zip(ids, rows, strict=True):
            attributes, sealed = seal(row.attributes, delivery.clear, place_of_record(record_id))
            copy.write_row(
                (
                    record_id, delivery.source_id, row.external_id, "received", row.party_kind,
                    payloads.pack(row.cells, place=payloads.place_of(record_id)), row.content_hash,
                    as_json(attributes), sealed, _problems(row), row.source_version, delivery.schema_version, 1,
                    delivery.batch_id, row.line, delivery.now, delivery.now,
                )
            )  # fmt: skip
    return ids


def update(delivery: Delivery, changed: Sequence[tuple[int, Incoming]]) -> None:
    """Give changed records their new content; what they were is kept as a version. 2 queries."""
    if not changed:
        return
    keep_versions([record_id for record_id, _ in changed], batch_id=delivery.batch_id, now=delivery.now)
    columns = zip(*(_changed_row(record_id, row, delivery.clear) for record_id, row in changed), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            UPDATE_RECORDS,
            [delivery.schema_version, delivery.batch_id, delivery.now, *map(list, columns)],
        )


def _changed_row(record_id: int, row: Incoming, clear: frozenset[str]) -> tuple[object, ...]:
    attributes, sealed = seal(row.attributes, clear, place_of_record(record_id))
    return (
        record_id, row.party_kind, payloads.pack(row.cells, place=payloads.place_of(record_id)), row.content_hash,
        as_json(attributes), sealed, _problems(row), row.source_version, row.line,
    )  # fmt: skip


def _problems(row: Incoming) -> str:
    return as_json(row.problems) if row.problems else "[]"


def keep_versions(record_ids: Sequence[int], *, batch_id: int, now: datetime) -> None:
    """Keep the present state of records as versions, before a batch changes them (its own rows need none). 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO profiles_recordversion ({VERSION_COLUMNS})"
            " SELECT id, revision, state, party_kind, payload, payload_hash, attributes, sealed, problems, source_version,"
            " schema_version, batch_id, line, updated_at, %s, %s FROM profiles_sourcerecord"
            " WHERE id = ANY(%s) AND batch_id <> %s",
            [batch_id, now, list(record_ids), batch_id],
        )
