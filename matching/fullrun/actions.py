"""What people do with full runs: start, stop, go on, discard, publish, undo."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from matching import brakes
from matching.models import (
    FullRun,
    FullRunChange,
    FullRunEdge,
    FullRunMember,
    FullRunPiece,
    FullRunUsage,
    MatchModel,
    RunBrake,
)
from profiles import audit, jobs
from profiles.models import Job, User

from . import flow

State, Step = FullRun.State, FullRun.Step


class FullRunNotAllowed(Exception):
    """The run cannot be started or go on so; the message says why."""


@transaction.atomic
def start(*, model: MatchModel, train: bool, by: User | None, parts: int | None = None) -> FullRun:
    """Queue a run under a version, or under what training makes of it. One run at a time."""
    run = FullRun(
        model_label=model.label, model_digest=model.digest, train=train, created_by=by,
        parts=parts or settings.FULL_RUN_PARTS,
    )  # fmt: skip
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise FullRunNotAllowed("Another full run is under way. Wait for it, or discard it.") from error
    _forget_older(run)
    flow.begin(run, Step.READ)
    audit.record("full_run.started", obj=run, detail={"label": model.label})
    return run


def _forget_older(run: FullRun) -> None:
    """What older runs have worked out is of no use any more, except the report."""
    for table in (FullRunEdge, FullRunMember, FullRunUsage):
        table.objects.filter(run_id__lt=run.id).delete()
    FullRunPiece.objects.filter(run__lt=run.id).delete()
    FullRun.objects.filter(state=State.REPORTED, id__lt=run.id).update(state=State.DISCARDED)


@transaction.atomic
def cancel(*, run: FullRun, by: User | None) -> FullRun:
    """Stop the jobs of a run; what its parts have done stays, so that it can go on."""
    run = flow.locked(run.id)
    if not run.is_busy:
        raise FullRunNotAllowed("The run is not under way.")
    for job in run.open_jobs():
        if job.is_open:
            jobs.cancel(job=job)
    audit.record("full_run.cancelled", obj=run, detail={"step": run.get_step_display()})
    return run


@transaction.atomic
def resume(*, run: FullRun, by: User | None) -> FullRun:
    """Let the jobs that were stopped or failed try again; parts that are done are not done twice."""
    run = flow.locked(run.id)
    stopped = [job for job in run.open_jobs() if not job.is_open]
    if not (run.is_busy and stopped):
        raise FullRunNotAllowed("Nothing of the run is stopped.")
    for job in stopped:
        jobs.retry(job=job)
    audit.record("full_run.resumed", obj=run, detail={"step": run.get_step_display()})
    return run


@transaction.atomic
def discard(*, run: FullRun, by: User | None) -> FullRun:
    """Give a run up before it is published; its working tables are emptied, nothing else was changed."""
    run = flow.locked(run.id)
    if run.state not in (State.RUNNING, State.REPORTED):
        raise FullRunNotAllowed("It was published already, or discarded. A published run can be undone.")
    for job in Job.objects.filter(id__in=run.job_ids):
        if job.is_open:
            jobs.cancel(job=job)
    run.state = State.DISCARDED
    run.save(update_fields=["state"])
    for table in (FullRunEdge, FullRunMember, FullRunUsage):
        table.objects.filter(run_id=run.id).delete()
    FullRunPiece.objects.filter(run=run).delete()
    FullRunChange.objects.filter(run=run).delete()
    audit.record("full_run.discarded", obj=run, detail={"label": run.model_label})
    return run


def why_not_publish(run: FullRun) -> str:
    """Why a run cannot be published as it stands, in words; empty if it can. 1 query."""
    if run.state != State.REPORTED:
        return "It has no report that waits for a decision."
    row = MatchModel.objects.filter(label=run.model_label).first()
    if row is None or row.digest != run.model_digest:
        return "Its draft was edited or discarded since. Start another run."
    if row.state != MatchModel.State.PUBLISHED:
        return f"{run.model_label} is not in force. A second person must publish the version first."
    return ""


@transaction.atomic
def publish(*, run: FullRun, by: User | None, reason: str, despite_brake: bool = False) -> FullRun:
    """Queue the jobs that carry out what the report says. The run brake must be released expressly."""
    run = flow.locked(run.id)
    if refused := why_not_publish(run):
        raise FullRunNotAllowed(refused)
    _release_brake(run, by, reason, despite_brake)
    flow.begin(run, Step.PUBLISH, state=State.PUBLISHING, published_by=by, published_at=timezone.now(), reason=reason)
    audit.record("full_run.published", obj=run, detail={"label": run.model_label})
    return run


def _release_brake(run: FullRun, by: User | None, reason: str, despite_brake: bool) -> None:
    stopped = RunBrake.objects.filter(full_run=run, state=RunBrake.State.ON).first()
    if stopped and not despite_brake:
        raise FullRunNotAllowed(f"{run.figures['brake']} Say expressly that it is right.")
    if stopped:
        brakes.release(brake=stopped, by=by, reason=reason)


@transaction.atomic
def undo(*, run: FullRun, by: User | None) -> FullRun:
    """Queue the undo of everything that a published run did."""
    run = flow.locked(run.id)
    if run.state != State.PUBLISHED:
        raise FullRunNotAllowed("Only a published run can be undone.")
    try:
        with transaction.atomic():
            flow.begin(run, Step.UNDO, state=State.UNDOING, undone_by=by, undone_at=timezone.now())
    except IntegrityError as error:
        raise FullRunNotAllowed("Another full run is under way. Wait for it, or discard it.") from error
    audit.record("full_run.undone", obj=run, detail={"label": run.model_label})
    return run
