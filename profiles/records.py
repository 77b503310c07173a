"""Receive: rows become records, set-wise and idempotent; what cannot is set aside with line, field and reason."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import F
from django.utils import timezone

from . import gates, payloads
from .canonical.records import standardise_rows
from .connectors import BadRow, Row
from .corrections import AFTER_STORE
from .models import Batch, QuarantinedRow, SourceRecord
from .schema import Schema, SourceSpec

VERSION_COLUMNS = (
    "record_id, revision, state, party_kind, payload, payload_hash, attributes, problems, source_version,"
    " schema_version, batch_id, line, updated_at, replaced_by_batch_id, replaced_at"
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


@dataclass(slots=True)
class Tally:
    """What became of the rows of one chunk."""

    received: int = 0
    accepted: int = 0
    created: int = 0
    unchanged: int = 0
    superseded: int = 0
    quarantined: int = 0
    suppressed: int = 0
    touched: list[int] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def counts(self) -> dict[str, int]:
        names = ("received", "accepted", "created", "unchanged", "superseded", "quarantined", "suppressed")
        return {name: getattr(self, name) for name in names}


def store_chunk(*, batch: Batch, rows: Sequence[Row | BadRow], schema: Schema, cache: dict) -> Tally:
    """Store one chunk of a batch in the caller's transaction and count it. About 8 queries, whatever its size."""
    source = schema.sources[batch.source.key]
    tally = Tally(received=len(rows))
    bad = [row for row in rows if isinstance(row, BadRow)]
    incoming, rejected = _standardise([row for row in rows if isinstance(row, Row)], source, cache)
    incoming, gated = _pass_gates(incoming, source, tally)
    latest = {row.external_id: row for row in incoming}
    tally.superseded += len(incoming) - len(latest)
    _quarantine(batch, [*bad, *rejected, *gated], tally)
    _store(batch, latest, schema.number, tally)
    tally.seen = set(latest)
    for step in AFTER_STORE.values():
        step(tally.touched)
    _count(batch, tally)
    return tally


def _standardise(rows: Sequence[Row], source: SourceSpec, cache: dict) -> tuple[list[Incoming], list[BadRow]]:
    results = standardise_rows([row.cells for row in rows], source.mappings, source.context, cache)
    incoming, rejected = [], []
    for row, result in zip(rows, results, strict=True):
        external_id = row.cells.get(source.id_column, "").strip()
        if not external_id or len(external_id) > 200:
            reason = "The row has no id." if not external_id else "The id is longer than 200 characters."
            rejected.append(BadRow(row.line, "missing_id", reason, row.cells, source.id_column))
        elif result.rejected:
            problem = result.rejected
            rejected.append(BadRow(row.line, problem.code, problem.message, row.cells, problem.column))
        else:
            incoming.append(_incoming(row, external_id, result, source))
    return incoming, rejected


def _incoming(row: Row, external_id: str, result: "object", source: SourceSpec) -> Incoming:
    return Incoming(
        line=row.line,
        external_id=external_id,
        cells=row.cells,
        party_kind=result.party_kind,
        attributes=result.attributes,
        problems=[
            {"field": p.field, "column": p.column, "code": p.code, "message": p.message} for p in result.problems
        ],
        source_version=row.cells.get(source.version_column, "").strip()[:64] if source.version_column else "",
        content_hash=payloads.fingerprint(row.cells),
    )


def _pass_gates(incoming: list[Incoming], source: SourceSpec, tally: Tally) -> tuple[list[Incoming], list[BadRow]]:
    rulings = gates.rule([gates.GateRow(source.key, row.external_id, row.attributes) for row in incoming])
    allowed, held = [], []
    for row, ruling in zip(incoming, rulings, strict=True):
        if ruling.passes is gates.Pass.ALLOW:
            allowed.append(row)
        elif ruling.passes is gates.Pass.DROP:
            tally.suppressed += 1
        else:
            held.append(BadRow(row.line, ruling.code, ruling.reason, row.cells))
    return allowed, held


def _quarantine(batch: Batch, bad: Sequence[BadRow], tally: Tally) -> None:
    tally.quarantined += len(bad)
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(
            batch=batch,
            line=row.line,
            field=row.column[:200],
            code=row.code,
            reason=row.reason[:500],
            payload=payloads.pack(row.raw),
        )
        for row in bad
    )


def _store(batch: Batch, rows: Mapping[str, Incoming], schema_version: int, tally: Tally) -> None:
    """New rows are copied in, changed ones keep their old state as a version, unchanged and older ones are counted."""
    now = timezone.now()
    known = _known(batch.source_id, rows)
    new = [row for row in rows.values() if row.external_id not in known]
    changed: list[tuple[int, Incoming]] = []
    for row in rows.values():
        if row.external_id in known:
            _sort_known(row, known[row.external_id], batch, changed, tally)
    tally.accepted += len(new) + len(changed)
    tally.created += len(new)
    _insert(batch, new, schema_version, now)
    _update(batch, changed, schema_version, now)
    fresh = _ids(batch.source_id, [row.external_id for row in new])
    tally.touched = sorted([*fresh, *(record_id for record_id, _ in changed)])


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a record already."""

    id: int
    content_hash: bytes
    source_version: str
    batch_id: int
    state: str


def _known(source_id: int, external_ids: Iterable[str]) -> dict[str, Known]:
    rows = SourceRecord.objects.filter(source_id=source_id, external_id__in=list(external_ids)).values_list(
        "external_id", "id", "payload_hash", "source_version", "batch_id", "state"
    )
    return {row[0]: Known(row[1], bytes(row[2]), *row[3:]) for row in rows}


def _sort_known(row: Incoming, known: Known, batch: Batch, changed: list[tuple[int, Incoming]], tally: Tally) -> None:
    if known.state == SourceRecord.State.ERASED:
        tally.suppressed += 1
    elif known.batch_id == batch.id:  # an earlier row of the same file: this one takes its place
        tally.superseded += 1
        tally.accepted -= 1
        changed.append((known.id, row))
    elif is_older(row.source_version, known.source_version):
        tally.superseded += 1
    elif known.content_hash == row.content_hash and known.state != SourceRecord.State.WITHDRAWN:
        tally.unchanged += 1
    else:
        changed.append((known.id, row))


def is_older(version: str, stored: str) -> bool:
    """Whether a declared version is older than the stored one: as numbers when both are, else as text."""
    if not version or not stored:
        return False
    try:
        return float(version) < float(stored)
    except ValueError:
        return version < stored


def _insert(batch: Batch, rows: Sequence[Incoming], schema_version: int, now: datetime) -> None:
    statement = (
        "COPY profiles_sourcerecord (source_id, external_id, state, party_kind, payload, payload_hash, attributes,"
        " problems, source_version, schema_version, revision, batch_id, line, created_at, updated_at) FROM STDIN"
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(
                (
                    batch.source_id, row.external_id, "received", row.party_kind, payloads.pack(row.cells),
                    row.content_hash, json.dumps(row.attributes, ensure_ascii=False), json.dumps(row.problems),
                    row.source_version, schema_version, 1, batch.id, row.line, now, now,
                )
            )  # fmt: skip


def _ids(source_id: int, external_ids: list[str]) -> list[int]:
    return list(
        SourceRecord.objects.filter(source_id=source_id, external_id__in=external_ids).values_list("id", flat=True)
    )


def _update(batch: Batch, changed: Sequence[tuple[int, Incoming]], schema_version: int, now: datetime) -> None:
    keep_versions([record_id for record_id, _ in changed], batch=batch, now=now)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE profiles_sourcerecord SET state = 'received', party_kind = %s, payload = %s, payload_hash = %s,"
            " attributes = %s, problems = %s, source_version = %s, schema_version = %s, revision = revision + 1,"
            " batch_id = %s, line = %s, updated_at = %s WHERE id = %s",
            [
                (
                    row.party_kind, payloads.pack(row.cells), row.content_hash,
                    json.dumps(row.attributes, ensure_ascii=False), json.dumps(row.problems), row.source_version,
                    schema_version, batch.id, row.line, now, record_id,
                )
                for record_id, row in changed
            ],
        )  # fmt: skip


def keep_versions(record_ids: Sequence[int], *, batch: Batch, now: datetime) -> None:
    """Keep the present state of records as versions, before `batch` changes them (its own rows need none)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO profiles_recordversion ({VERSION_COLUMNS})"
            " SELECT id, revision, state, party_kind, payload, payload_hash, attributes, problems, source_version,"
            " schema_version, batch_id, line, updated_at, %s, %s FROM profiles_sourcerecord"
            " WHERE id = ANY(%s) AND batch_id <> %s",
            [batch.id, now, list(record_ids), batch.id],
        )


def _count(batch: Batch, tally: Tally) -> None:
    Batch.objects.filter(id=batch.id).update(**{name: F(name) + n for name, n in tally.counts().items() if n})


def withdraw(*, batch: Batch, record_ids: Sequence[int]) -> int:
    """Records that are gone at the source: kept, without keys or golden values. Returns how many."""
    now = timezone.now()
    live = SourceRecord.objects.filter(
        id__in=record_ids, state__in=[SourceRecord.State.RECEIVED, SourceRecord.State.RESOLVED]
    )
    ids = list(live.values_list("id", flat=True))
    keep_versions(ids, batch=batch, now=now)
    SourceRecord.objects.filter(id__in=ids).update(
        state=SourceRecord.State.WITHDRAWN, revision=F("revision") + 1, batch=batch, updated_at=now
    )
    for step in AFTER_STORE.values():
        step(ids)
    return len(ids)


def restore_versions(*, batch: Batch, record_ids: Sequence[int]) -> int:
    """Put records back to what they were before `batch`; they are resolved again. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_sourcerecord r SET"
            " state = CASE WHEN v.state = 'resolved' THEN 'received' ELSE v.state END,"
            " party_kind = v.party_kind, payload = v.payload, payload_hash = v.payload_hash, attributes = v.attributes,"
            " problems = v.problems, source_version = v.source_version, schema_version = v.schema_version,"
            " revision = r.revision + 1, batch_id = v.batch_id, line = v.line, updated_at = v.updated_at"
            " FROM profiles_recordversion v WHERE v.record_id = r.id AND v.replaced_by_batch_id = %s"
            " AND r.batch_id = %s AND r.id = ANY(%s) RETURNING r.id",
            [batch.id, batch.id, list(record_ids)],
        )
        restored = [row[0] for row in cursor.fetchall()]
    for step in AFTER_STORE.values():
        step(restored)
    return len(restored)
