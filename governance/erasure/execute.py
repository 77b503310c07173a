"""Carrying an erasure out: frozen with its approval, then a job per target; done when the sweep finds nothing left."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from governance.models import Erasure, ErasureTarget, SuppressionClearance
from governance.suppression import entries, gate
from governance.suppression.identifiers import at_source, hashed
from profiles import audit, jobs
from profiles.encryption import digest_version
from profiles.models import Approval, Mark, SourceRecord
from profiles.registry import Registry

from . import certificate, notices, outside
from .plan import ErasurePlan
from .targets import TARGETS, WAITS, NotYet, subject_of

# told of every erasure of which a target was done, in its transaction
FOLLOWERS: Registry[Callable[[Erasure], None]] = Registry("followers of erasures")
JOB = "erase_target"
SWEEP = "sweep"
BUSY = (jobs.Job.State.QUEUED, jobs.Job.State.RUNNING)
RESTRICTED = "A law demands that it is kept: it is stored, and not used."


def start(*, plan: ErasurePlan, approval: Approval, basis: str, reference: str = "") -> Erasure:
    """Freeze what is erased, in the transaction of its approval: from its end on nothing of it comes in again.

    Caller holds the customer's lock and has checked the plan. The targets follow as jobs.
    """
    gate.lock_out()
    now, profile = timezone.now(), plan.profile
    erasure = Erasure.objects.create(
        profile=profile, profiles=[profile.id, *plan.tombstones], records=list(plan.subject.records),
        kept=[one.record_id for one in plan.kept_records], basis=basis, reference=reference, approval=approval,
        plan=approval.plan, plan_hash=approval.plan_hash, started_at=now,
    )  # fmt: skip
    suppress(erasure)
    _mark(erasure, plan)
    notices.write(erasure, profile)
    open_targets(erasure)
    audit.record("erasure.started", obj=erasure, subjects=erasure.profiles, detail={"records": len(erasure.records)})
    advance(erasure)
    transaction.on_commit(outside.export_waiting, robust=True)
    return erasure


def suppress(erasure: Erasure) -> int:
    """Write the entries by which the person is known again. Caller has locked the gate."""
    found = entries.identifiers_of(erasure.records)
    others = entries.held_by_others(found, erasure.profiles)
    return entries.write(erasure=erasure, found=found, held_by_others=others, now=erasure.started_at)


def _mark(erasure: Erasure, plan: ErasurePlan) -> None:
    """Records that go are stopped for everything; those that a law keeps are restricted, and may still be delivered."""
    now = erasure.started_at
    Mark.objects.bulk_create(
        Mark(record_id=pk, kind=Mark.Kind.ERASING, reason="Being erased.", since=now, reference=str(erasure.id))
        for pk in erasure.records
    )
    for one in plan.kept_records:
        Mark.objects.create(
            record_id=one.record_id, kind=Mark.Kind.RESTRICTED, reason=RESTRICTED, since=now, reference=str(erasure.id)
        )
    kept = SourceRecord.objects.filter(id__in=erasure.kept).select_related("source")
    for row in kept:
        ((_, digest),) = hashed([at_source(row.source.key, row.external_id)])
        SuppressionClearance.objects.get_or_create(
            digest=digest, defaults={"key_version": digest_version(), "cleared_at": now}
        )


def open_targets(erasure: Erasure) -> None:
    """A row for every target there is. 1 query."""
    ErasureTarget.objects.bulk_create(ErasureTarget(erasure=erasure, name=name) for name in (*TARGETS, SWEEP))


def advance(erasure: Erasure, *, again: bool = False) -> int:
    """Queue a job for each target whose turn it is and that nobody works on; failed ones only `again`, on a person's word.

    Returns how many. 2 queries and those of the jobs.
    """
    rows = {row.name: row for row in erasure.targets.all()}
    stopped = {*BUSY} if again else {*BUSY, jobs.Job.State.FAILED}
    held = set(
        jobs.Job.objects.filter(id__in=[row.job_id for row in rows.values() if row.job_id], state__in=stopped)
        .values_list("id", flat=True)
    )  # fmt: skip
    names = [name for name in ready(rows) if rows[name].job_id not in held]
    for name in names:
        job = jobs.enqueue(
            kind=JOB, args={"erasure": str(erasure.id), "target": name}, dedupe_key=f"{erasure.id}:{name}"
        )
        ErasureTarget.objects.filter(id=rows[name].id).update(job_id=job.id)
    return len(names)


def ready(rows: Mapping[str, ErasureTarget]) -> list[str]:
    """Targets that are open and wait for no other one; the sweep waits for all."""
    is_open = {name for name, row in rows.items() if row.done_at is None}
    turn = [name for name in TARGETS if name in is_open and not set(TARGETS[name].after) & is_open]
    return turn or [name for name in (SWEEP,) if is_open == {SWEEP}]


def continue_open() -> int:
    """Queue what waits, again: the scheduler asks each minute. Returns how many."""
    outside.export_waiting()
    return sum(advance(erasure) for erasure in Erasure.objects.filter(done_at__isnull=True))


def run_job(claim: jobs.Claim) -> None:
    """One target of one erasure, in a transaction under the job's fence."""
    clear(UUID(claim.args["erasure"]), claim.args["target"], claim.effect)


def clear(erasure_id: UUID, name: str, effect: Callable[[], AbstractContextManager[None]] = transaction.atomic) -> bool:
    """Clear one target; what waits for something notes it and is tried again. Returns whether it is done."""
    try:
        with effect():
            erasure = Erasure.objects.get(pk=erasure_id)
            row = ErasureTarget.objects.select_for_update().get(erasure=erasure, name=name)
            if row.done_at is None:
                _clear(erasure, row)
            return True
    except NotYet as wait:
        with effect():
            ErasureTarget.objects.filter(erasure_id=erasure_id, name=name).update(waits_for=str(wait))
        return False


def _clear(erasure: Erasure, row: ErasureTarget) -> None:
    if row.name == SWEEP:
        _sweep(erasure, row)
        return
    target, subject = TARGETS[row.name], subject_of(erasure)
    cleared = target.clear(erasure, subject)
    row.cleared = {label: n + row.cleared.get(label, 0) for label, n in cleared.items()}
    if target.left(erasure, subject):
        row.waits_for = row.name if row.name in WAITS else "left"
        row.save(update_fields=["cleared", "waits_for"])
        return
    _done(row)
    audit.record(
        "erasure.cleared", obj=erasure, subjects=erasure.profiles,
        detail={"target": TARGETS[row.name].title, "rows": sum(row.cleared.values())},
    )  # fmt: skip
    advance(erasure)
    _tell_followers(erasure)


def _tell_followers(erasure: Erasure) -> None:
    for follow in FOLLOWERS.values():
        follow(erasure)


def _done(row: ErasureTarget) -> None:
    row.done_at, row.waits_for = timezone.now(), ""
    row.save(update_fields=["done_at", "waits_for", "cleared"])


def _sweep(erasure: Erasure, row: ErasureTarget) -> None:
    """Look everywhere once more. What still holds something is opened again; with nothing left, it is certified."""
    subject = subject_of(erasure)
    left = {name: n for name, target in TARGETS.items() if (n := target.left(erasure, subject))}
    if left:
        erasure.targets.filter(name__in=left).update(done_at=None, waits_for="left")
        advance(erasure)
        return
    row.cleared = dict.fromkeys(TARGETS, 0)
    _done(row)
    erasure.done_at = timezone.now()
    certificate.issue(erasure)
    erasure.save()
    audit.record("erasure.done", obj=erasure, subjects=erasure.profiles, detail={"records": len(erasure.records)})
    _tell_followers(erasure)


def retry(*, erasure: Erasure) -> int:
    """Try failed targets again. Returns how many were queued."""
    audit.record("erasure.retried", obj=erasure, subjects=erasure.profiles)
    return advance(erasure, again=True)
