"""Consent that sources deliver: columns mapped to `free:consent:<purpose>:<channel>` become statements, with their origin.

What a source says is evidence like any other, but never the person's own word: it lifts nothing. The import writes the
record; a job behind it writes the statements, each with its import and line. The same said again writes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from matching.locks import atomic_with_retry, wait_patiently
from profiles import jobs, schema
from profiles.corrections import NewRecord
from profiles.models import Batch, SourceRecord
from profiles.survivorship import STATEMENTS

from . import consent, contacts
from .models import CONTACT_FIELDS, ConsentEvent, Purpose

JOB = "consent_import"
TOGETHER = 500


def after_store(record_ids: Collection[int], new: Sequence[NewRecord]) -> None:
    """Records were stored: queue those that say anything. 1 query for changed ones, none for new ones that say nothing."""
    told = [row.id for row in new if any(field.startswith(STATEMENTS) for field in row.attributes)]
    changed = set(record_ids).difference(row.id for row in new)
    if changed and is_mapped(schema.published()):
        told += changed
    for start in range(0, len(told), TOGETHER):
        jobs.enqueue(kind=JOB, args={"records": sorted(told)[start : start + TOGETHER]})


def is_mapped(version: schema.Schema) -> bool:
    """Whether any source delivers consent."""
    return any(m.target.startswith(STATEMENTS) for spec in version.sources.values() for m in spec.mappings)


def run_import(claim: jobs.Claim) -> None:
    """The job: the statements of some records, import by import."""
    rows = SourceRecord.objects.filter(id__in=claim.args["records"], state__in=SourceRecord.LIVE).defer("payload")
    records = list(rows.select_related("batch").order_by("id"))
    by_batch: dict[int, list[consent.Statement]] = {}
    for record, said in _new_statements(records):
        by_batch.setdefault(record.batch_id, []).append(said)
    batches = {record.batch_id: record.batch for record in records}
    for batch_id, statements in by_batch.items():
        _write(claim, statements, batches[batch_id])


@atomic_with_retry
def _write(claim: jobs.Claim, statements: Sequence[consent.Statement], batch: Batch) -> None:
    with claim.effect():
        wait_patiently()
        consent.record_all(statements, by=None, batch=batch)


def _new_statements(records: Sequence[SourceRecord]) -> Iterator[tuple[SourceRecord, consent.Statement]]:
    """What the records say now and the sources had not said before. 2 queries."""
    purposes = {purpose.key: purpose for purpose in Purpose.objects.all()}
    known = _said_before([record.id for record in records])
    for record in records:
        for said in _statements(record, purposes):
            key = (record.id, said.purpose.id, said.channel, contacts.digest_for(said.channel, said.contact))
            if known.get(key, ("", None))[0] != said.act or (said.at and known[key][1] != said.at):
                yield record, _dated(said, record)


def _said_before(record_ids: Sequence[int]) -> dict[tuple[int, int, str, str], tuple[str, datetime]]:
    """What sources said last of each record, purpose, channel and value. 1 query."""
    rows = ConsentEvent.objects.filter(record__in=record_ids, method=ConsentEvent.Method.IMPORT).order_by("id")
    columns = ("record_id", "purpose_id", "channel", "contact", "act", "at")
    return {row[:4]: row[4:] for row in rows.values_list(*columns)}


def _statements(record: SourceRecord, purposes: Mapping[str, Purpose]) -> Iterator[consent.Statement]:
    """What one record says: of each of its values that the channel reaches; a no also where it has none."""
    for field, values in record.attributes.items():
        if field.startswith(STATEMENTS) and values:
            key, _, channel = field.removeprefix(STATEMENTS).partition(":")
            act, _, day = values[0].partition(" ")
            purpose = purposes.get(key)
            if purpose is None or channel not in purpose.channels:
                raise jobs.JobFailed(
                    f"A column is mapped to “{field}”: there is no such purpose, or it has no such channel."
                )
            for contact in _values(record, channel, act):
                yield _statement(record, purpose, channel, act, contact, day)


def _values(record: SourceRecord, channel: str, act: str) -> Sequence[str]:
    if channel not in CONTACT_FIELDS or act == consent.Act.OBJECT:
        return [""]
    held = record.attributes.get(CONTACT_FIELDS[channel], [])
    return held or ([] if act == consent.Act.GRANT else [""])


def _statement(
    record: SourceRecord, purpose: Purpose, channel: str, act: str, contact: str, day: str
) -> consent.Statement:
    given: dict[str, Any] = {"line": record.line, "proof": f"Row of {record.batch.file_name}"[:1000]}
    at = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    return consent.Statement(
        purpose=purpose, channel=channel, act=act, method=consent.Method.IMPORT, record_id=record.id, contact=contact,
        at=min(at, timezone.now()) if at else None, **given,
    )  # fmt: skip


def _dated(said: consent.Statement, record: SourceRecord) -> consent.Statement:
    """A statement without a day was made by the time its row came in."""
    return said if said.at else replace(said, at=record.updated_at)
