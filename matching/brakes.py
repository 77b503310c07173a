"""The run brake: an import or a full run that would merge unusually many customers stops, and a person is asked.

Counted are customers that existed when the file was taken in, or when the full run began. What a batch would merge beyond
the limit is not carried out, and the rest of the import's records wait, until a person lets it go on or undoes the import.
Other imports go on. A full run is not published without an express word. What is usual, the last imports and full runs say
together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from statistics import median
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from profiles import audit, jobs, work
from profiles.bulk import array
from profiles.models import Batch, Profile, Source, User, WorkItem
from profiles.work import Presented

from .engine.types import Component
from .models import FullRun, FullRunChange, RunBrake
from .picture import Picture
from .upheld import without

FROM = 1_000  # customers from which the brake counts
SHARE = 0.01  # of all customers
RUNS, TIMES = 8, 2  # the last eight imports and full runs, and how much more than their median is unusual
NEVER_UNUSUAL = 10  # merges that nothing is stopped for
EXAMPLES = 20
KIND = "run_brake"


class ReleaseNotAllowed(Exception):
    """It cannot be let go on; the message says why."""


@dataclass(slots=True)
class Wanted:
    """What a batch of records of one import would merge: groups of customers of before, and its rows behind that."""

    groups: list[list[UUID]] = field(default_factory=list)

    @property
    def merges(self) -> int:
        return sum(len(group) - 1 for group in self.groups)


def braked(picture: Picture) -> Picture:
    """The picture without the records of imports that merge more than is usual. No query where nothing is merged.

    Caller holds the lock of resolution. An import that is over its limit is stopped here, with a work item.
    """
    merging = [one for one in picture.plan.components if len(one.profiles) > 1]
    if not merging:
        return picture
    batch_of = _batches(picture)
    wanted = _wanted(picture, merging, batch_of)
    stopped = {batch_id for batch_id, one in sorted(wanted.items()) if _is_too_much(batch_id, one)}
    if not stopped:
        return picture
    return without(picture, {("row", row) for row, (batch_id, _) in batch_of.items() if batch_id in stopped})


def _batches(picture: Picture) -> dict[int, tuple[int, datetime]]:
    """Fresh row → its import, and when that was taken in. 1 query."""
    row_of = {picture.rows[row].record_id: row for row in picture.fresh}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id, r.batch_id, b.created_at FROM profiles_sourcerecord r JOIN profiles_batch b ON b.id = r.batch_id"
            " WHERE r.id = ANY(%s::bigint[])",
            [array(row_of)],
        )
        return {row_of[pk]: (batch_id, at) for pk, batch_id, at in cursor.fetchall()}


def _wanted(
    picture: Picture, merging: Iterable[Component], batch_of: Mapping[int, tuple[int, datetime]]
) -> dict[int, Wanted]:
    """Per import the customers of before it that would be one; a merge counts for the newest import that has a part in it."""
    found: dict[int, Wanted] = {}
    for component in merging:
        numbers = set(component.profiles)
        rows = [*component.records, *(row for row in picture.fresh if picture.number_of[row] in numbers)]
        batch_id, taken_in = max((batch_of[row] for row in rows if row in batch_of), default=(0, timezone.now()))
        ids = [picture.profiles[number] for number in component.profiles]
        before = [pid for pid in ids if picture.customers[pid].created_at < taken_in]
        if batch_id and len(before) > 1:
            found.setdefault(batch_id, Wanted()).groups.append(before)
    return found


def _is_too_much(batch_id: int, wanted: Wanted) -> bool:
    """Count the merges of an import, or stop it where they would be too many. At most 7 queries."""
    brake = RunBrake.objects.select_for_update().filter(batch_id=batch_id).first()
    brake = brake or RunBrake.objects.create(batch_id=batch_id, customers=Profile.objects.active().count())
    total = brake.merged + wanted.merges
    limit = allowed(brake.customers, merged_before(batch_id=batch_id))
    if brake.state == RunBrake.State.ON or (brake.state == RunBrake.State.OFF and limit is not None and total > limit):
        _stop(brake, total, limit or 0, wanted)
        return True
    RunBrake.objects.filter(id=brake.id).update(merged=F("merged") + wanted.merges)
    return False


def allowed(customers: int, earlier: Sequence[int]) -> int | None:
    """How many customers of before may be merged; None: as many as it likes, while there are few customers. Pure.

    `earlier` are the merges of the last imports and full runs: fewer than eight do not tell what is usual.
    """
    if customers < FROM:
        return None
    share = int(customers * SHARE)
    if len(earlier) < RUNS:
        return share
    return min(share, max(int(TIMES * median(earlier)), NEVER_UNUSUAL))


def merged_before(*, batch_id: int = 0, run_id: int = 0) -> list[int]:
    """What the last eight imports and full runs merged, apart from this one: finished and not undone. 2 queries."""
    imports = Batch.objects.filter(state=Batch.State.DONE, finished_at__isnull=False).exclude(id=batch_id)
    runs = FullRun.objects.filter(state=FullRun.State.PUBLISHED).exclude(id=run_id)
    found = [
        *imports.order_by("-finished_at").values_list("finished_at", "run_brake__merged")[:RUNS],
        *runs.order_by("-published_at").values_list("published_at", "run_brake__merged")[:RUNS],
    ]
    return [merged or 0 for _, merged in nlargest(RUNS, found, key=lambda one: one[0])]


def examine(run: FullRun, merged: int) -> str:
    """Note what a full run would merge; why that needs a second look, in words; empty if it does not.

    Caller is in a transaction. 3 queries, 5 if it is stopped.
    """
    limit = allowed(run.profiles, merged_before(run_id=run.id))
    brake = RunBrake(full_run=run, customers=run.profiles, wanted=merged, limit=limit or 0)
    if limit is None or merged <= limit:
        brake.save(force_insert=True)
        return ""
    merges = run.changes.filter(kind=FullRunChange.Kind.MERGE).values_list("customers", flat=True)
    brake.examples = [[str(pid) for pid in group] for group in merges[:EXAMPLES]]
    brake.state, brake.stopped_at = RunBrake.State.ON, timezone.now()
    brake.save(force_insert=True)
    audit.record("run_brake.stopped", obj=brake, subjects=_named(brake), detail={"wanted": merged, "limit": limit})
    return f"It would merge {merged:,} of {run.profiles:,} customers; up to {limit:,} are usual."


def _named(brake: RunBrake) -> set[UUID]:
    return {UUID(pid) for group in brake.examples for pid in group}


def _stop(brake: RunBrake, total: int, limit: int, wanted: Wanted) -> None:
    if brake.state == RunBrake.State.ON:
        return
    RunBrake.objects.filter(id=brake.id).update(
        state=RunBrake.State.ON, stopped_at=timezone.now(), wanted=total, limit=limit,
        examples=[[str(pid) for pid in group] for group in wanted.groups[:EXAMPLES]],
    )  # fmt: skip
    work.open_item(kind=KIND, subject_id=brake.batch_id, reason="unusually_many")
    subjects = {pid for group in wanted.groups for pid in group}
    audit.record("run_brake.stopped", obj=brake, subjects=subjects, detail={"wanted": total, "limit": limit})


@transaction.atomic
def release(*, brake: RunBrake, by: User | None, reason: str) -> RunBrake:
    """A person has looked: the import goes on, or the full run may be published, however many customers it merges."""
    brake = RunBrake.objects.select_for_update().get(id=brake.id)
    if brake.state != RunBrake.State.ON:
        raise ReleaseNotAllowed("Somebody let it go on already.")
    brake.state, brake.released_at, brake.released_by, brake.reason = (
        RunBrake.State.RELEASED, timezone.now(), by, reason,
    )  # fmt: skip
    brake.save(update_fields=["state", "released_at", "released_by", "reason"])
    audit.record("run_brake.released", obj=brake, detail={"wanted": brake.wanted})
    if brake.batch_id:
        work.close_subjects(kind=KIND, subject_ids=[brake.batch_id])
        jobs.enqueue(kind="resolve", args={}, dedupe_key="resolve")
    return brake


def present(items: Sequence[WorkItem], user: User) -> Mapping[int, Presented]:
    """A stopped import is named after its file, for who may see its source; one that was undone needs nobody. 3 queries."""
    ids = {item.id: int(item.subject_id) for item in items}
    rows = Batch.objects.filter(id__in=ids.values(), source__in=Source.objects.visible_to(user))
    batches = rows.exclude(state=Batch.State.UNDONE).in_bulk()
    return {
        item.id: Presented(f"Import {batches[ids[item.id]].file_name}", reverse("matching:brake", args=[ids[item.id]]))
        for item in items
        if ids[item.id] in batches
    }
