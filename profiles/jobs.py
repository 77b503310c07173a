"""Jobs: enqueue, claim, fence, step, finish. The table is the truth; the broker only rings."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from .context import Actor, acting, current_actor
from .models import Job, JobStep
from .registry import Registry

log = logging.getLogger(__name__)

LEASE_SECONDS = 45
MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: its title and the function that does it, called with the claimed job.

    While one that `rebuilds` is open, pages say that what they show is being rebuilt.
    """

    title: str
    run: "Callable[[Claim], None]"
    rebuilds: bool = False


KINDS: Registry[JobKind] = Registry("job kinds")
# set by cdv_site/celery.py: how to ring the doorbell for a job id
ring: Callable[[UUID], None] = lambda job_id: None  # noqa: E731


class LeaseLost(Exception):
    """Another worker has claimed the job, or it was cancelled: stop without writing."""


class JobFailed(Exception):
    """The job cannot succeed, whatever the retries: the message is shown to the user."""


def is_rebuilding() -> bool:
    """Whether what pages show is being rebuilt under a new version. 1 query."""
    kinds = [name for name, kind in KINDS.items() if kind.rebuilds]
    return Job.objects.filter(kind__in=kinds, state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists()


def enqueue(*, kind: str, args: Mapping[str, Any], dedupe_key: str = "") -> Job:
    """Write a job and ring when the transaction commits; a waiting job of the same key is returned instead."""
    KINDS[kind]
    actor = current_actor()
    job = Job(
        kind=kind, args=dict(args), dedupe_key=dedupe_key, created_by_id=actor.user_id, request_id=actor.request_id
    )
    job = _stored_once(job) if dedupe_key else _stored(job)
    transaction.on_commit(lambda: ring_safely(job.id))
    return job


def _stored(job: Job) -> Job:
    job.save(force_insert=True)
    return job


def _stored_once(job: Job) -> Job:
    """The job, or the one of its key that waits already; again, if that one began before it could be read. 2 queries."""
    same = Q(kind=job.kind, dedupe_key=job.dedupe_key, state=Job.State.QUEUED)
    found = None
    while found is None:
        Job.objects.bulk_create([job], ignore_conflicts=True)
        found = Job.objects.filter(Q(id=job.id) | same).first()
    return found


def ring_safely(job_id: UUID) -> None:
    """Ring; when the broker is away the sweeper will ring again."""
    try:
        ring(job_id)
    except Exception:  # the broker's own errors differ by transport
        log.warning("The broker did not take job %s; the sweeper will.", job_id)


@dataclass(slots=True)
class Claim:
    """A job held by this worker: the id, its arguments and the fence every write must carry."""

    job_id: UUID
    kind: str
    args: dict[str, Any]
    fence: int

    @contextmanager
    def effect(self) -> Iterator[None]:
        """A transaction that can only commit while the claim holds: the job row is share-locked with its fence.

        A job waits longer for locks than a person would.
        """
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '30s'")
            self.check()
            yield

    def check(self) -> None:
        """Raise unless the claim holds. Takes a share lock on the job row; caller is in a transaction."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT cancel_requested FROM profiles_job WHERE id = %s AND fence = %s AND state = 'running' FOR SHARE",
                [self.job_id, self.fence],
            )
            row = cursor.fetchone()
        if row is None or row[0]:
            raise LeaseLost(f"{self.kind} {self.job_id}")

    def done_step(self, n: int) -> dict[str, Any] | None:
        """The result of step `n`, or None when it was not done yet."""
        return JobStep.objects.filter(job_id=self.job_id, n=n).values_list("result", flat=True).first()

    def finish_step(self, n: int, **result: Any) -> None:
        JobStep.objects.create(job_id=self.job_id, n=n, result=result)

    def beat(self, **progress: Any) -> None:
        """Renew the lease (in database time) and show progress; call between effects, never inside one."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE profiles_job SET lease_until = clock_timestamp() + %s * interval '1 second',"
                " progress = progress || %s::jsonb WHERE id = %s AND fence = %s AND state = 'running'"
                " RETURNING cancel_requested",
                [LEASE_SECONDS, json.dumps(progress, default=str), self.job_id, self.fence],
            )
            row = cursor.fetchone()
        if row is None or row[0]:
            raise LeaseLost(f"{self.kind} {self.job_id}")


def claim(job_id: UUID) -> Claim | None:
    """Claim a waiting or abandoned job: one UPDATE that raises the fence and sets the lease. None when not to be had."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_job SET state = 'running', fence = fence + 1, tries = tries + 1,"
            " lease_until = clock_timestamp() + %s * interval '1 second', started_at = coalesce(started_at, now())"
            " WHERE id = %s AND NOT cancel_requested AND tries < %s"
            " AND (state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp()))"
            " RETURNING kind, args, fence",
            [LEASE_SECONDS, job_id, MAX_TRIES],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Claim(job_id, row[0], json.loads(row[1]) if isinstance(row[1], str) else row[1], row[2])


def run(job_id: UUID) -> None:
    """Claim and do one job; called by the worker. Errors put it back until its tries are used up."""
    held = claim(job_id)
    if held is None:
        return
    job = Job.objects.select_related("created_by").get(id=job_id)
    name = job.created_by.username if job.created_by else "system"
    with acting(Actor(job.created_by_id, name, job.request_id, job.id)):
        try:
            KINDS[held.kind].run(held)
        except LeaseLost:
            _settle_cancelled(held)
        except JobFailed as error:
            _settle(held, Job.State.FAILED, str(error))
        except OperationalError as error:  # the database went away: the lease runs out and the sweeper takes it up
            log.warning("Job %s lost the database: %s", job_id, error)
            raise
        except Exception as error:
            log.exception("Job %s failed", job_id)
            _give_back(held, f"{type(error).__name__}")
        else:
            _settle(held, Job.State.DONE, "")


def _settle(held: Claim, state: str, message: str) -> None:
    Job.objects.filter(id=held.job_id, fence=held.fence).update(
        state=state, message=message, finished_at=timezone.now(), lease_until=None
    )


def _settle_cancelled(held: Claim) -> None:
    Job.objects.filter(id=held.job_id, fence=held.fence, cancel_requested=True).update(
        state=Job.State.CANCELLED, finished_at=timezone.now(), lease_until=None
    )


def _give_back(held: Claim, message: str) -> None:
    """Queue again, or fail when the tries are used up."""
    mine = Job.objects.filter(id=held.job_id, fence=held.fence)
    if mine.filter(tries__lt=MAX_TRIES).update(state=Job.State.QUEUED, message=message, lease_until=None):
        return
    mine.update(state=Job.State.FAILED, message=message, finished_at=timezone.now(), lease_until=None)


def sweep() -> int:
    """Ring again for every job that waits or was abandoned; fail those that died too often. Returns how many rang."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_job SET state = 'failed', finished_at = now(), lease_until = NULL,"
            " message = 'Its worker died ' || tries || ' times'"
            " WHERE state = 'running' AND lease_until < clock_timestamp() AND tries >= %s",
            [MAX_TRIES],
        )
        cursor.execute(
            "UPDATE profiles_job SET state = 'cancelled', finished_at = now(), lease_until = NULL"
            " WHERE cancel_requested AND (state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp()))"
        )
        cursor.execute(
            "SELECT id FROM profiles_job WHERE state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp())"
            " ORDER BY id LIMIT 200"
        )
        waiting = [row[0] for row in cursor.fetchall()]
    for job_id in waiting:
        ring_safely(job_id)
    return len(waiting)


def cancel(*, job: Job) -> Job:
    """Ask a job to stop; a running one stops at its next step."""
    Job.objects.filter(Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING), id=job.id).update(cancel_requested=True)
    Job.objects.filter(id=job.id, state=Job.State.QUEUED).update(state=Job.State.CANCELLED, finished_at=timezone.now())
    job.refresh_from_db()
    return job


def retry(*, job: Job) -> Job:
    """Queue a failed or cancelled job again; the steps it has done are not done twice."""
    Job.objects.filter(id=job.id, state__in=[Job.State.FAILED, Job.State.CANCELLED]).update(
        state=Job.State.QUEUED, tries=0, cancel_requested=False, message="", finished_at=None
    )
    transaction.on_commit(lambda: ring_safely(job.id))
    job.refresh_from_db()
    return job
