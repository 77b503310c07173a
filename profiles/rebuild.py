"""A published schema takes hold: records are read again where their source is read otherwise, values are chosen anew.

What is left to do is told by the rows themselves: each names the version it was read under. So a killed job goes on where
it stopped, a second one does nothing, and a roll back leaves alone what the bad version never touched.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import connection, models
from django.db.models import Q

from . import audit, conflicts, corrections, gates, golden, jobs, schema, sensitive
from .canonical.records import standardise_rows
from .canonical.types import FieldProblem, StandardisedRecord
from .locks import atomic_with_retry, lock_profiles
from .models import (
    Batch,
    Correction,
    Flag,
    GoldenValue,
    Job,
    Membership,
    Profile,
    RecordVersion,
    SchemaVersion,
    Source,
    SourceRecord,
)  # fmt: skip
from .models.job import JobStep
from .registry import Registry
from .schema_diff import Difference, difference, reading, sealed_otherwise

CHUNK = 500
PAUSE = 0.2  # seconds before records that others held are asked for again

# Which attributes upper apps resolve records by: a record that changed in another is not resolved again.
MATCHED: Registry[Callable[[], frozenset[str]]] = Registry("attributes that records are resolved by")


def effects(found: Difference) -> dict[str, int]:
    """How much a publication would touch: records to read again, customers to choose values anew for. 2 queries."""
    reread = SourceRecord.objects.filter(source__key__in=found.reread).exclude(state=SourceRecord.State.ERASED)
    return {"records": reread.count(), "customers": _customers(found).count() if _chooses(found) else 0}


def _chooses(found: Difference) -> bool:
    return bool(found.resurvive or found.retrusted)


def _customers(found: Difference) -> models.QuerySet[Profile]:
    """Customers that hold a value of a field, or a record of a source, whose say changed."""
    sources = list(Source.objects.filter(key__in=found.retrusted).values_list("id", flat=True))
    holds = models.Exists(GoldenValue.objects.filter(profile_id=models.OuterRef("pk"), field__in=found.resurvive))
    wanted = Q(source_ids__overlap=sources) if sources else Q(pk__in=[])
    if found.resurvive:
        wanted |= Q(holds)
    return Profile.objects.active().filter(wanted)


def after_publish(version: SchemaVersion, found: Difference) -> None:
    """Queue the rebuild behind a publication, where there is anything to rebuild."""
    if found.reread or _chooses(found):
        start(version.number)


def start(number: int) -> Job:
    """Queue the rebuild for a version; one that waits already is enough."""
    return jobs.enqueue(kind="rebuild", args={"version": number}, dedupe_key=f"schema-{number}")


def catch_up(batch: Batch) -> None:
    """An import (or its undo) that was under way while a version was published: what it stored is read again."""
    newest = schema.published()
    stale = stale_versions(batch.source.key, newest)
    stored = SourceRecord.objects.filter(batch=batch, schema_version__in=stale)
    restored = RecordVersion.objects.filter(replaced_by_batch=batch, schema_version__in=stale)
    if stale and (stored.exists() or restored.exists()):
        start(newest.number)


def stale_versions(source: str, newest: schema.Schema) -> list[int]:
    """Versions that read this source otherwise than the newest does. 1 query."""
    now = newest.content_of(source)
    if now is None:
        return []
    numbers = SchemaVersion.objects.filter(number__lt=newest.number).values_list("number", flat=True)
    versions = {number: schema.published(number) for number in numbers}
    resealed = {n for n, version in versions.items() if sealed_otherwise(version.content, newest.content)}
    before = ((n, version.content_of(source)) for n, version in versions.items())
    return [n for n, then in before if then is not None and (n in resealed or reading(then) != reading(now))]


def run_rebuild(claim: jobs.Claim) -> None:
    """The rebuild job: read again, then choose again, each in bounded chunks."""
    number = claim.args["version"]
    newest = schema.published()
    read = sum(_reread_source(claim, source, newest) for source in Source.objects.order_by("id"))
    customers = _choose_again(claim, number)
    with claim.effect():
        detail = {"number": number, "records": read, "customers": customers}
        audit.record("schema.rebuilt", obj=SchemaVersion.objects.get(number=number), detail=detail)


# ---- reading again -------------------------------------------------------------------------------------------------------


def _reread_source(claim: jobs.Claim, source: Source, newest: schema.Schema) -> int:
    """Read every record again whose version read this source otherwise, until a pass finds none."""
    stale = stale_versions(source.key, newest)
    waiting = SourceRecord.objects.filter(source=source, schema_version__in=stale).exclude(
        state=SourceRecord.State.ERASED
    )
    key = f"{source.key}: records read again"
    done, after, cache = Job.objects.get(id=claim.job_id).progress.get(key, 0), 0, {}
    while stale:
        ids = list(waiting.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:CHUNK])
        if not ids and not after:
            break
        if ids:
            done += _reread_chunk(claim, ids, stale, newest, cache)
            claim.beat(**{key: done})
        after = ids[-1] if ids else 0
        if not ids and waiting.exists():
            time.sleep(PAUSE)  # somebody holds those that are left
    return done


@dataclass(frozen=True, slots=True)
class Reread:
    """A record before and after it was read anew."""

    record: SourceRecord
    found: StandardisedRecord

    @property
    def differs(self) -> bool:
        return (self.record.attributes, self.record.party_kind) != (self.found.attributes, self.found.party_kind)

    def differs_in(self, fields: Collection[str]) -> bool:
        """Whether a record looks otherwise to who resolves it."""
        old, new = self.record.attributes, self.found.attributes
        return self.record.party_kind != self.found.party_kind or any(old.get(f) != new.get(f) for f in fields)


@atomic_with_retry
def _reread_chunk(
    claim: jobs.Claim, ids: Sequence[int], stale: Sequence[int], newest: schema.Schema, cache: dict
) -> int:
    """One transaction. Locks customers before records, as everybody does; records that others hold are left for later."""
    claim.check()
    homes = _homes(ids)
    lock_profiles(homes.values())
    homes = {pk: home for pk, home in _homes(ids).items() if homes.get(pk) == home}
    rows = SourceRecord.objects.filter(id__in=ids, schema_version__in=stale).order_by("id")
    held = list(rows.select_related("source").select_for_update(skip_locked=True, no_key=True, of=("self",)))
    with_home = set(Membership.objects.filter(record_id__in=ids).values_list("record_id", flat=True))
    held = [row for row in held if row.id in homes or row.id not in with_home]
    if held:
        _store(_read(held, newest, cache), homes, newest)
    return len(held)


def _homes(ids: Sequence[int]) -> dict[int, UUID]:
    return dict(Membership.objects.filter(record_id__in=ids).values_list("record_id", "profile_id"))


def _read(rows: Sequence[SourceRecord], newest: schema.Schema, cache: dict) -> list[Reread]:
    """Rows of one source from their payloads. A row that would now be set aside is kept, and says so."""
    spec = newest.sources[rows[0].source.key]
    found = standardise_rows([row.cells() for row in rows], spec.mappings, spec.context, cache)
    for result in found:
        if result.rejected:
            result.problems.append(result.rejected)
    _keep_what_no_gate_lets_in(rows, found)
    return [Reread(row, result) for row, result in zip(rows, found, strict=True)]


def _keep_what_no_gate_lets_in(rows: Sequence[SourceRecord], found: Sequence[StandardisedRecord]) -> None:
    """A record that a gate would not let in as it reads now stays as it was read before, and says so."""
    seen = [gates.GateRow(r.source.key, r.external_id, new.attributes) for r, new in zip(rows, found, strict=True)]
    for row, result, ruling in zip(rows, found, gates.rule(seen) if gates.GATES else (), strict=bool(gates.GATES)):
        if ruling.passes is not gates.Pass.ALLOW:
            result.attributes, result.party_kind = row.attributes, row.party_kind
            result.problems.append(FieldProblem("", "", ruling.code or "gate", ruling.reason or "It may not come in."))


def _store(read: Sequence[Reread], homes: Mapping[int, UUID], newest: schema.Schema) -> None:
    """Attributes under the new version; who must be resolved again waits for it, memberships stay as they are."""
    fields = frozenset().union(*(known() for known in MATCHED.values()))
    differ = [one for one in read if one.differs]
    again = [one.record.id for one in differ if one.differs_in(fields)]
    _update(read, newest)
    _seal_older([one.record.id for one in read], newest)
    conflicts.read_again((one.record.id, one.record.attributes, one.found.attributes) for one in differ)
    SourceRecord.objects.filter(id__in=again, state=SourceRecord.State.RESOLVED).update(
        state=SourceRecord.State.RECEIVED
    )
    if again:
        corrections.after_store(again)
    golden.rebuild({homes[one.record.id] for one in differ if one.record.id in homes}, schema=newest)


def _update(read: Sequence[Reread], newest: schema.Schema) -> None:
    clear = sensitive.clear_fields(newest)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE profiles_sourcerecord SET party_kind = %s, attributes = %s, sealed = %s, problems = %s, source_version = %s,"
            " schema_version = %s WHERE id = %s",
            [
                (
                    one.found.party_kind,
                    *_stored(one, clear),
                    json.dumps([asdict(problem) for problem in one.found.problems]),
                    newest.sources[one.record.source.key].version_of(one.record.cells()),
                    newest.number,
                    one.record.id,
                )
                for one in read
            ],
        )


def _seal_older(record_ids: Sequence[int], newest: schema.Schema) -> None:
    """Where the sensitivity of a field changed, older states and what people wrote are sealed, or opened, too. 3 queries."""
    clear = sensitive.clear_fields(newest)
    states = RecordVersion.objects.filter(record_id__in=record_ids)
    fresh = [
        (json.dumps(attributes), sealed, pk)
        for pk, record_id, stored, held in states.values_list("id", "record_id", "attributes", "sealed")
        for place in [sensitive.place_of_record(record_id)]
        for whole in [sensitive.opened(stored, held, place)]
        if stored.keys() != whole.keys() & clear
        for attributes, sealed in [sensitive.seal(whole, clear, place)]
    ]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE profiles_recordversion SET attributes = %s, sealed = %s WHERE id = %s", fresh)
    for model in (Correction, Flag):
        for row in model.objects.filter(record_id__in=record_ids):
            if (row.sealed is not None) != sensitive.is_sealed(row.field, newest):
                row.save(update_fields=row.SEALS)


def _stored(one: Reread, clear: frozenset[str]) -> tuple[str, bytes | None]:
    attributes, sealed = sensitive.seal(one.found.attributes, clear, sensitive.place_of_record(one.record.id))
    return json.dumps(attributes, ensure_ascii=False), sealed


# ---- choosing again ------------------------------------------------------------------------------------------------------


def _choose_again(claim: jobs.Claim, number: int) -> int:
    """Rebuild golden values of the customers a change of trust or survivorship concerns; each chunk is a step."""
    found = changed_by(number)
    if not _chooses(found):
        return 0
    last = JobStep.objects.filter(job_id=claim.job_id).order_by("-n").first()
    n, after, done = (last.n, last.result["after"], last.result["done"]) if last else (0, None, 0)
    wanted = _customers(found).order_by("id")
    while ids := list((wanted.filter(id__gt=after) if after else wanted).values_list("id", flat=True)[:CHUNK]):
        n, after, done = n + 1, str(ids[-1]), done + len(ids)
        _choose_chunk(claim, ids, n, after, done)
        claim.beat(**{"customers chosen again": done})
    return done


@atomic_with_retry
def _choose_chunk(claim: jobs.Claim, ids: Sequence[UUID], n: int, after: str, done: int) -> None:
    claim.check()
    lock_profiles(ids)
    golden.rebuild(ids)
    claim.finish_step(n, after=after, done=done)


def changed_by(number: int) -> Difference:
    """What the version changed against the one before it. 1 query."""
    rows = SchemaVersion.objects.filter(number__lte=number).order_by("-number").values_list("content", flat=True)
    new, *before = rows[:2]
    return difference(before[0] if before else schema.NOTHING, new)
