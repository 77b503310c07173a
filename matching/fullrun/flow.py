"""How a run goes on: each step is one job or one for each part, and the last to finish queues the next step."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from matching.models import FullRun, FullRunPart
from profiles import jobs

Step = FullRun.Step
PARTED = (Step.PAIRS, Step.DECIDE, Step.PUBLISH)
READERS = 8  # at once; more would only wait for the database
KIND = {Step.PUBLISH: "full_run_publish", Step.UNDO: "full_run_undo"}


def begin(run: FullRun, step: str, **changes: object) -> None:
    """Queue the jobs of a step. Caller is in a transaction that holds the run's row. 1 query and 3 for each part."""
    numbers = range(parts_of(run, step))
    queued = [jobs.enqueue(kind=KIND.get(step, "full_run"), args=_args(run, step, n)) for n in numbers]
    FullRunPart.objects.bulk_create(
        FullRunPart(run=run, step=step, number=n, job_id=job.id) for n, job in zip(numbers, queued, strict=True)
    )
    run.step, run.job_ids = step, [*run.job_ids, *(job.id for job in queued)]
    for name, value in changes.items():
        setattr(run, name, value)
    run.save(update_fields=["step", "job_ids", *changes])


def parts_of(run: FullRun, step: str) -> int:
    """Into how many jobs a step is cut. Who trains a model reads all records."""
    if step == Step.READ:
        return 1 if run.train else min(run.parts, READERS)
    return run.parts if step in PARTED else 1


def _args(run: FullRun, step: str, number: int) -> dict[str, Any]:
    return {"full_run": run.id, "step": step, "part": number}


def locked(run_id: int) -> FullRun:
    """The run, its row locked until the transaction ends. 1 query."""
    return FullRun.objects.select_for_update().get(id=run_id)


def is_done(run: FullRun, step: str, number: int) -> bool:
    """Whether a part was done already, perhaps by a try that was thought lost. 1 query."""
    return FullRunPart.objects.filter(run=run, step=step, number=number, done_at__isnull=False).exists()


def finish(run_id: int, step: str, number: int, figures: Mapping[str, Any]) -> FullRun | None:
    """Note that a part is done; the locked run if it was the last of its step. Caller is in an effect. 3 queries."""
    run = locked(run_id)
    mine = FullRunPart.objects.filter(run=run, step=step, number=number, done_at__isnull=True)
    mine.update(done_at=timezone.now(), figures=dict(figures))
    left = FullRunPart.objects.filter(run=run, step=step, done_at__isnull=True)
    return None if left.exists() else run


def is_waiting(run: FullRun) -> bool:
    """Whether a part of the run's step was taken by nobody yet. 1 query."""
    return any(job.state == "queued" for job in run.open_jobs())


def figures_of(run: FullRun, step: str) -> Sequence[dict[str, Any]]:
    """What each part of a step counted. 1 query."""
    return list(FullRunPart.objects.filter(run=run, step=step).order_by("number").values_list("figures", flat=True))
