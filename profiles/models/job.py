"""Jobs: the table is the truth, the broker a doorbell."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from profiles.ids import new_id
from profiles.permissions import CONTROL_JOBS

from .record import Batch
from .source import Source
from .user import User


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> "JobQuerySet":
        """Every job for who keeps jobs running; for others those they asked for and the imports of their sources."""
        if user.has_perm(CONTROL_JOBS):
            return self
        imports = Batch.objects.filter(source__in=Source.objects.visible_to(user), job_id__isnull=False)
        return self.filter(Q(created_by=user) | Q(id__in=imports.values("job_id")))


class Job(models.Model):
    """One background run. Claimed by raising `fence`; every effect checks the fence, so a zombie cannot write."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=40)
    args = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    dedupe_key = models.CharField(max_length=100, blank=True, help_text="At most one waiting job per key.")
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    progress = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    cancel_requested = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("control_job", "Can cancel and retry jobs")]
        indexes = [
            # the sweeper looks for jobs that nobody works on
            models.Index(fields=["state", "lease_until"], name="job_open", condition=Q(state__in=["queued", "running"]))
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dedupe_key"],
                condition=Q(state="queued") & ~Q(dedupe_key=""),
                name="one_waiting_job_per_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id.hex[-8:]}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class JobStep(models.Model):
    """One committed step of a job, so that a second try does not do it twice."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    n = models.BigIntegerField()
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["job", "n"]
        constraints = [models.UniqueConstraint(fields=["job", "n"], name="job_step_once")]
