"""Imports: a file is taken in, streamed chunk by chunk under a job's fence, finished, and undone as a whole."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from . import audit, jobs, rebuild, records, schema, uploads
from .bulk import do_not_wait_for_disk
from .collecting import collect_young, without_collecting
from .connectors import BadRow, Declared, Row, UnreadableFile, is_json, read_rows
from .connectors.files import count_lines
from .models import Batch, QuarantinedRow, RecordVersion, Source, SourceRecord, User
from .payloads import place_set_aside, unpack
from .snapshots import withdraw_missing
from .standardising import Chunk, Results, standardise, standardised

CHUNK = 2_000
RECEIVE_LOCK = 730_591_202
SKIPPED_PER_BEAT = 50_000


class ImportNotAllowed(Exception):
    """The import (or its undo) cannot be done; the message says why."""


def receive_file(*, source: Source, name: str, content: BinaryIO, by: User | None) -> tuple[Batch, bool]:
    """Take a file in and queue its import. The same file again is a no-op: the earlier batch and False."""
    stored, digest, size = uploads.store(content)
    with transaction.atomic():
        _take_turns(source)
        earlier = _earlier(source, digest)
        if earlier:
            stored.unlink()
            return earlier, False
        batch = Batch.objects.create(
            source=source, file_name=name[:255], file_hash=digest, file_size=size, stored_file=str(stored),
            import_mode=source.import_mode, created_by=by,
        )  # fmt: skip
        audit.record("batch.received", obj=batch, detail={"file_name": batch.file_name, "source": source.key})
        batch.job_id = jobs.enqueue(kind="import", args={"batch": batch.id}).id
        batch.save(update_fields=["job_id"])
    return batch, True


def _take_turns(source: Source) -> None:
    """Files of a source are taken in one after another; whoever sends one does not wait for an import that runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [RECEIVE_LOCK, source.id])


def _earlier(source: Source, digest: str) -> Batch | None:
    """The last import of the same file, when nothing else of the source came after it."""
    newest = source.batches.exclude(state__in=[Batch.State.UNDONE, Batch.State.FAILED]).first()
    return newest if newest and newest.file_hash == digest else None


def run_import(claim: jobs.Claim) -> None:
    """The import job: stream the file in chunks from where an earlier try stopped."""
    batch = Batch.objects.select_related("source").get(id=claim.args["batch"])
    if batch.state in (Batch.State.DONE, Batch.State.UNDONE):
        return
    try:
        _start(claim, batch)
        spec = schema.published(batch.schema_version).sources[batch.source.key]
        with without_collecting():
            for chunk, results in standardised(_chunks(_rows_to_store(claim, batch)), spec, rows=batch.rows_total or 0):
                _store_chunk(claim, batch, chunk, results)
                collect_young()
        if batch.import_mode == Source.ImportMode.SNAPSHOT:
            _withdraw_missing(claim, batch)
    except (UnreadableFile, FileNotFoundError) as error:
        _fail(claim, batch, error)
        raise jobs.JobFailed(batch.message) from error
    _finish(claim, batch)


def _start(claim: jobs.Claim, batch: Batch) -> None:
    if batch.started_at is None:
        path = Path(batch.stored_file)
        batch.rows_total = count_lines(path, pause=claim.beat) - (not is_json(path, batch.file_name))  # the header
        batch.schema_version = schema.published().number
        batch.started_at = timezone.now()
    batch.state = Batch.State.RUNNING
    with claim.effect():
        batch.save(update_fields=["rows_total", "schema_version", "started_at", "state"])


def _rows(batch: Batch) -> Iterator[Row | BadRow]:
    """All rows of the file, read as the source's published version declares."""
    source = batch.source
    spec = schema.published(batch.schema_version).sources[source.key]
    separators = {mapping.column: mapping.separator for mapping in spec.mappings if mapping.separator}
    declared = Declared(source.delimiter, source.encoding, spec.id_column, separators)
    return read_rows(Path(batch.stored_file), name=batch.file_name, declared=declared)


def _rows_to_store(claim: jobs.Claim, batch: Batch) -> Iterator[Row | BadRow]:
    """Rows that were not stored yet: a resumed import skips what was committed."""
    for row in _rows(batch):
        if row.line >= batch.next_line:
            yield row
        elif row.line % SKIPPED_PER_BEAT == 0:
            claim.beat()


def _chunks(rows: Iterable[Row | BadRow]) -> Iterator[Chunk]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _store_chunk(claim: jobs.Claim, batch: Batch, chunk: Chunk, results: Results) -> None:
    """One transaction: records, keys, quarantine, counters and the place to go on from.

    It need not wait for the disk: what a crash of the server takes back, the place to go on from included, is read again
    from the file, which stays until the import is finished.
    """
    version = schema.published(batch.schema_version)
    with claim.effect():
        do_not_wait_for_disk()
        records.store_chunk(batch=batch, rows=chunk, standardised=results, schema=version)
        batch.next_line = chunk[-1].line + 1
        Batch.objects.filter(id=batch.id).update(next_line=batch.next_line)
    claim.beat(line=chunk[-1].line, total=batch.rows_total)


def _withdraw_missing(claim: jobs.Claim, batch: Batch) -> None:
    """Withdraw what a snapshot does not hold; one in which no row could be read would withdraw everything, and fails."""
    batch.refresh_from_db(fields=["received", "quarantined"])
    if batch.received == batch.quarantined:
        raise UnreadableFile("No row of this snapshot can be read; nothing was withdrawn.")
    column = schema.published(batch.schema_version).sources[batch.source.key].id_column
    withdraw_missing(claim=claim, batch=batch, rows=_rows(batch), id_column=column)


def _finish(claim: jobs.Claim, batch: Batch) -> None:
    with claim.effect():
        batch.refresh_from_db()
        batch.state, batch.finished_at, batch.rows_total = Batch.State.DONE, timezone.now(), batch.received
        batch.save(update_fields=["state", "finished_at", "rows_total"])
        audit.record("batch.finished", obj=batch, detail={"accepted": batch.accepted, "quarantined": batch.quarantined})
        rebuild.catch_up(batch)
    Path(batch.stored_file).unlink(missing_ok=True)


def _fail(claim: jobs.Claim, batch: Batch, error: Exception) -> None:
    """The import ends here; what was stored before can be undone, and the file sent again."""
    batch.message = str(error) if isinstance(error, UnreadableFile) else "The uploaded file is gone; send it again."
    with claim.effect():
        batch.state, batch.finished_at = Batch.State.FAILED, timezone.now()
        batch.save(update_fields=["state", "message", "finished_at"])
        audit.record("batch.failed", obj=batch, detail={"code": type(error).__name__})
    Path(batch.stored_file).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class UndoCounts:
    """What the undo of an import would do."""

    withdrawn: int
    restored: int
    kept: int


def undo_counts(batch: Batch) -> UndoCounts:
    """The dry run of an undo: records withdrawn, restored, and kept because a later import changed them. 3 queries."""
    restored = records.to_restore(batch).values("record_id").distinct().count()
    present = SourceRecord.objects.filter(batch=batch).exclude(state=SourceRecord.State.ERASED).count()
    return UndoCounts(
        withdrawn=present - restored,
        restored=restored,
        kept=RecordVersion.objects.filter(batch=batch).exclude(record__batch=batch).count(),
    )


def undo_import(*, batch: Batch, by: User | None) -> Batch:
    """Queue the undo of a whole import."""
    if batch.state not in (Batch.State.DONE, Batch.State.FAILED):
        raise ImportNotAllowed("Only a finished import can be undone.")
    with transaction.atomic():
        audit.record("batch.undo_asked", obj=batch, detail={"source": batch.source.key})
        jobs.enqueue(kind="undo_import", args={"batch": batch.id}, dedupe_key=f"batch-{batch.id}")
    return batch


def run_undo(claim: jobs.Claim) -> None:
    """The undo job: records go back to what they were before the import, those it brought are withdrawn; in bounded chunks.

    What an import that is undone itself said is no state to go back to.
    """
    batch = Batch.objects.get(id=claim.args["batch"])
    counts = undo_counts(batch)
    while batch.state != Batch.State.UNDONE and _undo_chunk(claim, batch, counts):
        claim.beat()


def _undo_chunk(claim: jobs.Claim, batch: Batch, counts: UndoCounts) -> bool:
    """One transaction; with nothing left to do the import is undone, and False. Undos of a source take turns."""
    with claim.effect():
        Source.objects.select_for_update(no_key=True).get(pk=batch.source_id)
        if ids := list(_undoable(batch).order_by("id").values_list("id", flat=True)[:CHUNK]):
            records.lock_rows(SourceRecord.objects.filter(id__in=ids))
            restored = records.restore_versions(batch=batch, record_ids=ids)
            records.withdraw(batch=batch, record_ids=sorted(set(ids).difference(restored)))
            return True
        Batch.objects.filter(id=batch.id).update(state=Batch.State.UNDONE, undone_at=timezone.now())
        audit.record("batch.undone", obj=batch, detail={"withdrawn": counts.withdrawn, "restored": counts.restored})
        rebuild.catch_up(batch)
    return False


def _undoable(batch: Batch) -> QuerySet[SourceRecord]:
    """Records as the import left them: not withdrawn, or withdrawn by it (a snapshot) and there before."""
    live = Q(state__in=[SourceRecord.State.RECEIVED, SourceRecord.State.RESOLVED])
    gone = Q(state=SourceRecord.State.WITHDRAWN, id__in=records.to_restore(batch).values("record_id"))
    return SourceRecord.objects.filter(live | gone, batch=batch)


def quarantined_cells(row: QuarantinedRow) -> dict[str, str]:
    """The cells of a row that was set aside, as received."""
    return {column: str(value) for column, value in unpack(row.payload, place=place_set_aside(row.pk)).items()}


@transaction.atomic
def replay(*, batch: Batch, mended: dict[int, dict[str, str]], by: User | None) -> Batch:
    """Store mended rows of an import's quarantine as a small import of their own. Keys: quarantined row ids."""
    rows = list(batch.quarantine.filter(id__in=mended, state=QuarantinedRow.State.OPEN).select_for_update())
    if not rows:
        raise ImportNotAllowed("These rows were replayed or dismissed already.")
    mended_rows = [Row(row.line, mended[row.id]) for row in rows]
    again = _small_import(batch.source, mended_rows, f"replay of import {batch.id}", by)
    QuarantinedRow.objects.filter(id__in=[row.id for row in rows]).update(
        state=QuarantinedRow.State.REPLAYED, resolved_by=by, resolved_at=timezone.now(), replayed_in=again
    )
    audit.record("quarantine.replayed", obj=batch, detail={"rows": len(rows)})
    return again


def take_row(*, source: Source, cells: dict[str, str], name: str, by: User | None) -> Batch:
    """Take in one row that came by no file, as a small import of its own. Caller is in a transaction."""
    return _small_import(source, [Row(1, cells)], name, by)


def _small_import(source: Source, rows: list[Row], name: str, by: User | None) -> Batch:
    """Rows stored at once, as a finished import."""
    version, now = schema.published(), timezone.now()
    batch = Batch.objects.create(
        source=source, file_name=name, file_hash=secrets.token_hex(32),  # no file
        import_mode="delta", state=Batch.State.DONE, schema_version=version.number, rows_total=len(rows),
        created_by=by, started_at=now, finished_at=now,
    )  # fmt: skip
    results = standardise(rows, version.sources[source.key], {})
    records.store_chunk(batch=batch, rows=rows, standardised=results, schema=version)
    batch.refresh_from_db()
    return batch


def dismiss(*, batch: Batch, row_ids: list[int], by: User | None) -> int:
    """Leave set-aside rows out for good; they stay visible as dismissed."""
    with transaction.atomic():
        done = batch.quarantine.filter(id__in=row_ids, state=QuarantinedRow.State.OPEN).update(
            state=QuarantinedRow.State.DISMISSED, resolved_by=by, resolved_at=timezone.now()
        )
        audit.record("quarantine.dismissed", obj=batch, detail={"rows": done})
    return done
