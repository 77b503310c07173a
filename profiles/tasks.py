"""Celery tasks: a few lines each; the work is in profiles/jobs.py and profiles/approvals.py."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from . import approvals, jobs, uploads


@shared_task(name="profiles.tasks.run_job")
def run_job(job_id: str) -> None:
    """Do one job if it is still to be had."""
    jobs.run(UUID(job_id))


@shared_task(name="profiles.tasks.sweep_jobs")
def sweep_jobs() -> None:
    """Ring again for jobs that nobody works on."""
    jobs.sweep()


@shared_task(name="profiles.tasks.expire_approvals")
def expire_approvals() -> None:
    """End requests for a second person that nobody answered in time."""
    approvals.expire_due(timezone.now())


@shared_task(name="profiles.tasks.remove_uploads")
def remove_uploads() -> None:
    """Remove uploaded files whose import never closed."""
    uploads.remove_old(timezone.now())


def ring_celery(job_id: UUID) -> None:
    run_job.delay(str(job_id))
