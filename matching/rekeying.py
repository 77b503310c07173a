"""New keys for stored records: after other blocked values were published, or a model that blocks otherwise.

Records that the change concerns are keyed anew and wait to be resolved again; their memberships stay as they are.
"""

import time
from collections.abc import Collection, Iterable, Sequence

from django.db import connection

from profiles import audit, jobs, schema
from profiles.locks import atomic_with_retry
from profiles.models import SchemaVersion, SourceRecord
from profiles.models.job import JobStep
from profiles.rebuild import PAUSE
from profiles.schema_diff import Difference

from . import models_in_force
from .blocking import write_keys
from .engine.blocked import FULL_NAME, BlockedValues
from .engine.columns import Raw
from .engine.encode import table_of
from .engine.reader import Reader
from .engine.types import Column, RecordInput
from .reading import LIVE, inputs

CHUNK = 500


def matched_fields() -> frozenset[str]:
    """Attributes that the engine reads: a record that changed in another stays as it was resolved. 1 query."""
    reader = _Asked([], BlockedValues())
    table_of(reader, models_in_force.published())
    return frozenset({"given_name", "family_name", *reader.asked} - {"source", "party_kind"})


class _Asked(Reader):
    """A reader of no records that remembers which attributes it was asked for."""

    def __init__(self, records: Sequence[RecordInput], blocked: BlockedValues) -> None:
        super().__init__(records, blocked)
        self.asked: set[str] = set()

    def single(self, name: str) -> Column:
        self.asked.add(name)
        return super().single(name)

    def several(self, name: str) -> Raw:
        self.asked.add(name)
        return super().several(name)


def after_publish(version: SchemaVersion, found: Difference) -> None:
    """What matching does behind a schema publication: other blocked values make other keys."""
    if found.blocked:
        jobs.enqueue(kind="rekey", args={"schema": version.number}, dedupe_key=f"schema-{version.number}")


def run_rekey(claim: jobs.Claim) -> None:
    """The re-key job: all live records in bounded chunks, by id; each chunk is a step."""
    changed = _blocked_before_and_after(claim.args["schema"]) if "schema" in claim.args else None
    last = JobStep.objects.filter(job_id=claim.job_id).order_by("-n").first()
    n, after, again = (last.n, last.result["after"], last.result["again"]) if last else (0, 0, 0)
    live = SourceRecord.objects.filter(state__in=LIVE).order_by("id")
    while ids := list(live.filter(id__gt=after).values_list("id", flat=True)[:CHUNK]):
        after, missed = ids[-1], ids
        while missed:
            n += 1
            missed, touched = _rekey_chunk(claim, missed, changed, n, after, again)
            again += touched
            time.sleep(PAUSE if missed else 0)
        claim.beat(**{"up to record": after, "resolved again": again})
    with claim.effect():
        audit.record("records.rekeyed", detail={"records": again})


def _blocked_before_and_after(number: int) -> tuple[BlockedValues, BlockedValues]:
    numbers = SchemaVersion.objects.filter(number__lte=number).order_by("-number").values_list("number", flat=True)[:2]
    new, old = (models_in_force.blocked_values(schema.published(n)) for n in numbers)
    return old, new


@atomic_with_retry
def _rekey_chunk(
    claim: jobs.Claim,
    ids: Sequence[int],
    changed: tuple[BlockedValues, BlockedValues] | None,
    n: int,
    after: int,
    again: int,
) -> tuple[list[int], int]:
    """One transaction: the records that others hold are returned for later, and how many are resolved again.

    A step says "after" only once nothing of the chunk is missing, so that a killed try comes back to it.
    """
    claim.check()
    rows = SourceRecord.objects.filter(id__in=ids, state__in=LIVE).order_by("id")
    held = set(rows.select_for_update(skip_locked=True, no_key=True).values_list("id", flat=True))
    missed = sorted(set(rows.values_list("id", flat=True)) - held)
    touched = _concerned(inputs(held), *changed) if changed else held
    before = _keys(touched)
    write_keys(sorted(touched))
    if changed is None:
        now = _keys(touched)
        touched = {pk for pk in touched if before.get(pk) != now.get(pk)}
    _resolve_again(touched)
    if not missed:
        claim.finish_step(n, after=after, again=again + len(touched))
    return missed, len(touched)


def _concerned(records: Iterable[RecordInput], old: BlockedValues, new: BlockedValues) -> set[int]:
    """Records that hold a value which is blocked now and was not, or the other way round."""
    return {
        record.record_id
        for record in records
        if any(old.blocks(field, value) != new.blocks(field, value) for field, value in _values(record))
    }


def _values(record: RecordInput) -> Iterable[tuple[str, str]]:
    """What blocked values can match: each value, and the whole name."""
    yield from ((field, value) for field, values in record.attributes.items() for value in values)
    given, family = (record.attributes.get(name, ("",))[0] for name in ("given_name", "family_name"))
    if given and family:
        yield FULL_NAME, f"{given} {family}"


def _keys(record_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id, key, rule FROM matching_blockkey WHERE record_id = ANY(%s) ORDER BY 1, 2, 3",
            [list(record_ids)],
        )
        found: dict[int, list[tuple[int, int]]] = {}
        for record_id, key, rule in cursor.fetchall():
            found.setdefault(record_id, []).append((key, rule))
    return found


def _resolve_again(record_ids: Collection[int]) -> None:
    if record_ids:
        SourceRecord.objects.filter(id__in=record_ids, state=SourceRecord.State.RESOLVED).update(
            state=SourceRecord.State.RECEIVED
        )
        jobs.enqueue(kind="resolve", args={}, dedupe_key="resolve")
