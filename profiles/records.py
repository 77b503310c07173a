"""Receive: rows become records, set-wise and idempotent; what cannot is set aside with line, field and reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from . import gates, payloads, storing
from .bulk import next_ids
from .canonical.records import standardise_rows
from .canonical.types import StandardisedRecord
from .connectors import BadRow, Row, printable
from .corrections import NewRecord, after_store
from .models import Batch, QuarantinedRow, RecordVersion, Source, SourceRecord
from .schema import Schema, SourceSpec
from .sensitive import clear_fields
from .storing import Incoming, Known


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

    def counts(self) -> dict[str, int]:
        names = ("received", "accepted", "created", "unchanged", "superseded", "quarantined", "suppressed")
        return {name: getattr(self, name) for name in names}


def store_chunk(
    *, batch: Batch, rows: Sequence[Row | BadRow], standardised: Sequence[StandardisedRecord], schema: Schema
) -> Tally:
    """Store one chunk of a batch in the caller's transaction and count it. About 8 queries, whatever its size.

    `standardised` are the good rows of the chunk in canonical form, in order.
    """
    source = schema.sources[batch.source.key]
    Source.objects.select_for_update(no_key=True).get(pk=batch.source_id)  # two imports of a source take turns
    tally = Tally(received=len(rows))
    bad = [row for row in rows if isinstance(row, BadRow)]
    incoming, rejected = _incoming_rows([row for row in rows if isinstance(row, Row)], standardised, source)
    if gates.GATES:
        incoming, held = _pass_gates(incoming, source, tally)
        bad = [*_set_aside(bad, rejected, source, tally), *held]
    else:
        bad += [row for row, _ in rejected]
    latest = _latest(incoming)
    tally.superseded += len(incoming) - len(latest)
    _quarantine(batch, bad, tally)
    new = _store(batch, latest, schema, tally)
    after_store(tally.touched, new)
    _count(batch, tally)
    return tally


def _incoming_rows(
    rows: Sequence[Row], results: Sequence[StandardisedRecord], source: SourceSpec
) -> tuple[list[Incoming], list[tuple[BadRow, gates.GateRow]]]:
    """Rows to store, and those that cannot be, with what gates see of them."""
    incoming, rejected = [], []
    for row, result in zip(rows, results, strict=True):
        external_id = row.cells.get(source.id_column, "").strip()
        seen = gates.GateRow(source.key, external_id[:200], result.attributes)
        if not external_id or len(external_id) > 200:
            reason = "The row has no id." if not external_id else "The id is longer than 200 characters."
            rejected.append((BadRow(row.line, "missing_id", reason, row.cells, source.id_column), seen))
        elif result.rejected:
            problem = result.rejected
            rejected.append((BadRow(row.line, problem.code, problem.message, row.cells, problem.column), seen))
        else:
            incoming.append(_incoming(row, external_id, result, source))
    return incoming, rejected


def _incoming(row: Row, external_id: str, result: StandardisedRecord, source: SourceSpec) -> Incoming:
    return Incoming(
        line=row.line,
        external_id=external_id,
        cells=row.cells,
        party_kind=result.party_kind,
        attributes=result.attributes,
        problems=[
            {"field": p.field, "column": p.column, "code": p.code, "message": p.message} for p in result.problems
        ],
        source_version=source.version_of(row.cells),
        content_hash=payloads.fingerprint(row.cells),
    )


def _pass_gates(incoming: list[Incoming], source: SourceSpec, tally: Tally) -> tuple[list[Incoming], list[BadRow]]:
    """Rows that every gate allows, and those that one sets aside; what one drops is only counted."""
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


def _set_aside(
    bad: Sequence[BadRow], rejected: Sequence[tuple[BadRow, gates.GateRow]], source: SourceSpec, tally: Tally
) -> list[BadRow]:
    """Rows that cannot be stored pass the gates, too, before they are kept: what one drops is only counted."""
    if not bad and not rejected:
        return []
    read = standardise_rows([row.raw for row in bad], source.mappings, source.context, {})
    seen = [gates.of_broken(source, row.raw, result.attributes) for row, result in zip(bad, read, strict=True)]
    rulings = gates.rule([*seen, *(shown for _, shown in rejected)])
    rows = [*bad, *(row for row, _ in rejected)]
    kept = [row for row, ruling in zip(rows, rulings, strict=True) if ruling.passes is not gates.Pass.DROP]
    tally.suppressed += len(rows) - len(kept)
    return kept


def _latest(rows: Iterable[Incoming]) -> dict[str, Incoming]:
    """Of several rows of one id the last, unless it declares an older version."""
    found: dict[str, Incoming] = {}
    for row in rows:
        earlier = found.get(row.external_id)
        if earlier is None or not is_older(row.source_version, earlier.source_version):
            found[row.external_id] = row
    return found


def _quarantine(batch: Batch, bad: Sequence[BadRow], tally: Tally) -> None:
    tally.quarantined += len(bad)
    ids = next_ids(QuarantinedRow, len(bad))
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(
            id=row_id,
            batch=batch,
            line=row.line,
            field=printable(row.column[:200]),
            code=row.code,
            reason=row.reason[:500],
            payload=payloads.pack(
                {printable(key): printable(value) for key, value in row.raw.items()},
                place=payloads.place_set_aside(row_id),
            ),
        )
        for row_id, row in zip(ids, bad, strict=True)
    )


def _store(batch: Batch, rows: Mapping[str, Incoming], schema: Schema, tally: Tally) -> list[NewRecord]:
    """New rows are copied in, changed ones keep their old state as a version, unchanged and older ones are counted."""
    delivery = storing.Delivery(batch.id, batch.source_id, schema.number, clear_fields(schema), timezone.now())
    known = storing.known_records(batch.source_id, list(rows))
    new = [row for row in rows.values() if row.external_id not in known]
    changed: list[tuple[int, Incoming]] = []
    for row in rows.values():
        if row.external_id in known:
            _sort_known(row, known[row.external_id], batch, changed, tally)
    if changed:
        lock_rows(SourceRecord.objects.filter(id__in=[record_id for record_id, _ in changed]))
    tally.accepted += len(new) + len(changed)
    tally.created += len(new)
    ids = storing.insert(delivery, new)
    storing.update(delivery, changed)
    tally.touched = sorted([*ids, *(record_id for record_id, _ in changed)])
    return [NewRecord(pk, batch.source.key, row.party_kind, row.attributes) for pk, row in zip(ids, new, strict=True)]


def _sort_known(row: Incoming, known: Known, batch: Batch, changed: list[tuple[int, Incoming]], tally: Tally) -> None:
    if known.state == SourceRecord.State.ERASED:
        tally.suppressed += 1
    elif _came_before(row, known, batch):
        tally.superseded += 1
    elif known.batch_id == batch.id:  # an earlier row of the same file: this one takes its place
        tally.superseded += 1
        tally.accepted -= 1
        changed.append((known.id, row))
    elif known.content_hash == row.content_hash and known.state != SourceRecord.State.WITHDRAWN:
        tally.unchanged += 1
    else:
        changed.append((known.id, row))


def _came_before(row: Incoming, known: Known, batch: Batch) -> bool:
    """Whether what is stored is newer: by the declared version, and where that does not tell, by the order of imports."""
    if is_older(row.source_version, known.source_version):
        return True
    return known.batch_id > batch.id and not is_older(known.source_version, row.source_version)


def is_older(version: str, stored: str) -> bool:
    """Whether a declared version is older than the stored one: as numbers when both are, else as text."""
    if not version or not stored:
        return False
    try:
        return float(version) < float(stored)
    except ValueError:
        return version < stored


def lock_rows(records: QuerySet[SourceRecord]) -> list[int]:
    """Lock records until the transaction ends, in the one order that everybody keeps; their ids. 1 query."""
    return list(records.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))


def _count(batch: Batch, tally: Tally) -> None:
    Batch.objects.filter(id=batch.id).update(**{name: F(name) + n for name, n in tally.counts().items() if n})


def withdraw(*, batch: Batch, record_ids: Sequence[int]) -> int:
    """Records that are gone at the source: kept, without keys or golden values. Returns how many."""
    now = timezone.now()
    live = SourceRecord.objects.filter(
        id__in=record_ids, state__in=[SourceRecord.State.RECEIVED, SourceRecord.State.RESOLVED]
    )
    ids = lock_rows(live)
    storing.keep_versions(ids, batch_id=batch.id, now=now)
    SourceRecord.objects.filter(id__in=ids).update(
        state=SourceRecord.State.WITHDRAWN, revision=F("revision") + 1, batch=batch, updated_at=now
    )
    after_store(ids)
    return len(ids)


def to_restore(batch: Batch) -> QuerySet[RecordVersion]:
    """Older states of the records that are as `batch` left them, but for what it, or an import undone since, said."""
    older = RecordVersion.objects.filter(record__batch=batch).exclude(batch=batch)
    return older.exclude(batch__state=Batch.State.UNDONE)


def restore_versions(*, batch: Batch, record_ids: Sequence[int]) -> list[int]:
    """Put records back to what they were before `batch`; they are resolved again. Returns those that were anything."""
    newest = to_restore(batch).filter(record__in=record_ids).order_by("record_id", "-revision").distinct("record_id")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_sourcerecord r SET"
            " state = CASE WHEN v.state = 'resolved' THEN 'received' ELSE v.state END,"
            " party_kind = v.party_kind, payload = v.payload, payload_hash = v.payload_hash, attributes = v.attributes,"
            " sealed = v.sealed,"
            " problems = v.problems, source_version = v.source_version, schema_version = v.schema_version,"
            " revision = r.revision + 1, batch_id = v.batch_id, line = v.line, updated_at = v.updated_at"
            " FROM profiles_recordversion v WHERE v.record_id = r.id AND v.id = ANY(%s) RETURNING r.id",
            [list(newest.values_list("id", flat=True))],
        )
        restored = [row[0] for row in cursor.fetchall()]
    after_store(restored)
    return restored
